# Shows that xinwang-bench carries records over a real hop and over a road of four nodes and prints what README.md
# promises. Nothing here is timed.
import json
import os
import subprocess

import pytest

BIN = os.environ.get("XINWANG_BIN", os.path.join(os.path.dirname(__file__), "../../build/dev/bin"))
RECORDS = 2000
NODE_FIGURES = ("cpu_s_per_million", "disk_bytes_per_record", "rss_bytes", "anon_bytes", "commits")


@pytest.mark.parametrize("scenario, nodes", [("hop", ["child", "parent"]),
                                             ("road", ["child", "township", "county", "parent"])])
def test_all_records_are_carried(tmp_path, scenario, nodes):
    # Several blocks, so that one is compressed while the one before it is sealed.
    done = subprocess.run(
        [os.path.join(BIN, "xinwang-bench"), scenario, "--records", str(RECORDS), "--block", "300", "--dir", tmp_path,
         "-o", "json"],
        capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["records"] == RECORDS
    for name in ["records_per_s", "seconds", "cpu_s_per_million", "batches"] + [
            f"{node}_{figure}" for node in nodes for figure in NODE_FIGURES]:
        assert found[name] > 0, name
    assert found["batches"] == (RECORDS + 299) // 300
    assert 400 < found["record_bytes"] < 800
    assert 50 < found["wire_bytes_per_record"] < found["record_bytes"] / 3
    assert found["wire_bytes_per_record"] < found["disk_bytes_per_record"] < 2 * found["wire_bytes_per_record"]
    assert os.listdir(tmp_path) == []
