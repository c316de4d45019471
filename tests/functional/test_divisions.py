# Shows: a city takes a list of divisions and then the next one: what changed reaches every node, a renamed node bears its new
# name, a village's history follows its new code, codes that are gone take no newcomers; and bad input of every kind is
# refused with its place, with nothing done.
import pytest

import city as c
from test_cli import of_schema

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A, c.VILLAGE_B)
NEW_VILLAGE = "130602200301"
FIRST = {c.CITY: "保定市", c.COUNTY_A: "竞秀区", c.COUNTY_B: "莲池区", c.TOWNSHIP: "颉庄乡", c.VILLAGE_A: "郞庄村",
         c.VILLAGE_B: "康庄村", "130602200204": "西木杴庄"}
SECOND = {**{code: name for code, name in FIRST.items() if code not in (c.VILLAGE_A, "130602200204")},
          c.TOWNSHIP: "颉庄镇", NEW_VILLAGE: "郞庄村村委会", "130602200302": "杄树底村"}


def listed(names):
    return "code,name\n" + "".join(f"{code},{name}\n" for code, name in names.items())


@pytest.fixture(scope="module")
def town():
    with c.City(SHAPE) as made:
        yield made


def load(town, names, *options, encoding="utf-8", node=c.CITY):
    return town[node].xinwang("topology", "import", town.file("list.csv", listed(names).encode(encoding)), *options)


def refused(done, number, *texts, exit_status=6):
    assert done.exit == exit_status and number in done.err, done
    assert all(text in done.err for text in texts), done
    return done


def in_force(town, node=c.CITY):
    return town[node].status()["directory"]["divisions"]


def test_a_first_list_is_listed_and_reaches_everyone(town):
    plan = load(town, FIRST, "--dry-run", encoding="gb18030")
    of_schema(plan, "xinwang.topology_plan/1")
    assert plan.exit == 0 and plan.json["in_force"] is None and plan.json["list"]["divisions"] == len(FIRST), plan
    assert in_force(town) is None
    refused(load(town, FIRST), "XW-2231")
    done = load(town, FIRST, "--yes", "--effective", "2025-07-01", encoding="gb18030")
    assert of_schema(done, "xinwang.topology_import/1")["list"]["list"] == 1, done
    assert town[c.CITY].xinwang("backup", town.root / "backup", "--with-keys", "--same-disk").exit == 0
    again = load(town, FIRST, "--yes")
    assert again.exit == 9 and again.json["already"], again
    c.wait_for("list 1 at the village", lambda: in_force(town, c.VILLAGE_A) == 1)
    history = town[c.CITY].get(f"/v1/topology/history/{c.VILLAGE_A}")
    assert history["codes"][0]["name"] == "郞庄村" and history["codes"][0]["nodes"][0]["node"], history
    assert town[c.CITY].http("GET", "/v1/topology/history/130699000000")[0] == 404


def test_bad_lists_are_refused_with_their_place_and_change_nothing(town):
    def bad(text, number, *texts, links=None):
        options = ["--links", town.file("links.csv", links)] if links else []
        content = text.encode() if isinstance(text, str) else text
        refused(town[c.CITY].xinwang("topology", "import", town.file("list.csv", content), "--yes", *options), number, *texts)
    good = listed(SECOND)
    bad(good + "130699001000,无县镇\n", "XW-1710", "130699000000")
    bad(good + f"{c.TOWNSHIP},又一镇\n", "XW-1709", c.TOWNSHIP)
    bad(good.encode() + b"130602200399,\xc0\xc9\xff\n", "XW-1715", f"list.csv:{len(SECOND) + 2}", "c0c9ff0a")
    bad("code,name\n980100000000,乙市\n", "XW-1714", c.CITY)
    bad("code,name\n130602000000,竞秀区\n", "XW-1714", c.CITY)
    bad(good, "XW-1717", "130602200999", links=f"old_code,new_code\n130602200999,{NEW_VILLAGE}\n")
    bad(good, "XW-1717", "130602200998", links=f"old_code,new_code\n{c.VILLAGE_A},130602200998\n")
    bad(good, "XW-2233", c.VILLAGE_B, c.TOWNSHIP, links=f"old_code,new_code\n{c.VILLAGE_B},{c.TOWNSHIP}\n")
    bad(good, "XW-2232", links=f"old_code,new_code\n{c.VILLAGE_B},{c.VILLAGE_B}\n")
    bad(good, "XW-1718", links=f"old_code,new_code\n{c.COUNTY_A},{c.COUNTY_B}\n")
    bad(good + "130700000000,张家口市\n130702000000,桥东区\n", "XW-2234", "130700000000", c.CITY)
    bad(good, "XW-1783", "merged", links=f"old_code,new_code,kind\n{c.VILLAGE_A},{NEW_VILLAGE},merged\n")
    bad(good, "XW-1716", links="old,new\n")
    refused(load(town, SECOND, "--yes", node=c.COUNTY_A), "XW-2204", exit_status=4)
    few = {code: FIRST[code] for code in (c.CITY, c.COUNTY_A, c.COUNTY_B)}
    plan = load(town, few, "--dry-run").json
    assert plan["refusal"]["number"] == "XW-1785" and len(plan["nodes"]["gone"]) == 3, plan
    refused(load(town, few, "--yes"), "XW-1785", "3", "5")
    chinese = town[c.CITY].xinwang("topology", "import", town.file("list.csv", listed(few)), "--yes", "--lang", "zh")
    assert "撤销" in chinese.err, chinese
    assert in_force(town) == 1


