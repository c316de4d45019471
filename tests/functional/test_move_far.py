# Shows: a village is moved to a township of another county, by the city, while its former parent and then its new one are
# down. What was handed in before, meanwhile and after arrives at the city once; the new side has what is above it from above
# and not from the village; the new county reads what is sealed from then on, and nothing of before.
import city as c

from test_move import entries, hand_in, move, require_sound, wait_for_place

TOWNSHIP_FAR, VILLAGE_MOVED = "130606200000", "130606200201"
c.NAMES[TOWNSHIP_FAR] = "杨庄乡"
c.PARENTS[TOWNSHIP_FAR] = c.COUNTY_B
SHAPE = (c.CITY, c.COUNTY_A, c.COUNTY_B, c.TOWNSHIP, TOWNSHIP_FAR, c.VILLAGE_A)


def batches(node):
    """Of the whole city's records: one village has any."""
    return next(lane["batches"] for lane in node.status()["logs"] if lane["lane"] == "records")


def readable(node):
    """How many entries the node can open."""
    page = node.get("/v1/entries?catalogue=xzxk&limit=1000")
    return len(page["entries"])


def test_a_village_moves_to_another_county_while_its_parents_are_down():
    with c.City(SHAPE) as town:
        city, old_county, new_county, village = town[c.CITY], town[c.COUNTY_A], town[c.COUNTY_B], town[c.VILLAGE_A]
        old, new = town[c.TOWNSHIP], town[TOWNSHIP_FAR]
        sample = c.Sample(80)
        village.wait_submission(hand_in(town, village, sample, 0, 40))
        sent_before = batches(village)

        old.kill()
        under_way = [hand_in(town, village, sample, at, 5) for at in (40, 45)]
        assert move(city, c.VILLAGE_A, new, VILLAGE_MOVED).exit == 0
        # The village knows of nothing, and can reach nobody: the new side has it from above.
        for node in (new_county, new):
            c.wait_for(f"40 records at {node.code}", lambda: entries(node, village) == 40)
            assert batches(node) == sent_before
        new.kill()
        old.start()
        # It learns it at its former parent, whose successor is down.
        c.wait_for("the village has its new place", lambda: village.status()["node"]["code"] == VILLAGE_MOVED)
        under_way += [hand_in(town, village, sample, at, 5) for at in (50, 55)]
        assert village.status()["parent"]["state"] != "connected"
        new.start()
        wait_for_place(village, VILLAGE_MOVED, TOWNSHIP_FAR)
        under_way.append(hand_in(town, village, sample, 60, 20))
        for submission in under_way:
            done = village.wait_submission(submission)
            assert all(tick["done"] for tick in done["ticks"].values() if tick), done["ticks"]

        for node in (village, new, new_county, city):
            assert entries(node, village) == 80 and batches(node) == batches(village)
        # The former parent takes what the village brings until it has itself heard of the move from above: none, one or both of
        # the two files that were under way. What it took it handed on.
        former = entries(old, village)
        assert former in (40, 45, 50) and sent_before <= batches(old) <= sent_before + 2
        c.wait_for("the former county has it too", lambda: entries(old_county, village) == former)
        # Sealed before the village knew of it: for the county of then, which gets no more of it. From then on: for the new
        # one. The city reads all of it.
        assert [readable(node) for node in (old_county, new_county, city)] == [former, 30, 80]
        require_sound(village, old, new, old_county, new_county, city)
