"""What tests/crash/shim.cpp saw a process do (tests/crash/operations.h), read in Python, and the question of S6: was what
a message says on the disk before it was sent?"""
import re
import struct

(CREATE, WRITE, WRITE_SYNC, SYNC, TRUNCATE, ALLOCATE, RENAME, UNLINK, MAKE_DIR, SYNC_DIR, MARK, FRAME, ANSWER) = range(1, 14)
HEADER = struct.Struct("=BQQI")
LOG_ID_BYTES, NODE_ID_BYTES = 49, 16
SIZE_MAX = 2**32  # what follows a log's id elsewhere is text or another id
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


class Bytes:
    """A promise that these bytes are in the store."""

    def __init__(self, data):
        self.data = data

    def kept(self, durable):
        return self.data in durable.pages


class LogSize:
    """A promise that a log is held up to a size: there is a row that begins with its id and that size or a later one
    (FORMAT.md section 3). Several are found, of which only the row's own have a number behind them that can be a size."""

    def __init__(self, log, size):
        self.log, self.size = log, size

    def kept(self, durable):
        return durable.size(self.log) >= self.size


def head_size(note):
    return int(note.split(b"\n")[1])


def promise(kind, body):
    """(name, what must be durable before a message is sent), or None when it promises nothing."""
    if kind == ANSWER:
        taken = re.search(rb'"xinwang\.submitted/1".*"id": ?"([0-9a-f]{32})"|"id": ?"([0-9a-f]{32})".*"xinwang\.submitted/1"',
                          body, re.S)
        return ("submission", Bytes(bytes.fromhex((taken[1] or taken[2]).decode()))) if taken else None
    if kind != FRAME or len(body) < 1 + LOG_ID_BYTES:
        return None
    rest, log = 1 + LOG_ID_BYTES, body[1:1 + LOG_ID_BYTES]
    if body[0] == HELD:
        return "held", LogSize(log, struct.unpack_from("<Q", body, rest)[0])
    if body[0] == HEAD:
        return "head", LogSize(log, head_size(text16(body, rest)))
    if body[0] == RECEIPT:
        return "receipt", LogSize(log, head_size(text16(body, rest + NODE_ID_BYTES)))
    if body[0] == PIECE:  # sealed, stored, synced, and only then sent
        return "piece", Bytes(body[rest + 8 + 2 + 2 + 4:])
    return None


class Durable:
    """The pages that a finished commit covers: written, then synced, then named by a meta page that was written through
    O_DSYNC."""

    def __init__(self):
        self.written, self.synced, self.pages = [], [], bytearray()
        self.sizes = {}  # log: (size, how far the pages were searched for it)

    def see(self, kind, data):
        if kind == WRITE:
            self.written.append(data)
        elif kind == SYNC:
            self.synced += self.written
            self.written = []
        elif kind == WRITE_SYNC:
            self.pages += b"".join(self.synced)
            self.synced = []

    def size(self, log):
        size, at = self.sizes.get(log, (0, 0))
        while (at := self.pages.find(log, at)) >= 0 and at + LOG_ID_BYTES + 8 <= len(self.pages):
            found = struct.unpack_from("<Q", self.pages, at + LOG_ID_BYTES)[0]
            size = max(size, found) if found < SIZE_MAX else size
            at += LOG_ID_BYTES
        self.sizes[log] = size, max(0, len(self.pages) - LOG_ID_BYTES - 8)
        return size


def too_early(operations, before=b""):
    """({name: promises seen}, [promises sent before they were durable]). `before`: what the store held at the start."""
    durable, counts, early = Durable(), {}, []
    durable.pages += before
    for number, (kind, _, _, data) in enumerate(operations):
        durable.see(kind, data)
        said = promise(kind, data)
        if said:
            counts[said[0]] = counts.get(said[0], 0) + 1
            if not said[1].kept(durable):
                early.append((number, said[0], data[:80]))
    return counts, early
