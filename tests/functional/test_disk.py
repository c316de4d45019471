# Shows: on a disk that fills up, intake is refused by its number and comes back by itself, within a minute of space
# returning; what is held meanwhile goes on its way, receipts are kept, and nothing acknowledged is lost.
import errno
import os
import subprocess
import time

import pytest

import city as c

class SmallDisk:
    """A tmpfs over a directory."""

    def __init__(self, path, megabytes):
        self.path = path
        path.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", path], capture_output=True,
                              check=False)
        if done.returncode != 0:
            pytest.skip("a small tmpfs cannot be mounted here: root only")

    def leave(self, free_bytes):
        """Fills the disk so that so much stays free."""
        with open(self.path / "filler", "ab", buffering=0) as file:
            while not self.try_leave(file, free_bytes):
                pass  # the node took some between the look and the grip

    def try_leave(self, file, free_bytes):
        size = os.fstat(file.fileno()).st_size
        free = os.statvfs(self.path).f_bavail * 4096 - free_bytes
        if free <= 0:
            file.truncate(size + free)
            return True
        try:
            os.posix_fallocate(file.fileno(), size, free)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False
        return True

    def empty(self):
        (self.path / "filler").unlink()

    def close(self):
        subprocess.run(["umount", "-l", self.path], check=False)


# The store's ballast does not fit on so small a disk, and what intake needs to begin does.
SMALL_DISK_MB = 400


def test_full_disk_refuses_and_loses_nothing():
    with c.City() as made:
        disk = SmallDisk(made.root / "disk", SMALL_DISK_MB)
        try:
            full_disk(made, disk)
        finally:
            if c.COUNTY_A in made.nodes and made[c.COUNTY_A].is_running():
                made[c.COUNTY_A].kill()
            disk.close()


def full_disk(made, disk):
    node = made.add(c.COUNTY_A, disk.path / "node")
    sample, acknowledged = c.Sample(20), []

    def submit(number):
        file = made.file(f"{number}.csv", sample.csv({**row, "决定文书号": f"{number}-{row['决定文书号']}"} for row in sample.rows))
        done = node.submit(file)
        assert done.exit in (0, 5), done
        if done.exit == 0:
            acknowledged.append(done.json["id"])
        return done

    submit(0)
    node.wait_submission(acknowledged[0])
    # Room for an upload, not for what becomes of it: the store says no.
    disk.leave(256 << 10)
    numbers = iter(range(1, 10_000))
    first = c.wait_for("the store is full", lambda: next((d for d in [submit(next(numbers))] if d.exit != 0), None))
    assert "XW-1901" in first.err and "the store is full." in first.err, first
    # No room at all: the spool says no.
    disk.leave(0)
    full = submit(next(numbers))
    assert full.exit == 5 and ("XW-1901" in full.err or "XW-2216" in full.err), full
    status = c.wait_for("the node answers", lambda: node.try_http("GET", "/v1/status"))
    assert status["submissions"]["total"] >= len(acknowledged)
    assert node.is_running()

    disk.empty()
    resumed = next(numbers)
    c.wait_for("intake resumes", lambda: submit(resumed).exit == 0)
    for submission in acknowledged:
        document = node.wait_submission(submission)
        assert document["rows"]["accepted"] == len(sample.rows), document
        for row in document["rows_list"]:
            assert len(made[c.CITY].get(f"/v1/records/{row['record']}")["entries"]) == 1
    print(f"{len(acknowledged)} files acknowledged; {first.err}{full.err}")
    assert not [f for f in node.findings() if f["number"] == "XW-1901"]
    assert node.xinwang("verify").exit == 0


# With room for the ballast, and for what the store needs to give it up.
BALLAST_DISK_MB = 700
CYCLES = 4
CYCLES_MAX = 3 * CYCLES  # until one needs the ballast: the store may have free pages of its own
BACK_S = 60


def test_a_full_disk_stops_intake_and_nothing_else():
    with c.City((c.CITY,), profile=False) as made:
        disk = SmallDisk(made.root / "disk", BALLAST_DISK_MB)
        try:
            node = made.add(c.COUNTY_A, disk.path / "node")
            gave_up = []
            while len(gave_up) < CYCLES or (not any(gave_up) and len(gave_up) < CYCLES_MAX):
                gave_up.append(fill_and_free(made[c.CITY], node, disk, len(gave_up)))
            assert any(gave_up), "the ballast was never needed"
            assert node.xinwang("verify").exit == 0
        finally:
            if c.COUNTY_A in made.nodes and made[c.COUNTY_A].is_running():
                made[c.COUNTY_A].kill()
            disk.close()


def hand_in(node, cycle, number, rows=20):
    sample = c.Sample(rows)
    return node.submit(node.city.file("in.csv", sample.csv(
        {**row, "决定文书号": f"{cycle}-{number}-{row['决定文书号']}"} for row in sample.rows)))


def fill_and_free(parent, node, disk, cycle):
    """True when the ballast was given up: control needs no room of it while the store's own file has free pages."""
    ballast = node.home / "store/ballast"
    assert ballast.exists()
    # Taken while the parent is away: it waits here, on what is then a full disk.
    parent.stop()
    held = hand_in(node, cycle, "held")
    assert held.exit == 0, held
    node.wait_submission(held.json["id"], until="here")
    left = (cycle % 2) * (8 << 10)  # a few pages are enough for control, for a while
    disk.leave(left)
    refused = c.wait_for("intake is refused", lambda: next((d for d in [hand_in(node, cycle, time.monotonic_ns())] if d.exit), None))
    assert "XW-1901" in refused.err or "XW-2216" in refused.err, refused

    parent.start()
    # Relayed, and the city's receipt kept; its verdict is a batch, which waits for space.
    document = node.wait_submission(held.json["id"], judged=False)
    assert document["rows"]["accepted"] == document["rows"]["total"]
    assert node.is_running()
    gave_up = not ballast.exists()
    named = c.wait_for("the status names it", lambda: [f for f in node.findings() if f["number"] == "XW-1901"])
    assert named
    again = hand_in(node, cycle, "again")
    assert again.exit == 5 and ("XW-1901" in again.err or "XW-2216" in again.err), again

    disk.empty()
    freed = time.monotonic()
    back = c.wait_for("intake resumes", lambda: next((d for d in [hand_in(node, cycle, "back")] if d.exit == 0), None), BACK_S)
    print(f"cycle {cycle}: intake was back after {time.monotonic() - freed:.1f} s")
    node.wait_submission(back.json["id"])
    c.wait_for("the ballast is taken again", ballast.exists)
    assert not [f for f in node.findings() if f["number"] == "XW-1901"]
    return gave_up
