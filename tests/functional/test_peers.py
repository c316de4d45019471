# Shows that tools/bench/peers.sh measures every peer on the same records and leaves nothing behind, that its table is what
# was measured, and that it names what is wrong. Nothing here is timed, and nothing is installed.
import csv
import json
import os
import pathlib
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = os.environ.get("XINWANG_BIN", str(ROOT / "build/dev/bin"))
PEERS = ["nats", "postgres-1", "postgres-3", "sftp-5000", "sftp-whole"]
FIGURES = ["records_per_s", "cpu_s_per_million", "wire_bytes_per_record", "disk_bytes_per_record",
           "child_disk_bytes_per_record"]


def peers(*words, **environment):
    return subprocess.run([ROOT / "tools/bench/peers.sh", *map(str, words)], capture_output=True, text=True, timeout=500,
                          env=os.environ | {"XINWANG_BIN": BIN} | environment)


def test_each_peer_carries_the_same_records(tmp_path):
    tmp_path.chmod(0o755)
    for above in tmp_path.parents[:2]:  # the servers' user must reach what pytest made for its own user alone
        if above.stat().st_uid == os.geteuid():
            above.chmod(0o755)
    done = peers("--records", 6000, "--dir", tmp_path, "--no-install", "-o", "json")
    if done.returncode == 4:
        pytest.skip(done.stderr.splitlines()[0])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["schema"] == "xinwang.peers/1"
    assert [pair["system"] for pair in found["pairs"]] == PEERS
    for pair in found["pairs"]:
        for whose in ("ours", "theirs"):
            assert pair[whose]["records"] == 6000
            assert all(pair[whose][name] > 0 for name in FIGURES), pair
        # None of them compresses: what is on the wire is no less than the record.
        assert pair["theirs"]["wire_bytes_per_record"] > found["record_bytes"]
        for name in FIGURES:
            assert pair["ratio"][name] == pytest.approx(pair["ours"][name] / pair["theirs"][name])
    assert os.listdir(tmp_path) == []


def test_a_missing_package_is_named_and_not_installed(tmp_path):
    (tmp_path / "dpkg-query").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "dpkg-query").chmod(0o755)
    done = peers("--no-install", "--dir", tmp_path, PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert done.returncode == 4
    assert "nats-server" in done.stderr and "Try: " in done.stderr
    assert os.listdir(tmp_path) == ["dpkg-query"]


@pytest.mark.parametrize("words", [["--records", "many"], ["--records"], ["-o", "xml"], ["--only", "kafka"], ["--fast"]])
def test_a_wrong_command_line_is_refused(words):
    assert peers(*words).returncode == 2


def table(tmp_path, pairs, *words):
    (tmp_path / "pairs").write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    return subprocess.run([ROOT / "tools/bench/peers/table.py", "--pairs", tmp_path / "pairs", "--records", "10", *words],
                          capture_output=True, text=True)


def pair(system, ours, theirs, arrived=10):
    return {"system": system, "ours": {"records": 10, "record_bytes": 600} | dict.fromkeys(FIGURES, ours),
            "theirs": {"records": arrived} | dict.fromkeys(FIGURES, theirs)}


def test_the_table_compares_pair_by_pair(tmp_path):
    done = table(tmp_path, [pair("nats", 300, 100), pair("postgres-1", 100, 200)])
    assert done.returncode == 0, done.stderr
    rows = [line for line in done.stdout.splitlines() if line.startswith("|")]
    assert rows[2].startswith("| Xinwang hop, child → parent | 200 | 200.0 |")  # the median of both runs of ours
    assert rows[-2].startswith("| NATS JetStream, leaf → hub | 3.00 |")
    assert rows[-1].startswith("| PostgreSQL logical replication, 1 index | 0.50 |")


def test_lost_records_are_no_result(tmp_path):
    done = table(tmp_path, [pair("nats", 300, 100, arrived=9)])
    assert done.returncode != 0 and "9 records arrived of 10" in done.stderr


def test_both_files_hold_the_same_records(tmp_path):
    for form in ("entries", "csv"):
        subprocess.run([os.path.join(BIN, "xinwang-bench"), "entries", "--records", "500", "--form", form,
                        "--out", tmp_path / form], check=True, capture_output=True)
    data, at, entries = (tmp_path / "entries").read_bytes(), 0, []
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        entries.append(data[at + 4:at + 4 + size])
        at += 4 + size
    with open(tmp_path / "csv", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert len(entries) == len(rows) == len({row[0] for row in rows}) == 500
    for entry, (record, subject, catalogue, date, fields) in zip(entries, rows):
        for part in (bytes.fromhex(record[2:]), subject.encode(), catalogue.encode()):
            assert part in entry
        assert all(cell.encode() in entry for cell in next(csv.reader([fields])))
        assert len(date) == 8