def test_what_was_shown_is_what_is_published(town):
    city = town[c.CITY]
    body = {"list": listed(SECOND), "links": None, "effective": 20260701}
    status, plan = city.http("POST", "/v1/topology/plan", body)
    assert status == 200 and plan["counts"]["removed"] == 2, plan
    for other in ({**body, "accept_suggestions": True}, {**body, "effective": 20260702}, {**body, "list": listed(FIRST) + "130602200400,某村\n"}):
        status, answer = city.http("POST", "/v1/topology/import", {**other, "plan": plan["plan"]})
        assert status == 422 and answer["number"] == "XW-2230", answer
    assert in_force(town) == 1


def test_the_next_list_renames_nodes_and_links_codes(town):
    shown = of_schema(load(town, SECOND, "--dry-run"), "xinwang.topology_plan/1")
    assert shown["counts"] == {"added": 2, "removed": 2, "renamed": 1, "recoded": 0, "merged": 0, "split": 0, "redrawn": 0}, shown
    assert [s["to"]["code"] for s in shown["suggestions"]["list"]] == [NEW_VILLAGE], shown
    links = town.file("links.csv", f"old_code,new_code,kind\n130602200204,130602200302,recoded\n")
    done = load(town, SECOND, "--yes", "--links", links, "--accept-suggestions", "--effective", "20260701")
    assert done.exit == 0 and done.json["list"]["list"] == 2 and done.json["changes"] == 3, done
    # The township's certificate is issued anew by its county, and everybody learns of it.
    for node in SHAPE:
        c.wait_for(f"the new name at {node}", lambda: {n["code"]: n for n in town[node].get("/v1/topology")["nodes"]}
                   [c.TOWNSHIP]["name"] == "颉庄镇")
    assert town[c.TOWNSHIP].status()["node"]["name"] == "颉庄镇"
    row = {n["code"]: n for n in town[c.TOWNSHIP].get("/v1/topology")["nodes"]}[c.TOWNSHIP]
    assert row["serial"] == 2 and row["note"] is None, row


def test_the_history_follows_the_new_code(town):
    for node in (c.CITY, c.VILLAGE_B):
        c.wait_for("list 2", lambda: in_force(town, node) == 2)
        history = c.wait_for("the change", lambda: (h := town[node].xinwang("topology", "history", NEW_VILLAGE)).exit == 0 and h).json
        of_schema(town[node].xinwang("topology", "history", NEW_VILLAGE), "xinwang.topology_history/1")
        assert [(row["code"], row["relation"], row["state"]) for row in history["codes"]] == [
            (c.VILLAGE_A, "before", "gone"), (NEW_VILLAGE, None, "in_force")], history
        assert history["codes"][0]["nodes"][0]["node"] == town[c.VILLAGE_A].status()["node"]["id"], history
        assert [(change["kind"], change["basis"], change["list"]) for change in history["changes"]] == [("recoded", "suggested", 2)]
    onward = town[c.CITY].get(f"/v1/topology/history/{c.VILLAGE_A}")
    assert [row["relation"] for row in onward["codes"]] == [None, "after"], onward
    # The node of the old code, its parent and the city's operator are told.
    assert town[c.VILLAGE_A].wait_finding("XW-1789")["field"] == c.VILLAGE_A
    assert town[c.TOWNSHIP].wait_finding("XW-1789")
    note = {n["code"]: n for n in town[c.CITY].get("/v1/topology")["nodes"]}[c.VILLAGE_A]["note"]
    assert note["number"] == "XW-1789" and NEW_VILLAGE in note["value"], note
    table = c.xinwang("topology", "--dir", town[c.CITY].home)
    assert table.exit == 0 and "XW-1789" in table.out, table


def test_codes_that_are_gone_take_no_newcomers(town):
    refused(town[c.TOWNSHIP].xinwang("invite", "130602200204", "--name", "西木杴庄"), "XW-1787", "130602200302")
    refused(town[c.CITY].xinwang("invite", "130609000000", "--name", "某区"), "XW-1786", "130609000000")
    town.invite_by_two(c.COUNTY_B)


