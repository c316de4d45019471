#!/usr/bin/python3
"""Shows that the unit file shuts the node in: systemd itself finds little that is open, and no setting that it does not
know."""
import pathlib
import re
import shutil
import subprocess

import pytest

UNIT = pathlib.Path(__file__).resolve().parents[2] / "deploy/systemd/xinwang-node.service"
EXPOSURE_MAX = 2.0


@pytest.fixture
def unit(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    copy = tmp_path / UNIT.name
    # The program need not be installed where this runs.
    copy.write_text(UNIT.read_text().replace("/usr/bin/xinwang-node", "/bin/true"))
    return copy


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_little_is_exposed(unit):
    done = analyze("security", "--offline=yes", unit)
    level = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert level, done.stdout + done.stderr
    assert float(level[1]) <= EXPOSURE_MAX, done.stdout


def test_systemd_knows_every_setting(unit):
    done = analyze("verify", unit)
    assert "Unknown" not in done.stderr and "Failed to parse" not in done.stderr, done.stderr


def test_it_is_the_last_wall_of_memory_and_descriptors():
    settings = dict(line.split("=", 1) for line in UNIT.read_text().splitlines() if re.match(r"\w+=", line))
    assert {"MemoryMax", "TasksMax", "LimitNOFILE", "LimitMEMLOCK"} <= settings.keys()


if __name__ == "__main__":
    raise SystemExit(pytest.main(["-q", "-p", "no:cacheprovider", __file__]))
