# Shows: a backup is taken while files go in; a node that lost its disk is made again from it, and nothing that was
# acknowledged is lost, doubled or numbered twice; a backup without its marker, a damaged one and one without keys are
# refused by name; verify works beside the node and without it.
import os
import shutil
import threading
import time

import pytest

import city as c

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)


@pytest.fixture(scope="module")
def town():
    with c.City(SHAPE, profile=False) as made:
        yield made


@pytest.fixture(scope="module")
def sample():
    return c.Sample(40)


def hand_in(node, sample, tag, count, until="city"):
    """Submits and waits; the records that came of it."""
    done = node.submit(node.city.file(f"{tag}.csv", sample.csv(sample.tagged(tag, count))))
    assert done.exit == 0, done
    document = node.wait_submission(done.json["id"], until)
    assert document["rows"]["accepted"] == count, document["rows"]
    return [row["record"] for row in document["rows_list"]]


def back_up(node, directory, *options):
    done = node.xinwang("backup", directory, "--same-disk", *options)
    assert done.exit == 0, done
    return done.json


def held_once(node, records):
    for record in records:
        entries = node.get(f"/v1/records/{record}")["entries"]
        assert len(entries) == 1, f"{node.code} holds {record} {len(entries)} times"


def wait_settled(node):
    c.wait_for(f"{node.code} is settled", lambda: node.status()["node"]["restored"] is None)



