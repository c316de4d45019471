"""Shows that a child that was written from WIRE.md alone (tests/decoder/xwchild.py) is a node like any other at real
parents: it enrols, greets, takes what comes down, seals, is held and receipted up to the city; and that each rule it
breaks is answered by its number, after which it goes on."""
import os
import sys

import city as c
import pytest

sys.path.insert(0, str(c.SOURCE / "tests/decoder"))
import xwchild  # noqa: E402
import xwjoin  # noqa: E402
import xwsay  # noqa: E402
import xwseal  # noqa: E402
from xwdecode import Refused  # noqa: E402

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP)
TOWNSHIP_TOO = 4 | 1


class Unhurried(c.City):
    """With the timing of real nodes: this child pings as rarely as WIRE.md says."""

    @staticmethod
    def tune(node):
        pass


@pytest.fixture(scope="module")
def town():
    with Unhurried(SHAPE) as made:
        yield made


def joined(town, code=c.VILLAGE_A):
    """A village that nobody has heard of before: what was there is taken out of the net first."""
    parent = town[c.TOWNSHIP]
    if any(node["code"] == code for node in parent.get("/v1/topology?limit=1000")["nodes"]):
        assert parent.xinwang("revoke", code, "--reason", "the next test").exit == 0
    return xwchild.Child.enrol(town.invite(code)).connect().greet()


def licence(number, **changed):
    """A row of catalogue xzxk as an entry, its record id by section 2."""
    fields = ["保定市示例有限公司", "法人及非法人组织", "91130600MA0000000X"] + [""] * 27
    return xwseal.entry(**{**dict(record=xwseal.record_id("xzxk", [str(number)]), subject="91130600MA0000000X",
                                  date=20261105, row=number, catalogue="xzxk", version=1, payload=fields), **changed})


def all_confirmed(child, log):
    return lambda: child.confirmed(log.id) == log.size


def test_a_child_of_another_hand_is_held_and_receipted_by_all_above_it(town):
    child = joined(town)
    assert child.version == 4 and child.certificate.name == c.NAMES[c.VILLAGE_A]
    # What comes down: the city's directory, its catalogues, who is who.
    child.serve(lambda: len(child.catalogues) == 2)
    assert {e["catalogue"] for e in child.catalogues} == {"xzxk", "xzcf"}
    assert child.directory()[0] > 0
    for first in (0, 1000, 2000):
        log = child.publish([licence(first + i + 1) for i in range(1000)])
    child.serve(all_confirmed(child, log))
    assert not child.refusals
    assert {child.nodes[a].code for a in log.receipts} == {int(code) for code in SHAPE}
    # The city shows what it was sealed, under the id that WIRE.md makes.
    record = xwseal.record_id("xzxk", ["2001"]).hex()
    seen = c.wait_for("the record at the city", lambda: town[c.CITY].try_http("GET", f"/v1/records/{record}"))
    assert seen["entries"][0]["origin"]["code"] == c.VILLAGE_A
    child.close()


def test_a_child_that_connects_again_goes_on_where_it_was(town):
    child = joined(town)
    log = child.publish([licence(1)])
    child.serve(all_confirmed(child, log))
    child.connect().greet()
    assert child.theirs[log.id] == 1
    log = child.publish([licence(2)])
    child.serve(all_confirmed(child, log))
    # The same node from a copy that was made before the second batch: its parent knows more than it does.
    copy = xwchild.Child(child.keys, child.certificate, child.chain, child.statements, child.address)
    copy.incarnation = child.incarnation
    copy.own_log(xwchild.RECORDS).batches = log.batches[:1]
    child.close()
    with pytest.raises(Refused, match="rolled back"):
        copy.connect().greet()
    copy.incarnation, copy.logs = os.urandom(16), {}
    copy.greet()
    log = copy.publish([licence(3)])
    copy.serve(all_confirmed(copy, log))
    copy.close()


def test_who_may_not_come_in_is_told_why(town):
    code = c.VILLAGE_B
    line = town.invite(code)
    # While somebody else is expected too: else the port hears the line's own node alone once the line is used.
    assert town[c.TOWNSHIP].xinwang("invite", "130602200205", "--name", "第三村").exit == 0
    invitation = xwjoin.read_invitation(line)
    with pytest.raises(Refused, match="XW-1816"):
        invitation.mac_key = os.urandom(32)
        xwjoin.enrol(invitation, xwseal.Keys())
    with pytest.raises(Refused, match="XW-1811"):
        unknown = xwjoin.read_invitation(line)
        unknown.token_id = os.urandom(8)
        xwjoin.enrol(unknown, xwseal.Keys())
    with pytest.raises(Refused, match="XW-1818"):
        other = xwseal.Keys()
        other.open_key = xwseal.Keys().open_key  # not its own
        xwjoin.enrol(xwjoin.read_invitation(line), other)
    keys = xwseal.Keys()
    first = xwchild.Child.enrol(line, keys)
    assert xwchild.Child.enrol(line, keys).certificate.raw == first.certificate.raw  # the reply may have been lost
    with pytest.raises(Refused, match="XW-1812"):
        xwchild.Child.enrol(line)


