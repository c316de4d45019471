"""The writing side of what xwdecode.py reads, from protocol/WIRE.md alone: entries, open batches, heads. For tests
that speak as a node does; it shares no code with the node."""
import base64
import hashlib
import os
import struct
import time

import msgpack
import nacl.bindings as sodium
import zstandard

PIECE_MAX = 64 * 1024 - 512
PADDING = 64
LANES = {1: "trust", 2: "rights", 3: "records"}


def blake(*parts, size=32, key=b""):
    h = hashlib.blake2b(digest_size=size, key=key)
    for part in parts:
        h.update(part)
    return h.digest()


def node_id(first_sign_key):
    return blake(b"XW-node", first_sign_key, size=16)


def log_id(origin, life, lane, toward=bytes(16)):
    return origin + life + bytes([lane]) + toward


def origin_line(log):
    return f"xinwang.log/{log[:16].hex()}/{log[16:32].hex()}/{LANES[log[32]]}/{log[33:].hex()}"


def entry(kind, record=bytes(16), payload=b""):
    return msgpack.packb([kind, record, "", 0, 0, "", 0, payload], use_bin_type=True)


def _header(sign, fixed, commitment, chunks, stanzas, spoil):
    """`chunks`: (sealed bytes, entries). `spoil`: with a false signature."""
    table = b"".join(struct.pack("<IH", len(sealed), entries) + blake(b"FX1-chunk", sealed) for sealed, entries in chunks)
    body = fixed + commitment + struct.pack("<I", sum(len(sealed) for sealed, _ in chunks)) + blake(b"FX1-root", table)
    body += table + struct.pack("<H", len(stanzas)) + b"".join(stanzas) + bytes(sign.verify_key)
    signature = os.urandom(32) + bytes(32) if spoil else sign.sign(b"FX1-batch-sig\0" + blake(body, size=64)).signature
    return body + signature


def _fixed(log, seq, previous, entries, plain_bytes, chunks, policy=0):
    return (b"XWBT" + struct.pack("<HH", 1, 2) + log + struct.pack("<Q", seq) + previous +
            struct.pack("<qQ", int(time.time() * 1000), 1) + bytes(32) + struct.pack("<HII", policy, entries, plain_bytes) +
            struct.pack("<BH", 1, chunks))


def _open_stanza(cek):
    return bytes(16) + struct.pack("<I", 0) + bytes(32) + cek + bytes(16)


def cut(sealed):
    return [sealed[at:at + PIECE_MAX] for at in range(0, len(sealed), PIECE_MAX)]


def open_batch(sign, log, seq, previous, entries):
    """Header and pieces of a batch of one chunk under policy 0, which everybody may read."""
    plain = b"".join(struct.pack("<I", len(e)) + e for e in entries)
    fixed = _fixed(log, seq, previous, len(entries), len(plain), 1)
    cek = os.urandom(32)
    commitment = blake(fixed, key=blake(b"FX1-commit", key=cek))
    frame = zstandard.ZstdCompressor(write_content_size=True, write_checksum=False).compress(plain)
    text = struct.pack("<I", len(frame)) + frame
    text += bytes(-len(text) % PADDING)
    nonce = bytes(19) + struct.pack("<IB", 0, 1)
    sealed = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(
        text, blake(b"FX1-aad", fixed, commitment), nonce, blake(b"FX1-payload", key=cek))
    return [_header(sign, fixed, commitment, [(sealed, len(entries))], [_open_stanza(cek)], False), *cut(sealed)]


FILLER_CHUNK = 61_392  # the largest that a sealed chunk may have: 64 n + 16


def filler_batch(sign, log, chunks=15):
    """Of the right shape, and full of nothing: for a batch that is refused before anybody opens it."""
    pieces = cut(os.urandom(chunks * FILLER_CHUNK))
    return [filler_header(sign, log, pieces), *pieces]


def filler_header(sign, log, pieces, false_signature=False):
    sealed = b"".join(pieces)
    rows = [(sealed[at:at + FILLER_CHUNK], 1) for at in range(0, len(sealed), FILLER_CHUNK)]
    fixed = _fixed(log, 0, bytes(32), len(rows), 100 * len(rows), len(rows))
    return _header(sign, fixed, bytes(32), rows, [_open_stanza(bytes(32))], false_signature)


def batch_id(header):
    return blake(header[:-64])


def root_of_one(header):
    return hashlib.sha256(b"\0" + batch_id(header)).digest()


def note(sign, log, size, root):
    body = f"{origin_line(log)}\n{size}\n{base64.b64encode(root).decode()}\n".encode()
    public = bytes(sign.verify_key)
    name = b"xinwang/" + node_id(public).hex().encode()
    key_id = hashlib.sha256(name + b"\n\x01" + public).digest()[:4]
    line = base64.b64encode(key_id + sign.sign(body).signature)
    return body + b"\n" + "— ".encode() + name + b" " + line + b"\n"


def message_head(kind, sign, log, size, root):
    text = note(sign, log, size, root)
    return bytes([kind]) + log + struct.pack("<H", len(text)) + text
