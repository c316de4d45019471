# Shows that xinwang-bench carries records over a real hop and prints what README.md promises. Nothing here is timed.
import json
import os
import subprocess

BIN = os.environ.get("XINWANG_BIN", os.path.join(os.path.dirname(__file__), "../../build/dev/bin"))
RECORDS = 2000


def test_hop_carries_all_records(tmp_path):
    done = subprocess.run(
        [os.path.join(BIN, "xinwang-bench"), "hop", "--records", str(RECORDS), "--dir", tmp_path, "-o", "json"],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["records"] == RECORDS
    for name in ("records_per_s", "seconds", "cpu_s_per_million", "child_rss_bytes", "parent_rss_bytes",
                 "batches", "child_commits", "parent_commits"):
        assert found[name] > 0, name
    assert 400 < found["record_bytes"] < 800
    assert 50 < found["wire_bytes_per_record"] < found["record_bytes"] / 3
    assert found["wire_bytes_per_record"] < found["disk_bytes_per_record"] < 2 * found["wire_bytes_per_record"]
    assert os.listdir(tmp_path) == []
