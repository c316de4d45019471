"""The writer's side of WIRE.md sections 3 to 5: keys, entries, batches and heads, made from nothing.

Everything that a header says can be set, so that a test can also write what no honest node would.
"""
import base64
import os
import struct
import time

import msgpack
import nacl.bindings as sodium
import zstandard

from xwdecode import CHUNK_PLAIN_MAX, PADDING, PIECE_MAX, blake, key_id

CHUNK_ENTRIES = 128
CHUNK_SEALED_MAX = 60 << 10
KIND_NUMBERS = {"publish": 1, "correct": 2, "withdraw": 3, "dispute": 4, "resolve": 5, "repair": 6, "feedback": 32}


class Keys:
    """A node's three keys (section 2): Ed25519 to sign, X25519 to open, CURVE for the connection."""

    def __init__(self, sign_seed=None, open_secret=None, transport_secret=None, open_epoch=1):
        self.sign_key, self.sign_secret = sodium.crypto_sign_seed_keypair(sign_seed or os.urandom(32))
        self.open_secret = open_secret or os.urandom(32)
        self.open_key = sodium.crypto_scalarmult_base(self.open_secret)
        self.open_epoch = open_epoch
        self.transport_secret = transport_secret or os.urandom(32)
        self.transport_key = sodium.crypto_scalarmult_base(self.transport_secret)
        self.node = node_id(self.sign_key)

    def sign(self, message):
        return sodium.crypto_sign(message, self.sign_secret)[:64]


def node_id(first_sign_key):
    return blake(b"XW-node", first_sign_key, size=16)


def record_id(catalogue, key_values):
    """Section 2: of the catalogue's id and the values of its key fields, in the order of its `key`."""
    parts = [catalogue] + [normalise_key(value) for value in key_values]
    return blake(b"xw-record", *(struct.pack("<I", len(p.encode())) + p.encode() for p in parts), size=16)


BLANKS = "\t\n\r \u00a0\u3000\ufeff"
OPEN, CLOSE = "〔[【{〖「『〈<《", "〕]】}〗」』〉>》"


def normalise_key(value):
    out = []
    for c in value:
        if 0xFF01 <= ord(c) <= 0xFF5E:
            c = chr(ord(c) - 0xFF01 + 0x21)
        if c not in BLANKS:
            out.append("(" if c in OPEN else ")" if c in CLOSE else c)
    return "".join(out)


def entry(kind="publish", record=bytes(16), subject="", date=0, row=0, catalogue="", version=0, payload=()):
    """Section 3. `kind`: a name or a number; `payload`: the fields, or the bytes of another codec."""
    payload = bytes(payload) if isinstance(payload, (bytes, bytearray)) else list(payload)
    return msgpack.packb([KIND_NUMBERS.get(kind, kind), record, subject, date, row, catalogue, version, payload])


def compress(plain):
    frame = zstandard.ZstdCompressor(level=3, write_content_size=True, write_checksum=False).compress(plain)
    # What would grow more than 200 times is stored as it is: one raw block of RFC 8878.
    return frame if len(plain) <= 200 * len(frame) else raw_frame(plain)


def raw_frame(plain):
    block = 1 | len(plain) << 3
    return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", len(plain)) + struct.pack("<I", block)[:3] + plain


def pad(text):
    return text + bytes(-len(text) % PADDING)


def chunks_of(entries):
    """[(frame, number of entries, plain bytes)]: cut by section 4.5."""
    out, at = [], 0
    while at < len(entries):
        count = min(CHUNK_ENTRIES, len(entries) - at)
        while True:
            plain = b"".join(struct.pack("<I", len(e)) + e for e in entries[at:at + count])
            frame = compress(plain) if len(plain) <= CHUNK_PLAIN_MAX or count == 1 else None
            if count == 1 or frame and len(pad(bytes(4) + frame)) + 16 <= CHUNK_SEALED_MAX:
                break
            count = (count + 1) // 2
        out.append((frame, count, len(plain)))
        at += count
    return out


