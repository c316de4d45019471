# Shows what stands around hostile neighbours: one that contradicts itself freezes its own log and alarms those on its
# way, while others only read of it; the enrolment port is closed when nobody is expected; a node that runs out of
# descriptors keeps some for its own; files that go from beneath a running node are missed; a directory of which a part
# is gone says how to come back.
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import tomllib

import city as c
import hostile_child
import pytest
from test_hostile import enrolled

GONE, PART_MISSING = "XW-2390", "XW-2391"
FILES_LOOKED_FOR_S = 60


def listens(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def attack(hostile, parent, name, seconds):
    config = tomllib.loads((hostile.home / "node.toml").read_text())["parent"]
    script = pathlib.Path(hostile_child.__file__)
    done = subprocess.run([sys.executable, "-B", script, name, hostile.home, "tcp://" + config["address"], config["key"],
                           parent.status()["node"]["id"], str(seconds)], capture_output=True, text=True, timeout=60,
                          check=True)
    return json.loads(done.stdout)


def taken(answer):
    assert answer.exit in (0, 5), answer
    return answer if answer.exit == 0 else None


def grade_of(node, number):
    return [f["grade"] for f in node.status()["health"]["findings"] if f["number"] == number]


def test_a_contradictory_head_freezes_its_own_log_and_others_only_read_of_it():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_B), profile=False) as town:
        hostile = enrolled(town, c.VILLAGE_A)
        township = town[c.TOWNSHIP]
        attack(hostile, township, "contradictory_head", 5)
        frozen = township.wait_finding("XW-1631")
        assert frozen["field"] == c.VILLAGE_A
        for code in (c.COUNTY_A, c.CITY, c.VILLAGE_B):
            c.wait_for(f"{code} reads of it", lambda node=town[code]: grade_of(node, "XW-1631"))
        for code in (c.TOWNSHIP, c.COUNTY_A, c.CITY):
            assert grade_of(town[code], "XW-1631") == ["broken"], code
        assert grade_of(town[c.VILLAGE_B], "XW-1631") == ["attention"]
        # And the honest go on.
        sample = c.Sample(rows=3)
        sibling = town[c.VILLAGE_B]
        done = sibling.submit(town.file("a.csv", sample.csv(sample.tagged("a", 3))))
        assert sibling.wait_submission(done.json["id"])["rows"]["accepted"] == 3


def test_the_enrolment_port_is_closed_when_nobody_is_expected():
    with c.City((c.CITY,), profile=False) as town:
        city = town[c.CITY]
        c.wait_for("closed", lambda: not listens(city.enrol_port))
        line = town.invite(c.COUNTY_A)
        c.wait_for("open", lambda: listens(city.enrol_port))
        node = town.plan(c.COUNTY_A)
        assert town.join(node, line).exit == 0
        # Used: it answers the node that used it, whose reply may have been lost, and nobody else.
        kept = town.root / "kept"
        kept.mkdir()
        shutil.move(node.home / "keys", kept / "keys")
        shutil.rmtree(node.home)
        stranger = c.Node(town, c.COUNTY_A, town.root / "stranger", c.free_port(), c.free_port())
        done = town.join(stranger, line)
        assert done.exit != 0 and ("XW-1656" in done.err or "XW-1655" in done.err), done
        node.home.mkdir()
        shutil.move(kept / "keys", node.home / "keys")
        assert town.join(node, line).exit == 0


def test_a_secret_need_not_be_an_argument():
    with c.City((c.CITY,), profile=False) as town:
        line = town.invite(c.COUNTY_A)
        node = town.plan(c.COUNTY_A)
        done = c.xinwang("join", "--dir", node.home, stdin=line + "\n")
        assert done.exit == 0, done


def test_descriptors_are_kept_for_the_node_itself():
    with c.City((c.CITY, c.COUNTY_B), profile=False) as town:
        city, sibling = town[c.CITY], town[c.COUNTY_B]
        hostile = enrolled(town, c.COUNTY_A)
        subprocess.run(["prlimit", "--pid", str(city.process.pid), "--nofile=200:200"], check=True)
        config = tomllib.loads((hostile.home / "node.toml").read_text())["parent"]
        script = pathlib.Path(hostile_child.__file__)
        attacker = subprocess.Popen([*c.ENDS_WITH_THE_TEST, sys.executable, "-B", script, "half_open", hostile.home,
                                     "tcp://" + config["address"], config["key"], "00" * 16, "8"],
                                    stdout=subprocess.PIPE, text=True)
        time.sleep(0.5)
        sample = c.Sample(rows=5)
        for at, node in enumerate((sibling, city)):
            file = town.file(f"{at}.csv", sample.csv(sample.tagged(f"d{at}", 5)))
            # A burst may take the last descriptor for some milliseconds: that is a refusal, and soon over.
            done = c.wait_for("taken in", lambda: taken(node.submit(file)), 5)
            assert node.wait_submission(done.json["id"], seconds=10)["rows"]["accepted"] == 5
        sibling.kill()
        sibling.start()
        c.wait_for("the sibling is back", lambda: sibling.status()["parent"]["state"] == "connected", 10)
        attacker.communicate()
        assert "XW-2389" in {f["number"] for f in city.findings()}


def test_files_that_go_from_beneath_a_running_node_are_missed():
    with c.City((c.CITY,), profile=False) as town:
        city = town[c.CITY]
        (city.home / "node.toml").rename(town.root / "node.toml")
        (city.home / "keys").rename(town.root / "keys")
        (city.home / "store/data.mdb").rename(town.root / "data.mdb")

        def named():
            return {f["field"] for f in city.findings() if f["number"] == GONE and f["grade"] == "broken"}

        expected = {"node.toml", "keys", "store/data.mdb"}
        c.wait_for("the files are missed", lambda: named() == expected, FILES_LOOKED_FOR_S)
        (town.root / "node.toml").rename(city.home / "node.toml")
        (town.root / "keys").rename(city.home / "keys")
        c.wait_for("two are back", lambda: named() == {"store/data.mdb"}, FILES_LOOKED_FOR_S)
        # What the process still has can be saved as long as it runs.
        done = city.xinwang("backup", town.root / "backup", "--with-keys", "--same-disk")
        assert done.exit == 0, done


@pytest.mark.parametrize("part", ["store", "keys", "node.toml"])
def test_a_directory_of_which_a_part_is_gone_says_how_to_come_back(part):
    with c.City((c.CITY,), profile=False) as town:
        city = town[c.CITY]
        city.stop()
        (city.home / part).rename(town.root / "away")
        done = c.Answer(c.run_tool("xinwang-node", "--dir", city.home))
        assert done.exit != 0 and PART_MISSING in done.err and "xinwang restore" in done.err, done
        assert "city new" not in done.err
        (town.root / "away").rename(city.home / part)
        city.start()
