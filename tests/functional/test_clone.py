# Shows: a village's directory that was copied and runs on two machines is found out: the parent freezes the node, the
# parent, the city and both machines say so and what to do; nothing new is numbered meanwhile and nothing handed in is
# lost; thawed, the one that is left goes on under a new incarnation. A log that has split freezes its origin too, with
# evidence, and what lay on the branch can be handed in again (node/DESIGN.md, B1, B2 and B4).
import shutil
import subprocess

import pytest

import city as c
from test_cli import of_schema

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)
FROZEN = "XW-1630"


@pytest.fixture(scope="module")
def town():
    with c.City(SHAPE, profile=False) as made:
        yield made


@pytest.fixture(scope="module")
def sample():
    return c.Sample(40)


def hand_in(node, sample, tag, count):
    done = node.submit(node.city.file(f"{tag}.csv", sample.csv(sample.tagged(tag, count))))
    assert done.exit == 0, done
    return done.json["id"]


def records_of(node, submission, count):
    document = node.wait_submission(submission)
    assert document["rows"]["accepted"] == count, document["rows"]
    return [row["record"] for row in document["rows_list"]]


def copy_of(node):
    """The same node on another machine: its own ports and its own place."""
    twin = c.Node(node.city, node.code, node.city.root / f"{node.code}-copy", c.free_port(), c.free_port())
    shutil.copytree(node.home, twin.home, ignore=shutil.ignore_patterns("api.sock"))
    config = (twin.home / "node.toml").read_text(encoding="utf-8")
    for old, new in ((node.data_port, twin.data_port), (node.enrol_port, twin.enrol_port)):
        config = config.replace(f":{old}\"", f":{new}\"")
    (twin.home / "node.toml").write_text(config, encoding="utf-8")
    return twin


def put_back(node, kept):
    """As a snapshot of the disk does: the files are where they were, and hold what they held."""
    for path in sorted((node.home / "store").rglob("*")):
        if path.is_file() and not (kept / path.relative_to(node.home / "store")).exists():
            path.unlink()
    subprocess.run(["cp", "-r", "--sparse=always", f"{kept}/.", node.home / "store"], check=True)


def kept_store(node, place):
    subprocess.run(["cp", "-r", "--sparse=always", node.home / "store", place], check=True)
    return place


def incarnation(node):
    return node.status()["node"]["incarnation"]


def test_a_restart_where_the_store_lies_keeps_its_incarnation(town, sample):
    village = town[c.VILLAGE_A]
    records_of(village, hand_in(village, sample, "first", 5), 5)
    before = {code: incarnation(town[code]) for code in SHAPE}
    for code in SHAPE:
        town[code].kill()
        town[code].start()
    records_of(village, hand_in(village, sample, "second", 5), 5)
    assert {code: incarnation(town[code]) for code in SHAPE} == before


def test_a_copied_directory_goes_on_under_a_new_incarnation(town, sample, tmp_path):
    """At every tier, the city too: put back from a copy without the restore command."""
    village = town[c.VILLAGE_A]
    for code in (c.VILLAGE_A, c.TOWNSHIP, c.CITY):
        node = town[code]
        node.kill()
        shutil.copytree(node.home, tmp_path / code, ignore=shutil.ignore_patterns("api.sock"))
        node.start()
        records_of(village, hand_in(village, sample, f"lost-{code}", 5), 5)
        before = incarnation(node)
        node.kill()
        shutil.rmtree(node.home)
        shutil.copytree(tmp_path / code, node.home)
        node.start()
        assert incarnation(node) != before
        assert "XW-1625" in [f["number"] for f in node.findings()], node.findings()
        c.wait_for("settled", lambda: node.status()["node"]["restored"] is None)
        records = records_of(village, hand_in(village, sample, f"after-{code}", 5), 5)
        for record in records:
            assert len(town[c.CITY].get(f"/v1/records/{record}")["entries"]) == 1


def test_two_machines_of_one_node_are_frozen_and_thawed(town, sample):
    village, township, city = town[c.VILLAGE_A], town[c.TOWNSHIP], town[c.CITY]
    village.kill()
    twin = copy_of(village)
    village.start()
    before = incarnation(village)
    try:
        twin.start()
        for node in (township, village, twin, city, town[c.COUNTY_A]):
            finding = node.wait_finding(FROZEN)
            assert f"xinwang thaw {c.VILLAGE_A}" in str(finding), finding
        assert incarnation(village) != before
        # What is handed in is kept, and waits.
        waiting = hand_in(village, sample, "frozen", 7)
        assert village.submission(waiting)["state"] in ("received", "reading")
        assert township.xinwang("thaw", c.VILLAGE_B).exit != 0
        twin.kill()
    finally:
        if twin.is_running():
            twin.kill()
    done = township.xinwang("thaw", c.VILLAGE_A, "--reason", "the copy was stopped")
    assert of_schema(done, "xinwang.thaw/1")["code"] == c.VILLAGE_A, done
    records = records_of(village, waiting, 7)
    for record in records:
        assert len(city.get(f"/v1/records/{record}")["entries"]) == 1
    assert township.xinwang("thaw", c.VILLAGE_A).exit != 0
    for node in town.nodes.values():
        verified = node.xinwang("verify")
        assert verified.exit == 0 and verified.json["ok"], verified


def test_rows_of_a_branch_are_taken_when_they_are_handed_in_again(town, sample, tmp_path):
    """Two states of one machine numbered the same place of a log: the parent holds the one, the node the other."""
    village, township, city = town[c.VILLAGE_A], town[c.TOWNSHIP], town[c.CITY]
    before = incarnation(village)
    records_of(village, hand_in(village, sample, "common", 4), 4)
    village.kill()
    common = kept_store(village, tmp_path / "common")
    village.start()
    c.wait_for("connected", lambda: village.status()["parent"]["state"] == "connected")
    township.kill()
    mine = sample.csv(sample.tagged("branch", 6))
    alone = village.submit(town.file("branch.csv", mine)).json["id"]
    c.wait_for("sealed", lambda: village.submission(alone)["rows"]["accepted"] == 6)
    records = [row["record"] for row in village.submission(alone)["rows_list"]]
    village.kill()
    branch = kept_store(village, tmp_path / "branch")
    put_back(village, common)
    township.start()
    village.start()
    records_of(village, hand_in(village, sample, "other", 5), 5)
    assert incarnation(village) == before
    village.kill()
    put_back(village, branch)
    village.start()
    # Signed twice for one place: evidence for everybody above, and two histories are people's to decide.
    for node in (township, village, town[c.COUNTY_A], city):
        node.wait_finding("XW-1631")
    thawed = township.xinwang("thaw", c.VILLAGE_A, "--reason", "a snapshot was put back")
    assert thawed.exit == 0, thawed
    finding = village.wait_finding("XW-1633")
    assert "branch.csv" in str(finding), finding
    assert incarnation(village) != before
    c.wait_for("settled", lambda: village.status()["node"]["restored"] is None)
    assert village.http("GET", f"/v1/records/{records[0]}")[0] == 404
    again = village.submit(town.file("branch.csv", mine)).json["id"]
    assert again != alone
    assert sorted(records_of(village, again, 6)) == sorted(records)
    for record in records:
        for node in (village, city):
            assert len(node.get(f"/v1/records/{record}")["entries"]) == 1
    # Handed in, and so no longer asked for; and once only.
    assert village.submit(town.file("branch.csv", mine)).json["already"]
    assert "branch.csv" not in str(village.findings())
    for node in town.nodes.values():
        verified = node.xinwang("verify")
        assert verified.exit == 0 and verified.json["ok"], verified
