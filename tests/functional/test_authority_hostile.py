# Shows: an enrolled node that seals whatever it likes changes nothing. A second implementation of the child's side
# (tests/decoder/xwchild.py) stands in for a village that has turned hostile; each of its batches is held by all above it, ends
# as a verdict with its reason in the city's log toward it, and neither the record nor the province's packages change.
import os
import struct
import sys
import tomllib

import city as c
from test_authority import at_city, hand_in, packages

sys.path.insert(0, str(c.SOURCE / "tests/decoder"))
import xwchild  # noqa: E402
import xwseal  # noqa: E402


def parse_verdict(body):
    """WIRE.md section 8.8: (log id, first, end, [(number, field, value, limit, ranges)])."""
    at = 50 + 8 + 8 + 2 + 1 + 8
    first, end = struct.unpack_from("<QQ", body, 50)
    groups = []

    def text():
        nonlocal at
        (size,) = struct.unpack_from("<H", body, at)
        at += 2 + size
        return body[at - size:at].decode()
    (count,) = struct.unpack_from("<H", body, at)
    at += 2
    for _ in range(count):
        (number,) = struct.unpack_from("<H", body, at)
        at += 2
        texts = [text(), text(), text()]
        (ranges,) = struct.unpack_from("<H", body, at)
        at += 2
        groups.append((number, *texts, [struct.unpack_from("<HH", body, at + 4 * i) for i in range(ranges)]))
        at += 4 * ranges
    assert at == len(body)
    return body[1:50], first, end, groups


class Hostile(xwchild.Child):
    verdicts = None

    def take_entry(self, entry):
        super().take_entry(entry)
        if entry["kind"] == "verdict":
            log, first, end, groups = parse_verdict(bytes.fromhex(entry["body"]))
            self.verdicts = self.verdicts or {}
            for seq in range(first, end):
                self.verdicts.setdefault((log, seq), []).extend(groups)

    def told(self, entries, **lies):
        """Publishes one batch and waits for all receipts and for the city's verdict: its numbers, none when in effect."""
        log = self.publish(entries, **lies)
        key = (log.id.raw(), log.size - 1)
        self.serve(lambda: self.confirmed(log.id) == log.size and key in (self.verdicts or {}))
        return [group[0] for group in self.verdicts[key]]


def test_a_hostile_village_has_no_effect():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)) as town:
        sample = c.Sample(4, seed=21)
        rows = sample.tagged("保竞敌", 1)
        held = hand_in(town[c.VILLAGE_A], "a.csv", sample.csv(rows))
        record = bytes.fromhex(held["rows_list"][0]["record"])
        document = town[c.CITY].get(f"/v1/records/{record.hex()}")
        catalogue = tomllib.loads((c.SOURCE / "deploy/catalogues/xzxk.toml").read_text(encoding="utf-8"))
        codes = [field["code"] for field in catalogue["field"]]
        values = {field["code"]: field["value"] for field in document["entries"][0]["fields"]}
        fields = [values.get(code, "") for code in codes]
        key = [values[code] if code in catalogue["key"] else "" for code in codes]
        about = dict(record=record, subject=document["subject"], date=int(document["entries"][0]["date"]), catalogue="xzxk",
                     version=catalogue["version"])

        child = Hostile.enrol(town.invite(c.VILLAGE_B)).connect().greet(version_max=5)
        wrong = [value if code in catalogue["key"] else "敌" for code, value in zip(codes, fields)]
        assert child.told([xwseal.entry("withdraw", payload=[*key, "重复"], **about)]) == [2303]
        assert child.told([xwseal.entry("correct", payload=fields, **about)], lane=xwchild.RIGHTS) == [2303]
        assert child.told([xwseal.entry("publish", payload=fields, **about)]) == [2300]
        assert child.told([xwseal.entry("correct", payload=fields, **about)], created_ms=2**63 - 1) == [2311]
        child.moment = 0
        assert child.told([xwseal.entry("correct", payload=fields, **{**about, "record": os.urandom(16)})]) == [2305]
        assert child.told([xwseal.entry("correct", payload=wrong, **about)]) != []
        assert child.told([xwseal.entry("publish", payload=fields, **{**about, "catalogue": "nosuch"})]) == [2027]
        assert child.told([b"\x00" * 40]) == [1401]
        assert child.told([xwseal.entry("publish", payload=fields, **about)], commitment=os.urandom(32)) == [1421]
        assert child.told([xwseal.entry("publish", payload=fields, **about)], policy=2) == [2316]
        assert child.told([xwseal.entry(32, payload=b"accepted")]) == [2308]
        assert at_city(town, record.hex()) == (c.VILLAGE_A, "publish")
        assert town[c.VILLAGE_A].submission(held["id"])["judged"]["in_effect"] == 1
        assert rows[0]["决定文书号"] in packages(town)
