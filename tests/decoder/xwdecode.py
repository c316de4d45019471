#!/usr/bin/python3
"""An independent reader of Xinwang's batches, heads and receipts, written from protocol/WIRE.md alone.

It shares no code with the node: Debian's python3-nacl, python3-msgpack and python3-zstandard do the primitives. Every
rule of WIRE.md sections 3 to 5 is checked; the first one broken ends with a message and exit status 1.

    xwdecode.py batch --origin-key HEX --node HEX [--secret HEX] HEADER PIECE...
    xwdecode.py head --node HEX --key HEX FILE
    xwdecode.py receipt --node HEX --key HEX FILE
"""
import argparse
import base64
import hashlib
import json
import struct
import sys

import msgpack
import nacl.bindings as sodium
import nacl.exceptions
import zstandard

FIXED = 158
CHUNK_ROW = 38
STANZA = 100
PIECE_MAX = 64 * 1024 - 512
PADDING = 64
CHUNK_PLAIN_MAX = 80 << 10
KINDS = {1: "publish", 2: "correct", 3: "withdraw", 4: "dispute", 5: "resolve", 6: "repair", 16: "enrol", 17: "rekey",
         18: "move", 19: "revoke", 20: "catalogue", 21: "directory", 22: "division",
         23: "evidence", 24: "verdict", 25: "transfer", 32: "feedback"}
LANES = {1: "trust", 2: "rights", 3: "records"}


class Refused(Exception):
    pass


def require(condition, why):
    if not condition:
        raise Refused(why)


def blake(*parts, size=32, key=b""):
    h = hashlib.blake2b(digest_size=size, key=key)
    for part in parts:
        h.update(part)
    return h.digest()


class Cursor:
    def __init__(self, data, what):
        self.data, self.at, self.what = data, 0, what

    def raw(self, size):
        require(self.at + size <= len(self.data), f"{self.what} ends early")
        self.at += size
        return self.data[self.at - size:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.raw(struct.calcsize("<" + form)))[0]

    def left(self):
        return len(self.data) - self.at


