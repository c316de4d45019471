"""Shows that what a disk spoils is found, listed, fetched again from a neighbour, and never leaves the node meanwhile:
at a county whose store was flipped while it was down, and at a village that gets its own records back from above."""
import hashlib
import re

import pytest

import city as c

SCRUB = """
[scrub]
every_ms = 500
retry_first_ms = 200
retry_max_ms = 1000
"""
NO_SCRUB = """
[scrub]
bytes_per_s = 0
retry_first_ms = 200
"""


@pytest.fixture(scope="module")
def line():
    with c.City([c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A], profile=False) as city:
        yield city


class File:
    """The node's data file as bytes. LMDB copies pages on write: what is found may lie there more than once, and all of it
    is spoilt together."""

    def __init__(self, node, village):
        self.path = node.home / "store/data.mdb"
        self.data = self.path.read_bytes()
        self.origin = bytes.fromhex(village.status()["node"]["id"])

    def headers(self):
        """Offsets by seq of the headers of the village's batches of records: magic, suite, version, log id, seq."""
        found = {}
        for match in re.finditer(b"XWBT\x01\x00\x02\x00" + re.escape(self.origin), self.data):
            at = match.start()
            if self.data[at + 40] == 3:
                found.setdefault(int.from_bytes(self.data[at + 57:at + 65], "little"), []).append(at)
        return found

    def chunk(self, headers):
        """Offsets of the first sealed chunk of a batch, by any of the places where its header seems to lie: pages given up
        keep parts of what they held."""
        return sorted({at for header in headers for at in self.chunk_of(header)})

    def chunk_of(self, header):
        """The chunk is known by its hash in the header: a value of several pages begins behind the first one's header and
        the framing's version."""
        size = int.from_bytes(self.data[header + 226:header + 230], "little")
        digest = self.data[header + 232:header + 264]
        if size > 65_536:
            return []
        return [at for at in range(17, len(self.data) - size, 4096)
                if hashlib.blake2b(b"FX1-chunk" + self.data[at:at + size], digest_size=32).digest() == digest]

    def flip(self, offsets):
        """Where the page is still what was read: a running node may have put it to another use."""
        assert offsets
        with open(self.path, "r+b") as file:
            for at in offsets:
                file.seek(at - 8)
                if file.read(16) == self.data[at - 8:at + 8]:
                    file.seek(at)
                    file.write(bytes([self.data[at] ^ 0x20]))
                    file.flush()


def start_with(node, setting):
    with open(node.home / "node.toml", "a", encoding="utf-8") as config:
        config.write(setting)
    return node.start()


def hand_in(village, kind, seed, rows=40):
    sample = c.Sample(rows=rows, kind=kind, seed=seed)
    file = village.city.file(f"{kind}{seed}.csv", sample.csv(sample.rows))
    done = village.submit(file, "xzxk" if kind == "licence" else "xzcf")
    assert done.exit == 0, done
    return village.wait_submission(done.json["id"])


def wait_healed(node, healed):
    def whole():
        scrub = node.status()["scrub"]
        return scrub["damaged"] == 0 and scrub["healed"] >= healed
    c.wait_for(f"{node.code} is whole again", whole)
    verified = node.xinwang("verify")
    assert verified.exit == 0 and verified.json["ok"], verified


def test_a_county_heals_from_below_and_above(line):
    village, county, town = line[c.VILLAGE_A], line[c.COUNTY_A], line[c.TOWNSHIP]
    for seed in (1, 2, 3):
        hand_in(village, "licence", seed)
    file = File(county, village)
    headers = file.headers()
    assert len(headers) >= 3
    # Down, and with nobody to ask, so that the list can be seen before it is empty again.
    assert county.stop() == 0 and town.stop() == 0 and line[c.CITY].stop() == 0
    # A header's `previous`, and a byte in the middle of two others' contents.
    file.flip([at + 70 for at in headers[1]])
    for seq in (0, 2):
        file.flip([at + 100 for at in file.chunk(headers[seq])])
    start_with(county, SCRUB)
    c.wait_for("the damage is listed", lambda: county.status()["scrub"]["damaged"] == 3)
    listed = county.xinwang("quarantine")
    assert listed.exit == 0 and listed.json["total"] == county.status()["scrub"]["damaged"]
    for item in listed.json["quarantine"]:
        assert item["kind"] == "damaged" and item["refusal"]["number"] == "XW-1902" and item["log"]["code"] == village.code
    assert [f for f in county.findings() if f["number"] == "XW-1931"]
    assert county.xinwang("verify").exit == 7
    damaged = listed.json["total"]
    town.start()
    line[c.CITY].start()
    wait_healed(county, damaged)
    assert county.get("/v1/quarantine")["total"] == 0


def test_a_village_gets_its_own_records_back(line):
    village = line[c.VILLAGE_A]
    records = [row["record"] for row in hand_in(village, "licence", 4)["rows_list"] if row["record"]]
    file = File(village, village)
    headers = file.headers()
    assert village.stop() == 0
    file.flip([at + 100 for at in file.chunk(headers[3])])  # of the fourth file
    start_with(village, NO_SCRUB)
    # No scrub here: a look-up meets the damage, says so instead of showing anything, and has it fetched.
    answers = [village.http("GET", f"/v1/records/{record}") for record in records]
    refused = [document for status, document in answers if status != 200]
    assert refused and {document["number"] for document in refused} == {"XW-1902"}
    wait_healed(village, 1)
    for record in records:
        assert village.get(f"/v1/records/{record}")["entries"]


def test_what_the_node_still_knows_it_writes_again(line):
    """Rows without which the next start would end: flipped under the running node, whose memory map sees the file."""
    county = line[c.COUNTY_A]
    verified = county.xinwang("verify")
    assert verified.exit == 0, verified
    file = File(county, line[c.VILLAGE_A])
    # Signature lines of notes: heads and receipts. Whole ones: behind what is left of a line that was given up lies what
    # took its place, which may be LMDB's own.
    signed = re.compile(rb"\xe2\x80\x94 xinwang/[0-9a-f]{32} (?=[A-Za-z0-9+/]{88,}=*\n)")
    places = [match.end() + 30 for match in signed.finditer(file.data)]
    file.flip(places)
    c.wait_for("the scrub has written them again", lambda: county.xinwang("verify").exit == 0)
    assert county.status()["scrub"]["lost"] == 0
    assert county.stop() == 0
    county.start()
    assert county.xinwang("verify").exit == 0