def test_a_greeting_out_of_order_is_refused_by_its_number(town):
    child = joined(town)
    child.end_session()
    for number, changed in ((1602, dict(version_min=900, version_max=901)), (1603, dict(parent=os.urandom(16))),
                            (1605, dict(node=os.urandom(16)))):
        with pytest.raises(Refused, match=f"XW-{number}"):
            child.greet(**changed)
    # Without a session nothing but a Hello is heard.
    child.connect()
    child.say("ping", nonce=1)
    said = child.hear()
    assert (said.name, said.number, said.seq) == ("refused", 1607, xwsay.SESSION)
    child.greet()
    child.send(bytes([99]))
    assert said_of(child).number == 1601
    child.connect().greet()
    child.send(xwsay.say("ping", nonce=1) + b"\0")
    assert said_of(child).number == 1002
    child.close()


def said_of(child):
    """The first Refused that comes."""
    while True:
        said = child.hear()
        if said.name == "refused":
            return said


def spoilt(pieces, index, at):
    changed = list(pieces)
    changed[index] = bytes(b ^ (i == at) for i, b in enumerate(changed[index]))
    return changed


# Number, and what is done to a batch: arguments of seal(), or a function of its pieces.
BROKEN = [
    (1414, {}, lambda pieces: spoilt(pieces, 0, len(pieces[0]) - 1)),
    (1416, {}, lambda pieces: spoilt(pieces, 1, 0)),
    (1417, {}, lambda pieces: [pieces[0], pieces[1][:-1]]),
    (1410, {}, lambda pieces: spoilt(pieces, 0, 0)),
    (1412, {}, lambda pieces: spoilt(pieces, 0, 6)),
    (1415, {"keys": "another's"}, None),
    (1613, {"recipients": []}, None),
    (1614, {"policy": 0}, None),
]
# What only who opens a batch can see: carriers have held it by then, so it is held all the same, and the city's verdict says
# that nothing of it is in effect (test_authority_hostile.py).
RUBBISH = [
    (1421, {"commitment": b"\x05" * 32}),
    (1401, {"entries": [b"\xc0"]}),
    (1402, {"entries": [xwseal.entry(kind=99)]}),
    (1403, {"entries": [b"\x98\xcc\x01" + xwseal.entry()[2:]]}),
]


@pytest.mark.parametrize("number, arguments, change", BROKEN, ids=[str(b[0]) for b in BROKEN])
def test_a_batch_that_breaks_a_rule_is_refused_by_its_number_and_the_next_one_held(town, number, arguments, change):
    child = joined(town)
    log = child.own_log(xwchild.RECORDS)
    made = make(child, log, dict(arguments))
    pieces = change(made) if change else made
    for body in child.pieces_of(log.id, 0, pieces):
        child.send(body)
    assert said_of(child).number == number
    # Whose batch it was stands beside the finding, whatever the finding itself can say.
    finding = town[c.TOWNSHIP].wait_finding(f"XW-{number}")
    named = [f for f in town[c.TOWNSHIP].findings() if f["number"] == f"XW-{number}"]
    assert finding["log"]["code"] == c.VILLAGE_A and all(f["log"]["lane"] == "records" for f in named)
    log = child.publish([licence(1)])
    child.serve(all_confirmed(child, log))
    child.close()


@pytest.mark.parametrize("number, arguments", RUBBISH, ids=[str(b[0]) for b in RUBBISH])
def test_contents_that_are_rubbish_are_held_all_the_same(town, number, arguments):
    child = joined(town)
    arguments = dict(arguments)
    child.publish(arguments.pop("entries", [licence(1)]), **arguments)
    log = child.publish([licence(2)])
    child.serve(all_confirmed(child, log))
    child.close()


def make(child, log, arguments):
    keys = xwseal.Keys() if arguments.pop("keys", None) else child.keys
    entries = arguments.pop("entries", [licence(1)])
    policy = arguments.get("policy", TOWNSHIP_TOO)
    recipients = arguments.pop("recipients", child.audience(policy)) or child.audience(1)
    return xwseal.seal(keys, log.id, 0, bytes(32), entries, recipients, **{"policy": policy, **arguments})[1]


def test_pieces_beyond_the_credit_or_out_of_turn_end_the_session(town):
    child = joined(town)
    log = child.publish([licence(1)])
    bodies = child.pieces_of(log.id, 0, log.batches[0][1])
    child.send(bodies[1])
    assert said_of(child).number == 1609
    child.greet()
    # Begun in so many logs, and none of them finished.
    for _ in range(xwchild.WINDOW + 1):
        other = xwsay.LogId(child.node, os.urandom(16), xwchild.RECORDS)
        child.send(xwsay.say("piece", log=other, seq=0, index=0, count=2, bytes=log.batches[0][1][0]))
    assert said_of(child).number == 1608
    child.greet()
    child.serve(all_confirmed(child, log))
    child.close()


def test_a_second_history_freezes_the_child(town):
    child = joined(town)
    log = child.publish([licence(1)])
    child.serve(all_confirmed(child, log))
    other = xwseal.seal(child.keys, log.id, 1, os.urandom(32), [licence(2)], child.audience(1), policy=1)[1]
    for body in child.pieces_of(log.id, 1, other):
        child.send(body)
    assert said_of(child).number in (1612, 1631)
    with pytest.raises(Refused, match="XW-1631"):
        child.connect().greet()
    child.close()
