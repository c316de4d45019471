#!/usr/bin/python3
"""Shows that WIRE.md suffices: every example in it is made again, or read and verified, by the second implementation
from the keys that the text names. Argument: WIRE.md.
"""
import os
import re
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nacl.bindings as sodium  # noqa: E402
import xwdecode  # noqa: E402
import xwjoin  # noqa: E402
import xwsay  # noqa: E402
import xwseal  # noqa: E402

with open(sys.argv[1], encoding="utf-8") as file:
    WIRE = file.read()
USED = set()


def text(name):
    USED.add(name)
    return re.search(rf"```text {name}\n(.*?)```", WIRE, re.S)[1]


def block(name):
    USED.add(name)
    return bytes.fromhex("".join(re.search(rf"```hex {name}\n(.*?)```", WIRE, re.S)[1].split()))


def numbered(n):
    """A node of the table of section 9.1. Its transport key is no key: nobody has the secret."""
    keys = xwseal.Keys(bytes([n]) * 32, bytes([n]) * 32)
    keys.transport_key = bytes([n]) * 32
    return keys


village, city = xwseal.Keys(b"\x11" * 32, b"\x12" * 32), xwseal.Keys(b"\x21" * 32, b"\x22" * 32)
log = xwsay.LogId(village.node, b"\x13" * 16, 3)


def sections_2_to_5():
    assert block("node-id") == village.node
    assert block("log-id") == log.raw() and xwsay.log_of(log.raw()) == log
    values = ("11130600MB0000000X", "冀保许字〔2026〕第 1 号", "保定市示例有限公司")
    assert block("record-id") == xwseal.record_id("xzxk", values)
    fields = ("保定市示例有限公司", "法人及非法人组织", "91130600MA0000000X", "", "冀保许字第1号", "")
    assert block("entry") == xwseal.entry(record=b"\xa1" * 16, subject="91130600MA0000000X", date=20261105, row=1,
                                          catalogue="licence", version=1, payload=fields)
    for version in ("", "-of-version-1"):
        header, piece = block("batch-header" + version), block("batch-piece-1" + version)
        for reader in (village, city):
            batch, entries = xwdecode.decode_batch(header, [piece], village.sign_key, reader.node, reader.open_secret)
            assert [e["row"] for e in entries] == [1, 2]
    batch_id = block("batch-id")
    head = xwseal.head(village, log, 1, xwdecode.hashlib.sha256(b"\0" + batch_id).digest())
    assert text("head") == head
    assert text("receipt") == xwseal.cosign(city, head, 1795000060)
    assert xwdecode.verify_head(head.encode(), village.node, village.sign_key)["size"] == 1
    assert xwdecode.verify_receipt(text("receipt").encode(), city.node, city.sign_key)["seconds"] == 1795000060


def what_the_city_says():
    """Sections 8.8 and 8.9."""
    def text16(said):
        return struct.pack("<H", len(said.encode())) + said.encode()

    group = struct.pack("<H", 2303) + text16("130602001001") + text16("2026-11-05") + text16("withdraw") + struct.pack("<HHH", 1, 1, 1)
    assert block("verdict") == b"\1" + log.raw() + struct.pack("<QQHBqH", 0, 1, 0, 1, 1795000120000, 1) + group
    assert block("transfer") == b"\1" + city.node + village.node + b"\x5a" * 16 + struct.pack("<q", 1795000180000) + \
        text16("licence") + text16("") + text16("镇机构改革")


def messages():
    behind = {"message-piece": block("batch-piece-1"), "message-head": text("head").encode(),
              "message-receipt": text("receipt").encode()}
    for name in re.findall(r"```hex (message-\S+)", WIRE):
        body = block(name) + behind.get(name, b"")
        said = xwsay.hear(body)
        assert xwsay.say(said.name, **{f: v for f, v in vars(said).items() if f != "name"}) == body, name


def coming_in():
    hill, county, child = numbered(4), numbered(2), numbered(30)
    certificate = xwjoin.read_certificate(block("certificate"))
    assert (certificate.node, certificate.parent) == (numbered(6).node, hill.node)
    xwjoin.signed_by(hill.sign_key, b"XW-certificate", certificate.signed, certificate.signature)
    statement = xwjoin.read_statement(block("directory-statement"))
    assert xwjoin.verify_statements([statement], block("root-id")) is statement
    assert statement.city.node == numbered(1).node
    move = block("move")
    xwjoin.signed_by(county.sign_key, b"XW-move", move[:-64], move[-64:])
    invitation = xwjoin.read_invitation(text("invitation"))
    assert (invitation.parent, invitation.root_id) == (hill.node, block("root-id"))
    hello, challenge = block("enrol-hello"), block("enrol-challenge")
    assert hello[1:] == invitation.token_id + invitation.code.to_bytes(8, "little")
    assert challenge[1:] == sodium.crypto_scalarmult_base(b"\x64" * 32)
    request = xwjoin.request_of(invitation, child, invitation.name, hello[1:], challenge[1:])
    assert block("enrol-request") == bytes([35]) + request


sections_2_to_5()
what_the_city_says()
messages()
coming_in()
left = set(re.findall(r"```(?:hex|text) (\S+)", WIRE)) - USED
assert left == {"division-entry"}, left  # a list of codes and names: nothing of it is a child's
print("examples: ok")
