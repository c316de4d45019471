# Shows: a node is moved below another parent by one command at an ancestor of both. It finds the new parent by itself and
# after a restart, its confirmed records are held there without being sent again by it, nothing is lost or doubled, one that
# was cut off learns it later; a township takes its villages to another county, and their codes follow.
import city as c

TOWNSHIP_2, VILLAGE_MOVED = "130602201000", "130602201201"
TOWNSHIP_MOVED, VILLAGE_FOLLOWS = "130606200000", "130606200201"
c.NAMES[TOWNSHIP_2] = "南奇乡"
c.PARENTS[TOWNSHIP_2] = c.COUNTY_A


def entries(node, village):
    """How many records of the village the node holds, by its logs."""
    return sum(lane["entries"] for lane in node.status()["logs"] if lane["lane"] == "records")


def move(mover, code, parent, to):
    return mover.xinwang("topology", "move", code, "--parent", parent.code, "--at", f"127.0.0.1:{parent.data_port}",
                         "--code", to)


def wait_for_place(node, code, parent):
    def there():
        status = node.status()
        above = status["parent"]
        return status["node"]["code"] == code and above["state"] == "connected" and above["code"] == parent
    c.wait_for(f"{node.code} is {code} below {parent}", there)


def hand_in(town, village, sample, first, count):
    return village.submit(town.file(f"{first}.csv", sample.csv(sample.rows[first:first + count]))).json["id"]


def require_sound(*nodes):
    for node in nodes:
        verified = node.xinwang("verify")
        assert verified.exit == 0, verified
        quarantine = node.get("/v1/quarantine")
        assert quarantine["total"] == 0, quarantine


def test_a_village_moves_to_another_township_under_load():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, TOWNSHIP_2, c.VILLAGE_A)) as town:
        city, county, village = town[c.CITY], town[c.COUNTY_A], town[c.VILLAGE_A]
        first, second = town[c.TOWNSHIP], town[TOWNSHIP_2]
        sample = c.Sample(120)
        village.wait_submission(hand_in(town, village, sample, 0, 40))
        under_way = [hand_in(town, village, sample, at, 10) for at in range(40, 80, 10)]
        moved = move(county, c.VILLAGE_A, second, VILLAGE_MOVED)
        assert moved.exit == 0 and moved.json["code"] == VILLAGE_MOVED, moved
        under_way += [hand_in(town, village, sample, at, 10) for at in range(80, 110, 10)]
        wait_for_place(village, VILLAGE_MOVED, TOWNSHIP_2)
        for submission in under_way:
            village.wait_submission(submission)
        for node in (village, second, county, city):
            c.wait_for(f"110 records at {node.code}", lambda: entries(node, village) == 110)
        assert entries(first, village) <= 110

        # Again it changes nothing, and a restart finds the new parent in node.toml, remarks and timing kept.
        assert move(county, c.VILLAGE_A, second, VILLAGE_MOVED).exit == 9
        assert village.stop() == 0
        toml = (village.home / "node.toml").read_text()
        assert f"127.0.0.1:{second.data_port}" in toml and f"127.0.0.1:{first.data_port}" not in toml
        assert "# What each key means" in toml and "hello_ms" in toml
        village.start()
        wait_for_place(village, VILLAGE_MOVED, TOWNSHIP_2)
        village.wait_submission(hand_in(town, village, sample, 110, 10))
        assert entries(city, village) == 120
        assert c.VILLAGE_A not in [child["code"] for child in first.status()["children"]]
        assert VILLAGE_MOVED in [child["code"] for child in second.status()["children"]]
        history = county.get(f"/v1/topology/history/{c.VILLAGE_A}")["codes"]
        assert [(one["state"], [node["code"] for node in one["nodes"]]) for one in history] == [("gone", [VILLAGE_MOVED])]
        require_sound(village, first, second, county, city)


def test_a_village_that_was_cut_off_learns_it_later():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, TOWNSHIP_2, c.VILLAGE_A)) as town:
        city, county, village, second = town[c.CITY], town[c.COUNTY_A], town[c.VILLAGE_A], town[TOWNSHIP_2]
        sample = c.Sample(30)
        village.wait_submission(hand_in(town, village, sample, 0, 10))
        town[c.TOWNSHIP].kill()
        late = hand_in(town, village, sample, 10, 10)
        assert village.stop() == 0
        assert move(county, c.VILLAGE_A, second, VILLAGE_MOVED).exit == 0
        c.wait_for("taken over from above", lambda: entries(second, village) == 10)
        town[c.TOWNSHIP].start()
        village.start()
        wait_for_place(village, VILLAGE_MOVED, TOWNSHIP_2)
        village.wait_submission(late)
        assert entries(city, village) == entries(second, village) == 20
        require_sound(village, second, county, city)


def test_a_township_moves_to_another_county_with_its_villages():
    with c.City((c.CITY, c.COUNTY_A, c.COUNTY_B, c.TOWNSHIP, c.VILLAGE_A)) as town:
        city, township, village, county_b = town[c.CITY], town[c.TOWNSHIP], town[c.VILLAGE_A], town[c.COUNTY_B]
        sample = c.Sample(30)
        village.wait_submission(hand_in(town, village, sample, 0, 20))
        moved = move(city, c.TOWNSHIP, county_b, TOWNSHIP_MOVED)
        assert moved.exit == 0, moved
        wait_for_place(township, TOWNSHIP_MOVED, c.COUNTY_B)
        wait_for_place(village, VILLAGE_FOLLOWS, TOWNSHIP_MOVED)
        village.wait_submission(hand_in(town, village, sample, 20, 10))
        for node in (village, township, county_b, city):
            assert entries(node, village) == 30
        assert entries(town[c.COUNTY_A], village) == 20
        # What was sealed before is read at the city as ever.
        for row in (sample.rows[0], sample.rows[25]):
            found = city.xinwang("record", "--subject", row["统一社会信用代码"]).json
            assert found["total"] >= 1, found
        require_sound(village, township, county_b, city, town[c.COUNTY_A])


def test_a_move_is_refused_by_number():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, TOWNSHIP_2, c.VILLAGE_A)) as town:
        county, second = town[c.COUNTY_A], town[TOWNSHIP_2]
        no_code = county.xinwang("topology", "move", c.VILLAGE_A, "--parent", TOWNSHIP_2, "--at", "127.0.0.1:1")
        assert no_code.exit == 6 and "XW-1773" in no_code.err, no_code
        nowhere = move(county, c.VILLAGE_A, town[c.TOWNSHIP], "130602200299")
        assert nowhere.exit == 6 and "XW-1774" in nowhere.err, nowhere
        not_above = move(town[c.TOWNSHIP], c.VILLAGE_A, second, VILLAGE_MOVED)
        assert not_above.exit == 6 and "XW-1771" in not_above.err, not_above