def test_restored_village_loses_nothing(town, sample, tmp_path):
    village, city = town[c.VILLAGE_A], town[c.CITY]
    before = hand_in(village, sample, "before", 30)
    made = back_up(village, tmp_path / "b1", "--with-keys")
    assert made["backup"]["keys"] and made["backup"]["logs"] and made["backup"]["incarnation"] == \
        village.status()["node"]["incarnation"]
    assert (tmp_path / "b1/backup.toml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "b1/keys/sign").stat().st_mode & 0o777 == 0o600
    after = hand_in(village, sample, "after", 25)
    old = village.status()["node"]["incarnation"]
    village.kill()
    shutil.rmtree(village.home)

    done = village.xinwang("restore", tmp_path / "b1")
    assert done.exit == 0 and "new incarnation" in done.err, done
    assert done.json["code"] == c.VILLAGE_A and done.json["moved_aside"] is None
    village.start()
    assert village.status()["node"]["incarnation"] != old
    wait_settled(village)
    # What its parent held of it is back, and readable.
    held_once(village, before + after)
    new = hand_in(village, sample, "new", 20)
    held_once(city, before + after + new)
    held = {lane["lane"]: lane["entries"] for lane in city.status()["logs"]}
    assert held["records"] == len(before) + len(after) + len(new)
    # The same rows again are known.
    done = village.submit(town.file("again.csv", sample.csv(reversed(sample.tagged("after", 25)))))
    assert village.wait_submission(done.json["id"])["rows"]["unchanged"] == 25
    incarnations = {entry["log"]["incarnation"] for record in after + new
                    for entry in city.get(f"/v1/records/{record}")["entries"]}
    assert incarnations == {old, village.status()["node"]["incarnation"]}
    for node in town.nodes.values():
        verified = node.xinwang("verify")
        assert verified.exit == 0 and verified.json["ok"], verified
        assert not [f for f in node.findings() if f["number"] in ("XW-1615", "XW-1612")], node.findings()


def test_backup_while_files_go_in_then_the_whole_road_is_restored(town, sample, tmp_path):
    village, township, county = town[c.VILLAGE_A], town[c.TOWNSHIP], town[c.COUNTY_A]
    records, ending = [], threading.Event()

    def submit():
        for number in range(1000):
            if ending.is_set():
                return
            records.extend(hand_in(village, sample, f"busy-{number}", 15, "here"))

    thread = threading.Thread(target=submit, daemon=True)
    thread.start()
    c.wait_for("files go in", lambda: len(records) > 60)
    for node in (township, county):
        back_up(node, tmp_path / f"live-{node.code}", "--with-keys")
    back_up(village, tmp_path / "live-village", "--with-keys")
    seen = len(records)
    c.wait_for("files still go in", lambda: len(records) > seen + 60)
    ending.set()
    thread.join(c.DEADLINE_S)
    assert not thread.is_alive()
    c.wait_for("all of it at the city", lambda: village.status()["custody"]["unconfirmed"] == 0)
    for node, backup in ((township, f"live-{township.code}"), (county, f"live-{county.code}"), (village, "live-village")):
        node.kill()
        done = node.xinwang("restore", tmp_path / backup, "--force")
        assert done.exit == 0 and done.json["moved_aside"], done
        assert os.path.exists(os.path.join(done.json["moved_aside"], "node.toml"))
        node.start()
        wait_settled(node)
        # One after another: what two neighbours have both lost comes back to neither (node/README.md). This file's
        # confirmation says that the restored node has taken everything before it.
        records += hand_in(village, sample, f"after-{node.code}", 10)
    held_once(town[c.CITY], records)
    held_once(village, records)
    for node in town.nodes.values():
        verified = node.xinwang("verify")
        assert verified.exit == 0 and verified.json["ok"], verified


def test_what_is_no_backup_is_refused_by_name(town, sample, tmp_path):
    village = town[c.VILLAGE_A]
    done = village.xinwang("backup", village.home / "beside")
    assert done.exit == 6 and "XW-1921" in done.err, done
    back_up(village, tmp_path / "keyless")
    assert not (tmp_path / "keyless/keys").exists()
    done = village.xinwang("backup", tmp_path / "keyless", "--same-disk")
    assert done.exit == 6 and "XW-2040" in done.err, done
    home = tmp_path / "home"

    def restore(backup, *options):
        return c.xinwang("restore", backup, "--dir", home, "-o", "json", *options)

    assert restore(tmp_path / "nowhere").exit != 0
    done = restore(tmp_path / "keyless")
    assert done.exit != 0 and "XW-1925" in done.err, done
    done = restore(tmp_path / "keyless", "--keys", town[c.TOWNSHIP].home / "keys")
    assert done.exit != 0 and "XW-2025" in done.err, done
    done = restore(tmp_path / "keyless", "--keys", village.home / "keys")
    assert done.exit == 0, done
    done = restore(tmp_path / "keyless", "--keys", village.home / "keys")
    assert done.exit != 0 and "XW-2020" in done.err, done
    shutil.rmtree(home)
    # A byte of the store, then the marker.
    with open(tmp_path / "keyless/store/data.mdb", "r+b") as file:
        file.seek(9000)
        byte = file.read(1)
        file.seek(9000)
        file.write(bytes([byte[0] ^ 1]))
    done = restore(tmp_path / "keyless", "--keys", village.home / "keys")
    assert done.exit != 0 and "XW-1924" in done.err, done
    (tmp_path / "keyless/backup.toml").unlink()
    done = restore(tmp_path / "keyless", "--keys", village.home / "keys")
    assert done.exit != 0 and "XW-1922" in done.err, done
    assert not home.exists() or not list(home.iterdir())
    done = village.xinwang("restore", tmp_path / "keyless", "--force")
    assert done.exit != 0, done
    assert village.is_running() and village.status()["node"]["code"] == c.VILLAGE_A


def test_a_running_node_is_not_restored_over(town, tmp_path):
    village = town[c.VILLAGE_A]
    back_up(village, tmp_path / "b", "--with-keys")
    done = village.xinwang("restore", tmp_path / "b", "--force")
    assert done.exit == 5 and "XW-1903" in done.err, done
    assert village.status()


def test_verify_without_a_node(town):
    village = town[c.VILLAGE_A]
    beside = village.xinwang("verify")
    village.kill()
    alone = village.xinwang("verify")
    assert alone.exit == 0 and alone.json["ok"], alone
    assert alone.json["indexed"] == beside.json["indexed"] > 0 and set(alone.json) == set(beside.json)
    village.start()


def test_a_slow_backup_shows_its_progress_and_stops_with_the_node(town, tmp_path):
    county = town[c.COUNTY_A]
    order = {"directory": str(tmp_path / "slow"), "same_disk": True, "bytes_per_s_max": 50_000}
    status, document = county.http("POST", "/v1/backup", order)
    assert status == 202 and document["state"] == "running", document
    progress = c.wait_for("progress", lambda: county.get("/v1/backup")["progress"]["done_bytes"] and
                          county.get("/v1/backup")["progress"])
    assert progress["total_bytes"] > progress["done_bytes"] > 0
    status, refusal = county.http("POST", "/v1/backup", {**order, "directory": str(tmp_path / "other")})
    assert status == 409 and refusal["number"] == "XW-2041", refusal
    status, document = county.http("POST", "/v1/backup", order)
    assert status == 202 and document["state"] == "running"
    started = time.monotonic()
    assert county.stop() == 0 and time.monotonic() - started < 10
    assert not (tmp_path / "slow/backup.toml").exists() and not (tmp_path / "slow/store").exists()
    county.start()
    assert county.get("/v1/backup")["state"] == "none"
