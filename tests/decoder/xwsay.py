"""The messages of a session, as WIRE.md section 6.1 has them: one table, read in both directions.

    say("ping", nonce=7)          the body of a message
    hear(body)                    a namespace with `name` and the fields; Refused when it does not parse
"""
import struct
import types
from typing import NamedTuple

from xwdecode import LANES, Cursor, Refused, require

LANE_NUMBERS = {name: number for number, name in LANES.items()}
SESSION = (1 << 64) - 1  # the seq of a Refused that means the whole session
VERSIONS = (1, 4)


class LogId(NamedTuple):
    origin: bytes
    incarnation: bytes
    lane: int
    toward: bytes = bytes(16)

    def raw(self):
        return self.origin + self.incarnation + bytes([self.lane]) + self.toward

    def line(self):
        return f"xinwang.log/{self.origin.hex()}/{self.incarnation.hex()}/{LANES[self.lane]}/{self.toward.hex()}"


def log_of(raw):
    require(raw[32] in LANES, "lane")
    return LogId(raw[:16], raw[16:32], raw[32], raw[33:])


def text16(text):
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<H", len(raw)) + raw


# A field is a name and its form: a letter of struct, a number of bytes, or one of the names below.
REFUSAL = (("number", "H"), ("field", "text16"), ("value", "text16"), ("limit", "text16"))
MESSAGES = {
    1: ("hello", ("version_min", "H"), ("version_max", "H"), ("node", 16), ("parent", 16), ("incarnation", 16),
        ("boot_nonce", "Q"), ("hello_nonce", "Q")),
    2: ("welcome", ("version", "H"), ("node", 16), ("boot_nonce", "Q"), ("hello_nonce", "Q")),
    3: ("have", ("logs", "haves")),
    4: ("have_end",),
    5: ("piece", ("log", "log"), ("seq", "Q"), ("index", "H"), ("count", "H"), ("bytes", "bytes32")),
    6: ("held", ("log", "log"), ("size", "Q")),
    7: ("credit", ("pieces", "Q")),
    8: ("head", ("log", "log"), ("note", "text16")),
    9: ("receipt", ("log", "log"), ("ancestor", 16), ("note", "text16")),
    10: ("refused", ("log", "raw_log"), ("seq", "Q"), *REFUSAL),
    11: ("ping", ("nonce", "Q")),
    12: ("pong", ("nonce", "Q")),
    13: ("want", ("log", "log"), ("seq", "Q")),
    14: ("renew", ("request", "bytes16")),
    15: ("renew_answer", ("serial", "Q"), ("granted", "B"), ("refusal", "refusal")),
}
NUMBERS = {fields[0]: number for number, fields in MESSAGES.items()}


def write(form, value):
    if isinstance(form, int):
        if len(value) != form:
            raise ValueError(f"{form} bytes")
        return value
    if form in ("log", "raw_log"):
        return value if isinstance(value, bytes) else value.raw()
    if form in ("text16", "bytes16"):
        return text16(value)
    if form == "bytes32":
        return struct.pack("<I", len(value)) + value
    if form == "haves":
        return struct.pack("<H", len(value)) + b"".join(
            log.raw() + struct.pack("<Q", size) + last + struct.pack("<Q", confirmed)
            for log, size, last, confirmed in value)
    if form == "refusal":
        return b"".join(write(f, v) for (_, f), v in zip(REFUSAL, value)) if value else b""
    return struct.pack("<" + form, value)


def read(form, c):
    if isinstance(form, int):
        return c.raw(form)
    if form == "log":
        return log_of(c.raw(49))
    if form == "raw_log":
        return c.raw(49)
    if form == "text16":
        return c.raw(c.number("H")).decode()
    if form == "bytes16":
        return c.raw(c.number("H"))
    if form == "bytes32":
        return c.raw(c.number("I"))
    if form == "haves":
        count = c.number("H")
        require(count <= 500, "count of Have")
        return [(log_of(c.raw(49)), c.number("Q"), c.raw(32), c.number("Q")) for _ in range(count)]
    if form == "refusal":
        return [read(f, c) for _, f in REFUSAL] if c.left() else None
    return c.number(form)


def say(name, **fields):
    number = NUMBERS[name]
    return bytes([number]) + b"".join(write(form, fields[field]) for field, form in MESSAGES[number][1:])


def hear(body):
    c = Cursor(body, "message")
    number = c.number("B")
    require(number in MESSAGES, f"unknown message {number}")
    name, *forms = MESSAGES[number]
    try:
        said = types.SimpleNamespace(name=name, **{field: read(form, c) for field, form in forms})
    except UnicodeDecodeError:
        raise Refused(f"{name}: text") from None
    require(c.left() == 0 or name == "hello", f"{name} with trailing bytes")
    return said
