# Shows, with terms of seconds: nodes renew certificates and opening keys by themselves and lose nothing on the way; signing
# and transport keys change without a visit; a revoked node is refused by name, what it had handed in before stays, and
# its code takes a new node.
import pytest

import city as c
import test_keys

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)


def city_of_terms(shape, certificate_ms, epoch_ms, ahead_ms):
    class ShortCity(c.City):
        @staticmethod
        def tune(node):
            c.City.tune(node)
            with open(node.home / "node.toml", "a", encoding="utf-8") as config:
                config.write(f"[keys]\ncertificate_ms = {certificate_ms}\nepoch_ms = {epoch_ms}\nahead_ms = {ahead_ms}\nask_ms = 300\n")
    return ShortCity(shape)


def keys(node):
    return node.get("/v1/keys")


def own(node):
    return keys(node)["own"]


def hand_in(city, node, name, rows=5):
    sample = c.Sample(rows=rows, seed=sum(name.encode()))
    done = node.submit(city.file(name, sample.csv(sample.rows)))
    assert done.exit == 0, done
    return done.json["id"]


def hand_in_and_wait(city, node, name):
    node.wait_submission(hand_in(city, node, name))


def restart(node):
    assert node.stop() == 0, node.log_end()
    node.start()


def verifies(node):
    done = node.xinwang("verify")
    assert done.exit == 0, done


@pytest.fixture
def city():
    with c.City(SHAPE) as made:
        yield made


def test_nodes_renew_by_themselves():
    with city_of_terms(SHAPE, 45_000, 12_000, 4_000) as city:
        village = city[c.VILLAGE_A]
        for turn in range(3):
            hand_in_and_wait(city, village, f"turn-{turn}.csv")
            for node in city.nodes.values():
                c.wait_for(f"{node.code} has opening epoch {turn + 2}",
                           lambda n=node, t=turn: own(n)["opening"]["epoch"] >= t + 2, 60)
        restart(village)
        restart(city[c.CITY])
        hand_in_and_wait(city, village, "last.csv")
        for node in city.nodes.values():
            mine = own(node)
            assert mine["serial"] > 2 and mine["opening"]["held_epochs"][:3] == [1, 2, 3], mine
            assert 0 <= mine["expires_days"] <= 730
            verifies(node)
        village.stop()
        assert village.xinwang("key", "forget", 1).json["forgotten"]
        assert village.xinwang("key", "forget", 1).exit == 9
        assert "XW-2050" in village.xinwang("key", "forget", 99).err
        village.start()
        assert 1 not in own(village)["opening"]["held_epochs"]
        horizon = keys(city[c.CITY])["below"]
        assert horizon["total"] == 3 and horizon["ended"] == 0 and horizon["ending_in_30_days"] == 3, horizon
        assert city[c.CITY].xinwang("check", "key").exit == 1  # everything ends within 30 days


def test_ended_certificates_stop_no_record():
    with city_of_terms(SHAPE, 8_000, 6_000, 2_000) as city:
        village, township = city[c.VILLAGE_A], city[c.TOWNSHIP]
        for node in (village, township):
            c.wait_for(f"{node.code} has a short certificate", lambda n=node: own(n)["serial"] > 1)
        city[c.CITY].kill()
        city[c.COUNTY_A].kill()
        for node in (township, village):
            c.wait_for(f"the certificate of {node.code} ends", lambda n=node: own(n)["expires_days"] < 0)
        assert village.wait_finding("XW-1769") and township.wait_finding("XW-1769")
        submission = hand_in(city, village, "ended.csv")
        village.wait_submission(submission, until="parent")
        # The parent's own certificate has ended too: it certifies nobody, and takes every record.
        c.wait_for("the reason", lambda: (own(village)["refusal"] or {}).get("number") == "XW-1763")
        city[c.COUNTY_A].start()
        city[c.CITY].start()
        village.wait_submission(submission)
        for node in (township, village):
            c.wait_for(f"{node.code} is renewed", lambda n=node: own(n)["expires_days"] >= 0)