def test_a_village_goes_on_as_the_same_node_under_its_new_code(town):
    parent, village = town[c.TOWNSHIP], town[c.VILLAGE_A]
    node = village.status()["node"]["id"]
    refused(parent.xinwang("topology", "recode", c.VILLAGE_B, NEW_VILLAGE), "XW-1792", c.VILLAGE_B)
    refused(town[c.CITY].xinwang("topology", "recode", c.VILLAGE_A, NEW_VILLAGE), "XW-2204", c.TOWNSHIP,
            exit_status=4)
    done = parent.xinwang("topology", "recode", c.VILLAGE_A, NEW_VILLAGE)
    done = of_schema(done, "xinwang.topology_recode/1")
    assert done["node"] == node and done["serial"] == 2, done
    again = c.xinwang("topology", "recode", c.VILLAGE_A, NEW_VILLAGE, "--dir", parent.home)
    assert again.exit == 9 and "already" in again.out, again
    c.wait_for("the new code", lambda: village.status()["node"]["code"] == NEW_VILLAGE)
    assert village.status()["node"]["name"] == "郞庄村村委会"
    assert not [f for f in village.findings() if f["number"] == "XW-1789"]
    for at in (c.CITY, c.VILLAGE_A):
        history = c.wait_for("both codes", lambda: (h := town[at].get(f"/v1/topology/history/{NEW_VILLAGE}"))
                             and all(row["nodes"] for row in h["codes"]) and h)
        assert [[n["node"] for n in row["nodes"]] for row in history["codes"]] == [[node], [node]], history
    # Its files are taken and confirmed as before.
    sample = c.Sample(4)
    done = village.submit(town.file("rows.csv", sample.csv(sample.rows)), "xzxk", "--wait", "--until", "city", "--timeout", "60")
    assert done.exit == 0, done


def test_a_restart_keeps_list_names_and_history(town):
    for code in (c.CITY, c.TOWNSHIP, c.VILLAGE_A):
        town[code].stop()
        town[code].start()
    assert in_force(town) == 2 and in_force(town, c.TOWNSHIP) == 2
    assert town[c.TOWNSHIP].status()["node"]["name"] == "颉庄镇"
    assert town[c.VILLAGE_A].status()["node"]["code"] == NEW_VILLAGE
    c.wait_for("connected", lambda: town[c.VILLAGE_A].status()["parent"]["state"] == "connected")
    same = load(town, SECOND, "--yes")
    assert same.exit == 9, same
    assert town[c.CITY].xinwang("verify").exit == 0


def test_a_city_restored_from_before_the_list_takes_it_back(town):
    city = town[c.CITY]
    city.stop()
    restored = city.xinwang("restore", town.root / "backup", "--force")
    assert restored.exit == 0, restored
    city.start()
    c.wait_for("list 2 is back", lambda: in_force(town) == 2)
    c.wait_for("its changes are back", lambda: load(town, SECOND, "--yes").exit == 9)
    third = {**SECOND, c.COUNTY_A: "竞秀新区"}
    done = load(town, third, "--yes")
    assert done.exit == 0 and done.json["list"]["list"] == 3 and done.json["changes"] == 1, done
    c.wait_for("the county's name", lambda: town[c.VILLAGE_B].get("/v1/topology")["nodes"][1]["name"] == "竞秀新区")


def test_most_nodes_lose_their_codes_only_by_force(town):
    few = {c.CITY: "保定市", c.COUNTY_A: "竞秀新区", c.COUNTY_B: "莲池区"}
    refused(load(town, few, "--yes"), "XW-1785")
    assert load(town, few, "--yes", "--force").exit == 0
    assert town[c.VILLAGE_B].wait_finding("XW-1788")["value"] == "康庄村"
    history = town[c.CITY].get(f"/v1/topology/history/{c.VILLAGE_B}")
    assert history["codes"][0]["state"] == "gone" and history["changes"][-1]["kind"] == "removed", history


def test_a_township_does_not_change_its_code():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP)) as town:
        assert load(town, FIRST, "--yes").exit == 0
        new = f"{c.TOWNSHIP[:-4]}1000"
        onward = {new if code == c.TOWNSHIP else code: name for code, name in FIRST.items() if not code.startswith(c.TOWNSHIP[:-3])
                  or code == c.TOWNSHIP}
        links = town.file("links.csv", f"old_code,new_code\n{c.TOWNSHIP},{new}\n")
        done = load(town, onward, "--yes", "--links", links)
        assert done.exit == 0, done
        c.wait_for("list 2", lambda: in_force(town, c.COUNTY_A) == 2)
        refused(town[c.COUNTY_A].xinwang("topology", "recode", c.TOWNSHIP, new), "XW-2236", c.TOWNSHIP, new)
