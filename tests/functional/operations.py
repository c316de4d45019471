"""What tests/crash/shim.cpp saw a process do (tests/crash/operations.h), read in Python, and the question of S6: was what
a message says on the disk before it was sent?"""
import re
import struct

(CREATE, WRITE, WRITE_SYNC, SYNC, TRUNCATE, ALLOCATE, RENAME, UNLINK, MAKE_DIR, SYNC_DIR, MARK, FRAME, ANSWER) = range(1, 14)
HEADER = struct.Struct("=BQQI")
LOG_ID_BYTES, NODE_ID_BYTES = 49, 16
# Of WIRE.md section 6.
PIECE, HELD, HEAD, RECEIPT = 5, 6, 8, 9


def read(path):
    """[(kind, file, number, bytes)]; an operation that was cut off by kill -9 is left out."""
    data, at, found = path.read_bytes(), 0, []
    while at + HEADER.size <= len(data):
        kind, file, number, size = HEADER.unpack_from(data, at)
        at += HEADER.size
        if at + size > len(data):
            break
        found.append((kind, file, number, data[at:at + size]))
        at += size
    return found


def text16(body, at):
    size = struct.unpack_from("<H", body, at)[0]
    return body[at + 2:at + 2 + size]


def promise(kind, body):
    """(name, the bytes of the store's own that a message promises to be durable), or None when it promises nothing."""
    if kind == ANSWER:
        taken = re.search(rb'"xinwang\.submitted/1".*"id": ?"([0-9a-f]{32})"|"id": ?"([0-9a-f]{32})".*"xinwang\.submitted/1"',
                          body, re.S)
        return ("submission", bytes.fromhex((taken[1] or taken[2]).decode())) if taken else None
    if kind != FRAME or len(body) < 1 + LOG_ID_BYTES:
        return None
    rest = 1 + LOG_ID_BYTES
    if body[0] == HELD:  # the log row begins with the log's id and size (FORMAT.md section 3)
        return "held", body[1:rest + 8]
    if body[0] == HEAD:
        return "head", text16(body, rest)
    if body[0] == RECEIPT:
        return "receipt", text16(body, rest + NODE_ID_BYTES)
    if body[0] == PIECE:  # sealed, stored, synced, and only then sent
        return "piece", body[rest + 8 + 2 + 2 + 4:]
    return None


class Durable:
    """The pages that a finished commit covers: written, then synced, then named by a meta page that was written through
    O_DSYNC."""

    def __init__(self):
        self.written, self.synced, self.pages = [], [], bytearray()

    def see(self, kind, data):
        if kind == WRITE:
            self.written.append(data)
        elif kind == SYNC:
            self.synced += self.written
            self.written = []
        elif kind == WRITE_SYNC:
            self.pages += b"".join(self.synced)
            self.synced = []

    def holds(self, data):
        return data in self.pages


def too_early(operations, before=b""):
    """({name: promises seen}, [promises sent before they were durable]). `before`: what the store held at the start."""
    durable, counts, early = Durable(), {}, []
    durable.pages += before
    for number, (kind, _, _, data) in enumerate(operations):
        durable.see(kind, data)
        said = promise(kind, data)
        if said:
            counts[said[0]] = counts.get(said[0], 0) + 1
            if not durable.holds(said[1]):
                early.append((number, said[0], said[1][:80]))
    return counts, early
