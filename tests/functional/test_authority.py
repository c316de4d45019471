# Shows: a record belongs to the node that the city first held it for (WIRE.md section 8.8). A second village that hands in
# the same file, corrects it and withdraws it changes nothing at the city and nothing in the province's packages, and reads
# why in its own submission; a common ancestor hands the records over, and then it is the former owner who is refused.
import pytest

import city as c
from test_cli import of_schema


@pytest.fixture(scope="module")
def town():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A, c.VILLAGE_B)) as made:
        yield made


def hand_in(node, name, content, *options):
    done = node.submit(node.city.file(name, content), "xzxk", *options)
    assert done.exit == 0, done
    node.wait_submission(done.json["id"])

    def judged():
        document = node.submission(done.json["id"])
        return document if document["judged"]["waiting"] == 0 else None
    return c.wait_for(f"{node.code}: the city's verdict on {name}", judged)


def numbers(document):
    return [row["city"]["refusal"]["number"] for row in document["rows_list"] if row["city"] and row["city"]["refusal"]]


def at_city(town, record):
    """(code of whoever spoke last in effect, kind); the city may be judging yet."""
    document = town[c.CITY].get(f"/v1/records/{record}")
    entries = [e for e in document["entries"] if e["refusal"] is None]
    return entries[-1]["origin"]["code"], entries[-1]["kind"]


def packages(town):
    done = town[c.CITY].xinwang("link", "export")
    assert done.exit in (0, 1), done
    outbox = town[c.CITY].home / "link/outbox"
    return "".join(path.read_text(errors="replace") for path in sorted(outbox.rglob("*")) if path.is_file())


def test_a_second_village_neither_replaces_nor_withdraws(town):
    sample = c.Sample(6, seed=11)
    rows = sample.tagged("保竞许", 4)
    first = hand_in(town[c.VILLAGE_A], "a.csv", sample.csv(rows))
    assert first["judged"] == {"waiting": 0, "in_effect": 4, "refused": 0}
    records = [row["record"] for row in first["rows_list"]]

    # The same file; and, before any verdict is there, with another content and as a withdrawal.
    village = town[c.VILLAGE_B]
    same = hand_in(village, "b-same.csv", sample.csv(rows))
    assert numbers(same) == ["XW-2300"] * 4
    refusal = same["rows_list"][0]["city"]["refusal"]
    assert c.VILLAGE_A in refusal["zh"]["sentence"] and c.VILLAGE_A in refusal["en"]["sentence"]
    other = [{**row, "决定文书名称": "另一文书"} for row in rows]
    assert numbers(hand_in(village, "b-other.csv", sample.csv(other))) == ["XW-2301"] * 4
    # What is not in effect is nothing to withdraw: its own intake says so.
    gone = hand_in(village, "b-gone.csv", sample.csv(rows), "--action", "withdraw")
    assert gone["rows"]["refused"] == 4

    for record in records:
        assert at_city(town, record) == (c.VILLAGE_A, "publish")
    out = packages(town)
    assert all(row["决定文书号"] in out for row in rows)
    assert "另一文书" not in out
    held = town[c.VILLAGE_A].submission(first["id"])
    assert held["judged"]["in_effect"] == 4


def test_a_withdrawal_that_overtakes_the_verdict_is_refused_by_the_city(town):
    sample = c.Sample(6, seed=12)
    rows = sample.tagged("保竞罚", 2)
    first = hand_in(town[c.VILLAGE_A], "a2.csv", sample.csv(rows))
    village = town[c.VILLAGE_B]
    # Cut off from above, it takes both in; nobody tells it anything between them.
    town[c.TOWNSHIP].stop()
    done = [village.submit(town.file(f"b2-{action}.csv", sample.csv(rows)), "xzxk", "--action", action)
            for action in ("publish", "withdraw")]
    c.wait_for("both are read", lambda: all(village.submission(d.json["id"])["state"] == "done" for d in done))
    town[c.TOWNSHIP].start()
    for answer, number in zip(done, ("XW-2300", "XW-2303")):
        village.wait_submission(answer.json["id"])
        document = c.wait_for("the verdict", lambda: (lambda d: d["judged"]["waiting"] == 0 and d)(
            village.submission(answer.json["id"])))
        assert numbers(document) == [number] * 2
    for row in first["rows_list"]:
        assert at_city(town, row["record"]) == (c.VILLAGE_A, "publish")


def test_the_township_hands_records_over(town):
    sample = c.Sample(6, seed=13)
    rows = sample.tagged("保竞移", 2)
    first = hand_in(town[c.VILLAGE_A], "a3.csv", sample.csv(rows))
    done = town[c.TOWNSHIP].xinwang("record", "transfer", "--from", c.VILLAGE_A, "--to", c.VILLAGE_B, "--reason", "两村合并")
    of_schema(done, "xinwang.transfer/1")
    own_word = town[c.VILLAGE_A].xinwang("record", "transfer", "--from", c.VILLAGE_A, "--to", c.VILLAGE_B, "--reason", "自作主张")
    assert own_word.exit != 0 and "XW-2313" in own_word.out + own_word.err, own_word

    def taken_over():
        document = hand_in(town[c.VILLAGE_B], f"b3-{taken_over.tries}.csv",
                           sample.csv([{**row, "决定文书名称": f"移交后{taken_over.tries}"} for row in rows]))
        taken_over.tries += 1
        return document if numbers(document) == [] else None
    taken_over.tries = 0
    c.wait_for("the city has heard of the transfer", taken_over)
    for row in first["rows_list"]:
        assert at_city(town, row["record"])[0] == c.VILLAGE_B
    # The former owner knows it by itself.
    changed = sample.csv([{**row, "决定文书名称": "原单位更正"} for row in rows])

    def refused():
        document = hand_in(town[c.VILLAGE_A], f"a3-{refused.tries}.csv", changed + "\n" * refused.tries)
        refused.tries += 1
        return document["rows"]["refused"] == 2 or len(numbers(document)) == 2
    refused.tries = 0
    c.wait_for("the former owner is refused", refused)