def test_signing_keys_change(city):
    village, top = city[c.VILLAGE_A], city[c.CITY]
    hand_in_and_wait(city, village, "before.csv")
    for code in (c.VILLAGE_A, c.TOWNSHIP, c.COUNTY_A):
        node, old = city[code], own(city[code])["sign_key"]
        assert node.xinwang("key", "renew", "--sign").exit == 0
        c.wait_for(f"{code} signs with its new key", lambda n=node, o=old: own(n)["sign_key"] != o and not own(n)["due"])
        hand_in_and_wait(city, village, f"after-{code}.csv")
        assert not (node.home / "keys/sign.next").exists()
        restart(node)
        hand_in_and_wait(city, village, f"again-{code}.csv")
    below = {row["code"]: row["sign_keys"] for row in keys(top)["below"]["list"]}
    assert below == {c.COUNTY_A: 2, c.TOWNSHIP: 2, c.VILLAGE_A: 2}, below
    refused = top.xinwang("key", "renew", "--sign")
    assert refused.exit == 4 and "XW-2227" in refused.err, refused
    # A key that was made in a running node lies there as the others do.
    assert village.xinwang("key", "renew", "--sign").exit == 0
    c.wait_for("a third signing key", lambda: {row["code"]: row for row in keys(top)["below"]["list"]}[c.VILLAGE_A]["sign_keys"] == 3)
    c.wait_for("in force", lambda: not own(village)["due"])
    hand_in_and_wait(city, village, "third.csv")
    if not c.is_sanitized():
        test_keys.scan(village, test_keys.secrets_of(village))
    # What was certified by an old key, and a node that comes in under a new one.
    city.add(c.VILLAGE_B)
    hand_in_and_wait(city, city[c.VILLAGE_B], "newcomer.csv")
    restart(top)
    for node in city.nodes.values():
        verifies(node)


def test_transport_key_of_a_village_changes(city):
    village, township = city[c.VILLAGE_A], city[c.TOWNSHIP]
    old = own(village)["transport_key"]
    assert village.xinwang("key", "renew", "--transport").exit == 0
    c.wait_for("a new transport key", lambda: own(village)["transport_key"] != old and not own(village)["due"])
    c.wait_for("connected", lambda: village.status()["parent"]["state"] == "connected")
    hand_in_and_wait(city, village, "a.csv")
    restart(township)
    hand_in_and_wait(city, village, "b.csv")
    restart(village)
    hand_in_and_wait(city, village, "c.csv")


def test_transport_key_of_a_parent_changes(city):
    village, township = city[c.VILLAGE_A], city[c.TOWNSHIP]
    village.stop()
    old = own(township)["transport_key"]
    assert township.xinwang("key", "renew", "--transport").exit == 0
    c.wait_for("a new transport key", lambda: own(township)["transport_key"] != old)
    # The child does not know: it is waited for, also over a restart, and nobody is invited meanwhile.
    assert township.wait_finding("XW-2049")["value"] == "1"
    restart(township)
    assert township.wait_finding("XW-2049")["value"] == "1"
    assert "XW-2049" in township.xinwang("invite", c.VILLAGE_B).err
    village.start()
    hand_in_and_wait(city, village, "a.csv")
    c.wait_for("the child is told", lambda: township.wait_finding("XW-2049")["value"] == "0")
    restart(township)
    assert not [f for f in township.findings() if f["number"] == "XW-2049"]
    hand_in_and_wait(city, village, "b.csv")
    restart(village)
    hand_in_and_wait(city, village, "c.csv")


def test_a_revoked_node_is_refused_by_name(city):
    village, township, top = city[c.VILLAGE_A], city[c.TOWNSHIP], city[c.CITY]
    hand_in_and_wait(city, village, "before.csv")
    village_id = village.status()["node"]["id"]
    refused = village.xinwang("revoke", c.TOWNSHIP, "--reason", "x")
    assert f"XW-1767 {c.VILLAGE_A} is not above {c.TOWNSHIP}" in refused.err, refused
    township.kill()
    hand_in(city, village, "meanwhile.csv")
    c.wait_for("sealed", lambda: village.status()["submissions"]["open"] == 0)
    village.stop()
    township.start()
    done = township.xinwang("revoke", c.VILLAGE_A, "--reason", "笔记本电脑被盗")
    assert done.exit == 0 and done.json["node"] == village_id and done.json["logs"], done
    sizes = {cut["log"]["line"]: cut["size"] for cut in done.json["logs"]}

    village.start()
    village.wait_finding("XW-1657")
    assert village.status()["health"]["grade"] == "broken"
    c.wait_for("the city knows", lambda: [r for r in keys(top)["revoked"] if r["node"] == village_id])
    assert c.VILLAGE_A not in [row["code"] for row in keys(top)["below"]["list"]]
    for node in (township, top):
        verifies(node)  # what it had handed in is there, with its signature
    assert township.get("/v1/keys")["revoked"][0]["reason"] == "笔记本电脑被盗"
    for node in (township, top):
        again = node.xinwang("revoke", c.VILLAGE_A, "--reason", "又一次")
        assert again.exit == 9 and again.json["already"] and again.json["reason"] == "笔记本电脑被盗", again
    village.stop()

    again = city.add(c.VILLAGE_A, city.root / "again")
    assert again.status()["node"]["id"] != village_id
    hand_in_and_wait(city, again, "again.csv")
    logs = township.xinwang("revoke", c.VILLAGE_A, "--reason", "又一次").json["logs"]
    assert not set(sizes) & {cut["log"]["line"] for cut in logs}