class Batch:
    """The header, parsed (section 4.2)."""

    def __init__(self, header):
        require(len(header) <= PIECE_MAX, "header too large")
        c = Cursor(header, "header")
        require(c.raw(4) == b"XWBT", "not a batch")
        require(c.number("H") == 1, "unsupported suite")
        self.version = c.number("H")
        require(self.version in (1, 2), "unsupported version")
        self.origin, self.incarnation = c.raw(16), c.raw(16)
        self.lane, self.toward = c.number("B"), c.raw(16)
        self.seq, self.previous = c.number("Q"), c.raw(32)
        self.created_ms, self.directory_version, self.directory_hash = c.number("q"), c.number("Q"), c.raw(32)
        self.policy, self.entries, self.plain_bytes = c.number("H"), c.number("I"), c.number("I")
        compression, chunks = c.number("B"), c.number("H")
        require(c.at == FIXED, "layout")
        self.fixed = header[:FIXED]
        self.commitment, self.sealed_bytes, root = c.raw(32), c.number("I"), c.raw(32)
        require(self.lane in LANES, "lane")
        require(self.seq < 1 << 63 and (self.seq == 0) == (self.previous == bytes(32)), "seq and previous")
        require(self.created_ms >= 0, "created_ms")
        require(self.policy < 16 or self.policy == 0x8000, "policy")
        require(compression == 1 and 1 <= chunks <= 512, "compression, chunks")
        require(1 <= self.entries <= 65536, "entries")
        require(5 * self.entries <= self.plain_bytes <= min(8 << 20, 200 * self.sealed_bytes), "plain_bytes")
        self.read_chunks(c, chunks, root)
        self.read_stanzas(c)
        self.unsigned_end = c.at + 32
        self.signer, self.signature = c.raw(32), c.raw(64)
        require(c.left() == 0, "trailing bytes")
        require(len(header) + self.sealed_bytes <= 1 << 20, "batch too large")
        self.id = blake(header[:self.unsigned_end])
        self.header = header

    def read_chunks(self, c, count, root):
        table = c.raw(count * CHUNK_ROW)
        require(blake(b"FX1-root", table) == root, "ciphertext_root")
        self.chunks = [struct.unpack("<IH32s", table[i:i + CHUNK_ROW]) for i in range(0, len(table), CHUNK_ROW)]
        for size, entries, _ in self.chunks:
            require(80 <= size <= 60 << 10 and (size - 16) % PADDING == 0 and entries > 0, "chunk row")
        require(sum(row[0] for row in self.chunks) == self.sealed_bytes, "sealed_bytes")
        require(sum(row[1] for row in self.chunks) == self.entries, "entries")

    def read_stanzas(self, c):
        count = c.number("H")
        require(1 <= count <= 64, "stanzas")
        self.stanzas = []
        for _ in range(count):
            self.stanzas.append((c.raw(16), c.number("I"), c.raw(32), c.raw(48)))
        names = [s[0] for s in self.stanzas]
        require(all(a < b for a, b in zip(names, names[1:])), "stanzas out of order")
        if self.policy == 0:
            name, epoch, ephemeral, wrapped = self.stanzas[0]
            require(count == 1 and name + ephemeral + wrapped[32:] == bytes(64) and epoch == 0, "open stanza")
        else:
            require(names[0] != bytes(16), "stanza for nobody")

    def verify(self, pieces, origin_key):
        require(self.signer == origin_key, "wrong signer")
        message = b"FX1-batch-sig\0" + blake(self.header[:self.unsigned_end], size=64)
        try:
            sodium.crypto_sign_open(self.signature + message, origin_key)
        except nacl.exceptions.BadSignatureError:
            raise Refused("bad signature") from None
        require([len(p) for p in pieces] == self.piece_sizes(), "pieces")
        self.sealed = []
        c = Cursor(b"".join(pieces), "pieces")
        for size, _, digest in self.chunks:
            self.sealed.append(c.raw(size))
            require(blake(b"FX1-chunk", self.sealed[-1]) == digest, "chunk damaged")

    def piece_sizes(self):
        if self.version == 2:
            full, rest = divmod(self.sealed_bytes, PIECE_MAX)
            return [PIECE_MAX] * full + [rest] * (rest > 0)
        sizes = [0]
        for size, _, _ in self.chunks:
            if sizes[-1] + size > PIECE_MAX:
                sizes.append(0)
            sizes[-1] += size
        return sizes

    def unwrap(self, node, secret):
        if self.policy == 0:
            cek = self.stanzas[0][3][:32]
        else:
            mine = [s for s in self.stanzas if s[0] == node]
            require(mine and secret, "not a recipient")
            name, epoch, ephemeral, wrapped = mine[0]
            public = sodium.crypto_scalarmult_base(secret)
            shared = sodium.crypto_scalarmult(secret, ephemeral)
            kek = blake(b"FX1-wrap", ephemeral, public, struct.pack("<H", 1), name, struct.pack("<I", epoch),
                        self.commitment, key=shared)
            cek = aead_open(wrapped, b"", bytes(24), kek, "stanza does not open")
        require(blake(self.fixed, key=blake(b"FX1-commit", key=cek)) == self.commitment, "commitment broken")
        return cek

    def open(self, cek):
        key = blake(b"FX1-payload", key=cek)
        context = blake(b"FX1-aad", self.fixed, self.commitment)
        frames, entries, plain_bytes = [], [], 0
        for i, sealed in enumerate(self.sealed):
            nonce = bytes(19) + struct.pack("<IB", i, i + 1 == len(self.sealed))
            c = Cursor(aead_open(sealed, context, nonce, key, "chunk does not open"), "chunk")
            if self.version == 1 and i == 0:
                inner = c.raw(32)
            frames.append(c.raw(c.number("I")))
            require(c.left() < PADDING and not any(c.raw(c.left())), "padding")
        if self.version == 1:
            require(blake(b"FX1-inner", self.origin, self.fixed, *frames) == inner, "inner hash broken")
        for frame, (_, count, _) in zip(frames, self.chunks):
            plain = decompress(frame)
            plain_bytes += len(plain)
            entries += split(plain, count)
        require(plain_bytes == self.plain_bytes, "plain_bytes")
        return entries


def aead_open(sealed, context, nonce, key, why):
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, context, nonce, key)
    except nacl.exceptions.CryptoError:
        raise Refused(why) from None


def decompress(frame):
    require(frame[:4] == b"\x28\xb5\x2f\xfd" and len(frame) > 5 and frame[4] & 0x3F == 0x20, "zstd frame")
    try:
        size = zstandard.frame_content_size(frame)
        require(0 <= size <= min(CHUNK_PLAIN_MAX, 200 * len(frame)), "zstd size")
        d = zstandard.ZstdDecompressor().decompressobj()
        plain = d.decompress(frame)
    except zstandard.ZstdError as e:
        raise Refused(f"zstd: {e}") from None
    require(len(plain) == size and not d.unused_data, "zstd frame")
    return plain


def split(plain, count):
    c, out = Cursor(plain, "chunk"), []
    while c.left():
        size = c.number("I")
        require(1 <= size <= 24 << 10, "entry size")
        out.append(decode_entry(c.raw(size)))
    require(len(out) == count, "entries in chunk")
    return out


