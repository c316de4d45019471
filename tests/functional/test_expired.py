"""Shows that a batch which has expired goes on its way as what is left of it, its header and the signed statement: to a
new parent after a move, and back up to a city that lost it, whose own old receipt proves that it once held it
(WIRE.md section 8.7). What comes after it in the log is not held up."""
import contextlib
import shutil

import city as c
from test_move import move, wait_for_place
from test_retention import LONG, PAST, penalties, records_of, settle

TOWNSHIP_B, VILLAGE_MOVED = "130606200000", "130606200201"
c.NAMES[TOWNSHIP_B] = "百楼乡"
c.PARENTS[TOWNSHIP_B] = c.COUNTY_B


@contextlib.contextmanager
def settled_city(*shape):
    with c.City(shape, profile=False) as made:
        settle(made)
        yield made


def require_sound(nodes, expired):
    for node in nodes:
        verified = node.xinwang("verify")
        assert verified.exit == 0 and verified.json["ok"] and verified.json["expired"] == expired, verified
        assert node.get("/v1/quarantine")["total"] == 0


def expire(nodes):
    for node in nodes:
        c.wait_for(f"due at {node.code}", lambda: node.get("/v1/retention")["due"]["total"] == 1)
        assert node.xinwang("retention", "--apply").json["applied"] == 1


def test_a_new_parent_takes_a_log_whose_beginning_has_expired():
    with settled_city(c.CITY, c.COUNTY_A, c.COUNTY_B, c.TOWNSHIP, TOWNSHIP_B, c.VILLAGE_A) as line:
        city, village, township_b, county_b = line[c.CITY], line[c.VILLAGE_A], line[TOWNSHIP_B], line[c.COUNTY_B]
        village.wait_submission(penalties(line, 1, PAST))
        kept = penalties(line, 2, LONG)
        village.wait_submission(kept)
        expire((village, line[c.COUNTY_A], city))
        assert move(city, c.VILLAGE_A, township_b, VILLAGE_MOVED).exit == 0
        wait_for_place(village, VILLAGE_MOVED, TOWNSHIP_B)
        later = penalties(line, 3, LONG)
        village.wait_submission(later)
        for node in (township_b, county_b):
            assert node.status()["gaps"]["expired"] == 1
            statement = node.get("/v1/retention")["gone"]["list"][0]["statement"]
            assert statement.startswith("xinwang.expired/1\n")
        for record in records_of(village, kept) + records_of(village, later):
            assert city.xinwang("record", record).exit == 0
        require_sound((city, county_b, township_b, village), 1)
        # It lasts, and goes on counting.
        assert county_b.stop() == 0
        county_b.start()
        assert county_b.status()["gaps"]["expired"] == 1


def test_a_city_that_lost_an_expired_batch_goes_on_behind_it(tmp_path):
    with settled_city(c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A) as line:
        city, county, village = line[c.CITY], line[c.COUNTY_A], line[c.VILLAGE_A]
        made = city.xinwang("backup", tmp_path / "backup", "--same-disk", "--with-keys")
        assert made.exit == 0, made
        village.wait_submission(penalties(line, 1, PAST))
        kept = penalties(line, 2, LONG)
        village.wait_submission(kept)
        # The township cannot read it and keeps it; the county stands between it and the city, and has signed for it.
        expire((village, county))
        city.kill()
        shutil.rmtree(city.home)
        assert city.xinwang("restore", tmp_path / "backup").exit == 0
        city.start()
        later = penalties(line, 3, LONG)
        village.wait_submission(later)
        for record in records_of(village, kept) + records_of(village, later):
            assert city.xinwang("record", record).exit == 0
        assert city.status()["gaps"]["expired"] == 1
        require_sound((city, county, village), 1)
        require_sound((line[c.TOWNSHIP],), 0)
