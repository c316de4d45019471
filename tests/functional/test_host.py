# Shows: one process runs many nodes, each with its own keys, store and API; they are enrolled in bulk, hand in files, and come
# back after kill -9; a node that appears is opened, and one whose store is spoilt stops none of the others.
import shutil
import signal
import subprocess

import pytest

import city as c
from live_memory import scan, secrets_of

SHAPE = (c.CITY, c.COUNTY_A)
LIST = """code,name,tier,parent_code
130602000000,竞秀区,county,130600000000
130602200000,颉庄乡,township,130602000000
130602200201,郞庄村,village,130602200000
130602200203,康庄村,village,130602200000
130602201000,富昌乡,township,130602000000
130602201200,束鹿园村,village,130602201000
"""
TOWNSHIPS = ("130602200000", "130602201000")
VILLAGES = ("130602200201", "130602200203", "130602201200")


class Host:
    """xinwang-node --host over a directory of the city's."""

    def __init__(self, town):
        self.town, self.dir, self.log = town, town.root / "host", town.root / "host.log"
        self.dir.mkdir()
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*c.ENDS_WITH_THE_TEST, c.BIN / "xinwang-node", "--host", self.dir],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def end(self, how=signal.SIGTERM):
        assert self.process.poll() is None, self.log.read_text()
        self.process.send_signal(how)
        return self.process.wait(timeout=c.DEADLINE_S)

    def node(self, code):
        node = c.Node(self.town, code, self.dir / code, 0, 0)
        node.process, node.log = self.process, self.log
        return node

    def enrol(self, parent, divisions, port):
        lines = c.xinwang("invite-all", divisions, "--dir", parent.home)
        assert lines.exit in (0, 9), lines
        joined = c.xinwang("join-all", "-", "--host", self.dir, "--listen-from", f"127.0.0.1:{port}", "-o", "json",
                           stdin=lines.out)
        assert joined.exit in (0, 9), joined
        return joined.json

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as sizes:
            return next(int(line.split()[1]) for line in sizes if line.startswith("Rss")) / 1024


def connected(host, town):
    tree = c.xinwang("tree", town[c.CITY].home, town[c.COUNTY_A].home, host.dir, "-o", "json")
    return tree.json["connected"] if tree.exit in (0, 1) else 0


def brought_up(town):
    """A host with two townships and three villages, all connected."""
    divisions = town.file("divisions.csv", LIST)
    host = Host(town)
    assert host.enrol(town[c.COUNTY_A], divisions, c.free_port())["done"] == 2
    host.start()
    for township in TOWNSHIPS:
        parent = host.node(township).wait_ready()
        # Opened while the host runs.
        assert host.enrol(parent, divisions, 9)["done"] == LIST.count(f",village,{township}")
        assert host.enrol(parent, divisions, 9)["done"] == 0
    c.wait_for("all are connected", lambda: connected(host, town) == 6)
    return host


