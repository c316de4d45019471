# Shows: while its parent is away a node delivers to a standby parent further up and goes home again; no log forks, nothing is
# lost and nothing is there twice; a drained node sends its children away first and says when it may be stopped;
# one that stops says goodbye.
import signal

import city as c

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)


def give_standby(town, away_ms, home_ms):
    """The village may go to its county, and then to the city."""
    village = town[c.VILLAGE_A]
    assert village.stop() == 0
    others = ", ".join(f"{code}@127.0.0.1:{town[code].data_port}" for code in (c.COUNTY_A, c.CITY))
    with open(village.home / "node.toml", "a", encoding="utf-8") as config:
        config.write(f'\n[standby]\nparents = "{others}"\naway_ms = {away_ms}\nhome_ms = {home_ms}\ntrial_ms = 2000\n')
    village.start()
    wait_for_parent(village, c.TOWNSHIP)
    return village


def wait_for_parent(node, code):
    def there():
        parent = node.status()["parent"]
        return parent["state"] == "connected" and parent["code"] == code and parent["standby"] == (code != c.TOWNSHIP)
    c.wait_for(f"{node.code} at {code}", there)


def records(node):
    return next(lane for lane in node.status()["logs"] if lane["lane"] == "records")


def hand_in(town, sample, first, count):
    village = town[c.VILLAGE_A]
    done = village.submit(town.file(f"{first}.csv", sample.csv(sample.rows[first:first + count])))
    return done.json["id"]


def test_a_standby_parent_serves_and_home_is_found_again():
    with c.City(SHAPE) as town:
        village, township, city = give_standby(town, 1000, 4000), town[c.TOWNSHIP], town[c.CITY]
        sample = c.Sample(30)
        village.wait_submission(hand_in(town, sample, 0, 10))
        township.kill()
        submission = hand_in(town, sample, 10, 10)
        wait_for_parent(village, c.COUNTY_A)
        # All ancestors must hold it before it is confirmed; the city has it all the same, and says so.
        c.wait_for("the city holds 20 records", lambda: records(city)["entries"] == 20)
        assert [guest["code"] for guest in town[c.COUNTY_A].status()["guests"]] == [c.VILLAGE_A]
        shown = c.xinwang("status", "--dir", town[c.COUNTY_A].home)
        assert f"guest  {c.VILLAGE_A} {c.NAMES[c.VILLAGE_A]}" in shown.out, shown
        c.wait_for("the city's receipt", lambda: village.submission(submission)["ticks"]["city"]["done"], 5)

        township.start()
        wait_for_parent(village, c.TOWNSHIP)
        c.wait_for("the township holds 20 records", lambda: records(township)["entries"] == 20)
        village.wait_submission(hand_in(town, sample, 20, 10))
        for node in (village, township, town[c.COUNTY_A], city):
            assert records(node) == {"lane": "records", "logs": 1, "batches": records(village)["batches"], "entries": 30}
        assert town[c.COUNTY_A].status()["guests"] == []
        verified = city.xinwang("verify")
        assert verified.exit == 0, verified


def test_a_drained_node_sends_its_children_away_and_may_be_stopped():
    with c.City(SHAPE) as town:
        village, township = give_standby(town, 60_000, 4000), town[c.TOWNSHIP]
        sample = c.Sample(20)
        hand_in(town, sample, 0, 10)
        drained = township.xinwang("node", "drain", "--wait", "--timeout", 60)
        assert drained.exit == 0 and drained.json["may_stop"], drained
        # It does not wait out away_ms: it was told.
        wait_for_parent(village, c.COUNTY_A)
        village.wait_submission(hand_in(town, sample, 10, 10), until="city")
        refused = township.submit(town.file("late.csv", sample.csv(sample.rows[:1])))
        assert refused.exit == 5 and "XW-2005" in refused.err, refused
        assert township.stop() == 0
        township.start()
        wait_for_parent(village, c.TOWNSHIP)
        c.wait_for("the township holds 20 records", lambda: records(township)["entries"] == 20)

        # Drained and let go again without a stop.
        assert township.xinwang("node", "drain").json["on"]
        wait_for_parent(village, c.COUNTY_A)
        assert not township.xinwang("node", "drain", "--off").json["on"]
        wait_for_parent(village, c.TOWNSHIP)


def test_both_parents_gone_and_back():
    with c.City(SHAPE) as town:
        village = give_standby(town, 1000, 60_000)
        sample = c.Sample(10)
        for code in (c.TOWNSHIP, c.COUNTY_A):
            town[code].process.send_signal(signal.SIGSTOP)
        hand_in(town, sample, 0, 10)
        wait_for_parent(village, c.CITY)
        c.wait_for("the city holds 10 records", lambda: records(town[c.CITY])["entries"] == 10)
        for code in (c.TOWNSHIP, c.COUNTY_A):
            town[code].process.send_signal(signal.SIGCONT)


class UntunedCity(c.City):
    @staticmethod
    def tune(node):
        """Its nodes have the timings that they have by themselves."""


def test_a_node_that_stops_in_good_order_is_gone_at_its_parent_at_once():
    with UntunedCity((c.CITY, c.COUNTY_A)) as town:
        city, county = town[c.CITY], town[c.COUNTY_A]

        def state():
            return {child["code"]: child["state"] for child in city.status()["children"]}[c.COUNTY_A]
        for _ in range(2):
            c.wait_for("connected", lambda: state() == "connected")
            assert county.stop() == 0
            c.wait_for("gone", lambda: state() == "lost", 3)
            county.start()