def decode_entry(data):
    try:
        e = msgpack.unpackb(data, raw=False, strict_map_key=True, max_ext_len=0, max_map_len=0)
    except Exception as error:
        raise Refused(f"entry: {error}") from None
    require(isinstance(e, list) and len(e) == 8, "entry")
    kind, record, subject, date, row, catalogue, version, payload = e
    require(all(type(n) is int and 0 <= n < 1 << 32 for n in (kind, date, row, version)), "entry numbers")
    require(kind in KINDS and type(record) is bytes and len(record) == 16, "entry kind, record")
    require(type(subject) is str and type(catalogue) is str, "entry texts")
    if kind <= 6:
        require(type(payload) is list and all(type(f) is str for f in payload), "entry fields")
    else:
        require(type(payload) is bytes, "entry body")
    # One canonical form: what it encodes to again is what it was.
    require(msgpack.packb(e, use_bin_type=True) == data, "entry not canonical")
    return {"kind": KINDS[kind], "record": record.hex(), "subject": subject, "date": date, "row": row,
            "catalogue": catalogue, "catalogue_version": version,
            **({"fields": payload} if kind <= 6 else {"body": payload.hex()})}


def parse_note(text):
    require(len(text) <= 8 << 10, "note too large")
    body, found, lines = text.rpartition(b"\n\n")
    require(found and body and lines.endswith(b"\n"), "note form")
    signatures = []
    for line in lines.decode()[:-1].split("\n"):
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014", "signature line")
        raw = base64.b64decode(parts[2], validate=True)
        require(base64.b64encode(raw).decode() == parts[2] and len(raw) > 4, "signature base64")
        signatures.append((parts[1], raw[:4], raw[4:]))
    require(1 <= len(signatures) <= 16, "signatures")
    return body + b"\n", signatures


def key_id(name, kind, key):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key).digest()[:4]


def parse_checkpoint(body):
    lines = body.decode().split("\n")
    require(len(lines) == 4 and lines[3] == "", "three lines")
    origin = lines[0].split("/")
    require(len(origin) == 5 and origin[0] == "xinwang.log" and origin[3] in LANES.values(), "origin line")
    require([len(bytes.fromhex(origin[i])) for i in (1, 2, 4)] == [16] * 3 and lines[0] == lines[0].lower(), "ids")
    require(lines[1].isascii() and lines[1].isdigit() and str(int(lines[1])) == lines[1], "size")
    root = base64.b64decode(lines[2], validate=True)
    require(len(root) == 32 and base64.b64encode(root).decode() == lines[2], "root")
    return {"origin": origin[1], "incarnation": origin[2], "lane": origin[3], "toward": origin[4],
            "size": int(lines[1]), "root": root.hex()}


def check(key, message, signature):
    try:
        sodium.crypto_sign_open(signature + message, key)
    except (nacl.exceptions.BadSignatureError, ValueError):
        raise Refused("bad note signature") from None


def signature_of(signatures, node, kind, key):
    name = "xinwang/" + node.hex()
    mine = [s for n, i, s in signatures if n == name and i == key_id(name, kind, key)]
    require(mine, "not signed by " + name)
    return mine[0]


def verify_head(text, node, key):
    """By either of the origin's two names, or both."""
    body, signatures = parse_note(text)
    head = parse_checkpoint(body)
    names = ("xinwang/" + node.hex(), body.split(b"\n")[0].decode())
    mine = [s for n, i, s in signatures if n in names and i == key_id(n, 0x01, key)]
    require(mine, "not signed by " + names[0])
    for signature in mine:
        check(key, body, signature)
    require(head["origin"] == node.hex(), "wrong signer")
    return head


def verify_receipt(text, node, key):
    body, signatures = parse_note(text)
    signature = signature_of(signatures, node, 0x04, key)
    require(len(signature) == 72, "cosignature")
    seconds = int.from_bytes(signature[:8], "big")
    require(seconds < 1 << 63, "time")
    check(key, b"cosignature/v1\ntime %d\n" % seconds + body, signature[8:])
    return {**parse_checkpoint(body), "ancestor": node.hex(), "seconds": seconds}


def read(path):
    with open(path, "rb") as f:
        return f.read()


def decode_batch(header, pieces, origin_key, node, secret):
    batch = Batch(header)
    batch.verify(pieces, origin_key)
    return batch, batch.open(batch.unwrap(node, secret))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    b = commands.add_parser("batch")
    b.add_argument("--origin-key", required=True, type=bytes.fromhex)
    b.add_argument("--node", default=bytes(16), type=bytes.fromhex)
    b.add_argument("--secret", type=bytes.fromhex)
    b.add_argument("header")
    b.add_argument("pieces", nargs="+")
    for name in ("head", "receipt"):
        c = commands.add_parser(name)
        c.add_argument("--node", required=True, type=bytes.fromhex)
        c.add_argument("--key", required=True, type=bytes.fromhex)
        c.add_argument("file")
    a = parser.parse_args()
    try:
        if a.command == "batch":
            batch, entries = decode_batch(read(a.header), [read(p) for p in a.pieces], a.origin_key, a.node, a.secret)
            out = {"id": batch.id.hex(), "origin": batch.origin.hex(), "lane": LANES[batch.lane], "seq": batch.seq,
                   "entries": entries}
        else:
            out = (verify_head if a.command == "head" else verify_receipt)(read(a.file), a.node, a.key)
    except (Refused, ValueError) as e:
        print(f"refused: {e}", file=sys.stderr)
        return 1
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
