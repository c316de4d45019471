# Shows: no acknowledgement leaves a real node before its sync (S6). Both ends of a hop run under the shim, which writes
# down what they do to their stores and every frame as it is before encryption: whatever a Held, a head, a receipt, a
# piece or the answer to a submission promises stands in pages that were synced, under a meta page that was written
# through, before it was sent. A node whose disk fails stops there, promises nothing more, and goes on after a restart.
import os

import pytest

import city as c
import operations as o

ROWS, FILES = 15, 6


def shimmed(node, life, fault=None):
    """The environment that puts the shim in front of a node, and its log."""
    log = node.city.root / f"{node.code}-{life}.operations"
    environment = {"LD_PRELOAD": str(c.BIN / "libxinwang_shim.so"), "XINWANG_SHIM_DIR": str(node.home / "store"),
                   "XINWANG_SHIM_LOG": str(log),
                   "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
    if fault:
        environment["XINWANG_SHIM_FAULT"] = fault
    return log, environment


def restart(node, life, fault=None):
    """A new life under the shim: (its log, the bytes of the store before it)."""
    if node.is_running():
        node.stop()
    before = (node.home / "store/data.mdb").read_bytes()
    log, environment = shimmed(node, life, fault)
    node.start(environment)
    return log, before


def hand_in(node, sample, life):
    ids = []
    for number in range(FILES):
        rows = [{**row, "决定文书号": f"{life}-{number}-{row['决定文书号']}"} for row in sample.rows]
        done = node.submit(node.city.file(f"{life}-{number}.csv", sample.csv(rows)))
        assert done.exit == 0, done
        ids.append(done.json["id"])
    return ids


@pytest.fixture
def pair():
    with c.City((c.CITY, c.COUNTY_A), profile=False) as made:
        yield made


def test_nothing_is_promised_before_its_sync(pair):
    lives = {node.code: restart(node, "sound") for node in pair.nodes.values()}
    for submission in hand_in(pair[c.COUNTY_A], c.Sample(ROWS), "sound"):
        pair[c.COUNTY_A].wait_submission(submission)
    for node in pair.nodes.values():
        node.stop()
    wanted = {c.CITY: {"held", "receipt"}, c.COUNTY_A: {"piece", "head", "submission"}}
    for code, (log, before) in lives.items():
        operations = o.read(log)
        counts, early = o.too_early(operations, before)
        print(code, counts)
        assert not early, f"{code}: {early[:3]}"
        assert wanted[code] <= set(counts), counts
        # The check sees: with each promise moved in front of the sync that made it true, it finds it.
        meta = max(i for i, operation in enumerate(operations) if operation[0] == o.WRITE_SYNC)
        moved = [op for op in operations[:meta] if not o.promise(op[0], op[3])]
        late = [op for op in operations if o.promise(op[0], op[3])]
        first_sync = next(i for i, op in enumerate(moved) if op[0] == o.SYNC)
        assert o.too_early(moved[:first_sync] + late + moved[first_sync:], before)[1], "the check is blind"


def test_a_disk_that_only_says_it_synced_is_seen(pair):
    city = pair[c.CITY]
    log, before = restart(city, "liar", "sync-lies:1+")
    for submission in hand_in(pair[c.COUNTY_A], c.Sample(ROWS), "liar"):
        pair[c.COUNTY_A].wait_submission(submission)
    city.stop()
    counts, early = o.too_early(o.read(log), before)
    assert {"held", "receipt"} <= {name for _, name, _ in early}, counts


# Each life is ended by the first error, some commits into a load.
@pytest.mark.parametrize("fault", ["sync:12", "write:40", "meta:9", "meta-false:14"])
def test_a_node_whose_disk_fails_stops_and_comes_back(pair, fault):
    city, county = pair[c.CITY], pair[c.COUNTY_A]
    log, before = restart(city, "failing", fault)
    submissions = hand_in(county, c.Sample(ROWS), "failing")
    c.wait_for("the city ends", lambda: not city.is_running())
    assert city.process.returncode == 7, city.log_end()
    counts, early = o.too_early(o.read(log), before)
    assert not early, f"{counts} {early[:3]}"
    city.start()
    for submission in submissions:
        for row in county.wait_submission(submission)["rows_list"]:
            assert len(city.get(f"/v1/records/{row['record']}")["entries"]) == 1
    assert city.xinwang("verify").exit == 0