def seal(keys, log, seq, previous, entries, recipients=(), policy=1, created_ms=None, directory=(0, bytes(32)), cek=None,
         signer=None, commitment=None):
    """Section 4: (batch id, [header, piece 1, piece 2, …]). `recipients`: (node id, epoch, opening key) of the audience,
    in any order; none under policy 0. `directory`: version and hash. `commitment`: another than the true one."""
    chunks = chunks_of(entries)
    created_ms = int(time.time() * 1000) if created_ms is None else created_ms
    fixed = b"XWBT" + struct.pack("<HH", 1, 2) + log.raw() + struct.pack("<Q", seq) + previous
    fixed += struct.pack("<qQ", created_ms, directory[0]) + directory[1]
    fixed += struct.pack("<HIIBH", policy, len(entries), sum(c[2] for c in chunks), 1, len(chunks))
    cek = cek or os.urandom(32)
    commitment = commitment or blake(fixed, key=blake(b"FX1-commit", key=cek))
    sealed = seal_chunks(chunks, cek, fixed, commitment)
    table = b"".join(struct.pack("<IH", len(text), count) + blake(b"FX1-chunk", text)
                     for text, (_, count, _) in zip(sealed, chunks))
    header = fixed + commitment + struct.pack("<I", sum(map(len, sealed))) + blake(b"FX1-root", table) + table
    stanzas = [stanza(cek, commitment, *r) for r in sorted(recipients)] if policy else [bytes(52) + cek + bytes(16)]
    header += struct.pack("<H", len(stanzas)) + b"".join(stanzas) + (signer or keys.sign_key)
    header += keys.sign(b"FX1-batch-sig\0" + blake(header, size=64))
    body = b"".join(sealed)
    return blake(header[:-64]), [header] + [body[i:i + PIECE_MAX] for i in range(0, len(body), PIECE_MAX)]


def seal_chunks(chunks, cek, fixed, commitment):
    key = blake(b"FX1-payload", key=cek)
    context = blake(b"FX1-aad", fixed, commitment)
    out = []
    for i, (frame, _, _) in enumerate(chunks):
        nonce = bytes(19) + struct.pack("<IB", i, i + 1 == len(chunks))
        text = pad(struct.pack("<I", len(frame)) + frame)
        out.append(sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(text, context, nonce, key))
    return out


def stanza(cek, commitment, node, epoch, open_key):
    secret = os.urandom(32)
    ephemeral = sodium.crypto_scalarmult_base(secret)
    kek = blake(b"FX1-wrap", ephemeral, open_key, struct.pack("<H", 1), node, struct.pack("<I", epoch), commitment,
                key=sodium.crypto_scalarmult(secret, open_key))
    wrapped = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(cek, b"", bytes(24), kek)
    return node + struct.pack("<I", epoch) + ephemeral + wrapped


def head(keys, log, size, root):
    """Section 5.3: a signed head, under both of its origin's names."""
    body = f"{log.line()}\n{size}\n{base64.b64encode(root).decode()}\n"
    signature = keys.sign(body.encode())
    return body + "\n" + "".join(note_line(name, 0x01, keys.sign_key, signature)
                                 for name in ("xinwang/" + keys.node.hex(), log.line()))


def cosign(keys, head_note, seconds):
    """Section 5.4: an ancestor's receipt for a head."""
    body, lines = head_note.split("\n\n")
    signature = keys.sign(f"cosignature/v1\ntime {seconds}\n{body}\n".encode())
    line = note_line("xinwang/" + keys.node.hex(), 0x04, keys.sign_key, struct.pack(">Q", seconds) + signature)
    return f"{body}\n\n{lines}{line}"


def note_line(name, kind, key, signature):
    return f"— {name} {base64.b64encode(key_id(name, kind, key) + signature).decode()}\n"
