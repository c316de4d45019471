#!/usr/bin/python3
"""Shows that the independent decoder opens what the node's code sealed, and refuses it once a bit is changed.

Arguments: the program wire_example, a folder to write into.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import nacl.bindings as sodium  # noqa: E402
import xwdecode  # noqa: E402

program, folder = sys.argv[1:3]
COUNT = 1200
subprocess.run([program, folder, str(COUNT)], check=True)


def node_id(key):
    return xwdecode.blake(b"XW-node", key, size=16)


village = sodium.crypto_sign_seed_keypair(b"\x11" * 32)[0]
city = sodium.crypto_sign_seed_keypair(b"\x21" * 32)[0]
secret = b"\x22" * 32
header = xwdecode.read(f"{folder}/header")
pieces = []
while os.path.exists(f"{folder}/piece{len(pieces) + 1}"):
    pieces.append(xwdecode.read(f"{folder}/piece{len(pieces) + 1}"))

# Opened by the command line, for the city, for the village that made it.
command = [sys.executable, xwdecode.__file__]
for name, key in ((city, "22"), (village, "12")):
    out = subprocess.run(command + ["batch", "--origin-key", village.hex(), "--node", node_id(name).hex(), "--secret",
                                    key * 32, f"{folder}/header"] +
                         [f"{folder}/piece{i + 1}" for i in range(len(pieces))],
                         check=True, capture_output=True).stdout
    batch = json.loads(out)
    assert [e["row"] for e in batch["entries"]] == list(range(1, COUNT + 1))
    assert batch["entries"][41]["fields"] == ["保定市示例有限公司", "法人及非法人组织", "91130600MA0000000X", "",
                                              "冀保许字第42号", ""]
    assert batch["origin"] == node_id(village).hex()

# Head and receipt.
head, receipt = xwdecode.read(f"{folder}/head"), xwdecode.read(f"{folder}/receipt")
leaf = xwdecode.hashlib.sha256(b"\0" + bytes.fromhex(batch["id"])).hexdigest()
assert xwdecode.verify_head(head, node_id(village), village)["root"] == leaf
assert xwdecode.verify_receipt(receipt, node_id(city), city)["seconds"] == 1795000060
assert subprocess.run(command + ["receipt", "--node", node_id(city).hex(), "--key", city.hex(), f"{folder}/receipt"],
                      capture_output=True).returncode == 0


def must_refuse(what, *arguments):
    try:
        what(*arguments)
    except (xwdecode.Refused, ValueError):
        return
    raise SystemExit("accepted a changed " + what.__name__)


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


for bit in range(0, len(header) * 8, 13):
    must_refuse(xwdecode.decode_batch, flipped(header, bit), pieces, village, node_id(city), secret)
for bit in range(0, len(pieces[0]) * 8, 4001):
    must_refuse(xwdecode.decode_batch, header, [flipped(pieces[0], bit)] + pieces[1:], village, node_id(city), secret)
must_refuse(xwdecode.decode_batch, header, pieces, city, node_id(city), secret)
must_refuse(xwdecode.decode_batch, header, pieces, village, node_id(city), b"\x23" * 32)
# A head has two lines of its origin, and either convinces: each of them alone must hold every bit of what it signs.
end = head.index(b"\n\n") + 2
for line in head[end:].splitlines(keepends=True):
    alone = head[:end] + line
    assert xwdecode.verify_head(alone, node_id(village), village)["root"] == leaf
    for bit in range(0, len(alone) * 8, 7):
        must_refuse(xwdecode.verify_head, flipped(alone, bit), node_id(village), village)

# The command line says so by its exit status.
with open(f"{folder}/tampered", "wb") as f:
    f.write(flipped(pieces[0], 1000))
tampered = subprocess.run(command + ["batch", "--origin-key", village.hex(), "--node", node_id(city).hex(), "--secret",
                                     secret.hex(), f"{folder}/header", f"{folder}/tampered"], capture_output=True)
assert tampered.returncode == 1 and b"refused" in tampered.stderr
print("decoder: ok")