def test_hosted_nodes_work_and_come_back():
    with c.City(SHAPE) as town:
        host = brought_up(town)
        for village in VILLAGES:
            c.wait_for("catalogues", lambda v=village: host.node(v).wait_ready().status()["catalogues"]["total"] == 2)
        folder = town.root / "files"
        folder.mkdir()
        codes = town.file("codes", "\n".join(VILLAGES) + "\n")
        made = c.run_tool("xinwang-gen", "--rows", 7, "--each", codes, "--out", folder)
        assert made.returncode == 0, made.stderr
        done = c.xinwang("submit-all", folder, "--host", host.dir, "--catalogue", "xzxk", "-o", "json")
        assert done.exit == 0 and done.json["done"] == 3, done
        again = c.xinwang("submit-all", folder, "--host", host.dir, "--catalogue", "xzxk", "-o", "json")
        assert again.exit == 9 and again.json["already"] == 3, again
        # A list of another city holds no child of anybody here.
        other = town.file("other.csv", "code,name\n130700000000,张家口市\n130702000000,桥东区\n")
        named = c.xinwang("invite-all", other, "--dir", town[c.COUNTY_A].home)
        assert named.exit == 6 and f"XW-2235 the list of divisions does not hold this node, {c.COUNTY_A}" in named.err, named
        # A file of nobody here, and one without a code.
        for name in (f"{c.VILLAGE_B[:-3]}299.csv", "licences.csv"):
            shutil.copy(folder / f"{VILLAGES[0]}.csv", folder / name)
            stray = c.xinwang("submit-all", folder, "--host", host.dir, "--catalogue", "xzxk", "-o", "json")
            assert stray.exit == 6 and name in stray.err and "XW-2228" in stray.err, stray
            (folder / name).unlink()
        for row in done.json["rows"]:
            document = host.node(row["code"]).wait_submission(row["submission"])
            assert document["rows"]["accepted"] == 7

        # Each node's store holds what is its own and what it carries, and no more.
        def records(node):
            return sum(lane["entries"] for lane in node.status()["logs"] if lane["lane"] == "records")
        assert [records(host.node(village)) for village in VILLAGES] == [7, 7, 7]
        assert [records(host.node(township)) for township in TOWNSHIPS] == [14, 7]
        assert records(town[c.CITY]) == 21

        # They have signed, sealed and opened: of each, in the one process, the keys lie in guarded pages alone.
        if not c.is_sanitized():
            for code in (*TOWNSHIPS, *VILLAGES):
                node = host.node(code)
                scan(node, secrets_of(node))

        host.end(signal.SIGKILL)
        host.start()
        for code in (*TOWNSHIPS, *VILLAGES):
            host.node(code).wait_ready()
        c.wait_for("all are back", lambda: connected(host, town) == 6)
        assert [records(host.node(village)) for village in VILLAGES] == [7, 7, 7]
        assert host.end() == 0
        c.wait_for("the county knows that they have stopped",
                   lambda: {child["state"] for child in town[c.COUNTY_A].status()["children"]} == {"lost"}, 5)


def test_a_spoilt_store_stops_no_other_node():
    with c.City(SHAPE) as town:
        host = brought_up(town)
        assert host.end() == 0
        spoilt, sound = VILLAGES[0], VILLAGES[1]
        store = host.dir / spoilt / "store/data.mdb"
        kept = store.read_bytes()
        store.write_bytes(b"\0" * len(kept))
        host.start()
        host.node(sound).wait_ready()
        c.wait_for("all others are connected", lambda: connected(host, town) == 5)
        assert spoilt in host.log.read_text()
        # Put right, it is opened without a restart of the others.
        store.write_bytes(kept)
        host.node(spoilt).wait_ready()
        c.wait_for("all are connected", lambda: connected(host, town) == 6)
        assert host.end() == 0


def test_bulk_refusals_name_the_line_and_stop_nothing():
    with c.City(SHAPE) as town:
        host = Host(town)
        divisions = town.file("divisions.csv", LIST)
        lines = c.xinwang("invite-all", divisions, "--dir", town[c.COUNTY_A].home).out.splitlines()
        assert len(lines) == 2
        broken = lines[0][:40] + ("A" if lines[0][40] != "A" else "B") + lines[0][41:]
        done = c.xinwang("join-all", "-", "--host", host.dir, "--listen-from", f"127.0.0.1:{c.free_port()}", "-o", "json",
                         stdin="\n".join([broken, lines[1], "nonsense"]) + "\n")
        assert done.exit == 6 and done.json["done"] == 1 and done.json["failed"] == 2, done
        assert "line 1: XW-18" in done.err and "line 3: XW-1801" in done.err, done.err
        assert [path.name for path in host.dir.iterdir()] == [TOWNSHIPS[1]]


@pytest.mark.release_only("memory is that of release binaries; these have sanitizers")
def test_an_idle_hosted_village_is_small():
    count = 40
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP)) as town:
        rows = [f"{int(c.TOWNSHIP) + 201 + i},village {i}\n" for i in range(count)]
        divisions = town.file("villages.csv", f"code,name\n{c.TOWNSHIP},颉庄乡\n" + "".join(rows))
        host = Host(town)
        assert host.enrol(town[c.TOWNSHIP], divisions, 9)["done"] == count
        host.start()
        c.wait_for("all are connected",
                   lambda: c.xinwang("tree", town[c.TOWNSHIP].home, "-o", "json").json["connected"] == count)
        assert host.resident_mib() < 40 + count
        assert host.end() == 0
