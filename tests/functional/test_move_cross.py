# Shows: moves that overlap. A county that cannot reach its city moves a village, and the city, which has not heard of it,
# orders something else: it moves the village's new township to another county, which takes the village along; or it moves the
# village itself, which counts, and the county is told. Everything that was handed in arrives once.
import city as c

from test_move import entries, hand_in, move, require_sound, wait_for_place

TOWNSHIP_2, VILLAGE_AT_2 = "130602201000", "130602201201"
TOWNSHIP_2_MOVED, VILLAGE_FOLLOWS = "130606201000", "130606201201"
TOWNSHIP_FAR, VILLAGE_AT_FAR = "130606200000", "130606200201"
c.NAMES.update({TOWNSHIP_2: "南奇乡", TOWNSHIP_FAR: "杨庄乡"})
c.PARENTS.update({TOWNSHIP_2: c.COUNTY_A, TOWNSHIP_FAR: c.COUNTY_B})
SHAPE = (c.CITY, c.COUNTY_A, c.COUNTY_B, c.TOWNSHIP, TOWNSHIP_2, TOWNSHIP_FAR, c.VILLAGE_A)


def county_moves_alone(town, sample):
    """The county moves the village while the city is down, and goes down before the city is back."""
    city, county, village = town[c.CITY], town[c.COUNTY_A], town[c.VILLAGE_A]
    village.wait_submission(hand_in(town, village, sample, 0, 20))
    city.kill()
    assert move(county, c.VILLAGE_A, town[TOWNSHIP_2], VILLAGE_AT_2).exit == 0
    wait_for_place(village, VILLAGE_AT_2, TOWNSHIP_2)
    under_way = [hand_in(town, village, sample, 20, 10)]
    c.wait_for("30 records at the county", lambda: entries(county, village) == 30)
    county.kill()
    city.start()
    return under_way


def require_arrived(town, village, submissions, count):
    for submission in submissions:
        done = village.wait_submission(submission)
        assert all(tick["done"] for tick in done["ticks"].values() if tick), done["ticks"]
    assert entries(town[c.CITY], village) == count


def test_a_township_takes_along_a_village_that_its_county_had_just_given_it():
    with c.City(SHAPE) as town:
        city, village, new_county = town[c.CITY], town[c.VILLAGE_A], town[c.COUNTY_B]
        sample = c.Sample(50)
        under_way = county_moves_alone(town, sample)
        assert move(city, TOWNSHIP_2, new_county, TOWNSHIP_2_MOVED).exit == 0
        town[c.COUNTY_A].start()
        wait_for_place(town[TOWNSHIP_2], TOWNSHIP_2_MOVED, c.COUNTY_B)
        wait_for_place(village, VILLAGE_FOLLOWS, TOWNSHIP_2_MOVED)
        under_way.append(hand_in(town, village, sample, 30, 20))
        require_arrived(town, village, under_way, 50)
        c.wait_for("50 records at the new county", lambda: entries(new_county, village) == 50)
        require_sound(*(town[code] for code in SHAPE))


def test_the_citys_move_counts_and_the_county_is_told():
    with c.City(SHAPE) as town:
        city, county, village, far = town[c.CITY], town[c.COUNTY_A], town[c.VILLAGE_A], town[TOWNSHIP_FAR]
        sample = c.Sample(50)
        under_way = county_moves_alone(town, sample)
        assert move(city, c.VILLAGE_A, far, VILLAGE_AT_FAR).exit == 0
        county.start()
        wait_for_place(village, VILLAGE_AT_FAR, TOWNSHIP_FAR)
        under_way.append(hand_in(town, village, sample, 30, 20))
        require_arrived(town, village, under_way, 50)
        for node in (town[c.COUNTY_B], far):
            c.wait_for(f"50 records at {node.code}", lambda: entries(node, village) == 50)
        assert "XW-2239" in [finding["number"] for finding in county.findings()]
        # What came before what it builds on is no news any more.
        for node in (city, town[c.COUNTY_B], far):
            assert "XW-1728" not in [finding["number"] for finding in node.findings()]
        for node in (county, town[TOWNSHIP_2], town[c.TOWNSHIP]):
            assert VILLAGE_AT_2 not in [child["code"] for child in node.status()["children"]]
        require_sound(*(town[code] for code in SHAPE))
