#!/usr/bin/python3
"""A child that has turned against its parent: it speaks the real protocol (protocol/WIRE.md) with the keys of a node
that was really enrolled and is not run, and does one thing without end.

    hostile_child.py ATTACK DIRECTORY PARENT-ADDRESS PARENT-KEY PARENT-NODE SECONDS

It shares no code with the node. Ends after so many seconds, or with the connection when the attack keeps to one.
Prints one line of JSON, also when it is terminated: what it did, and with what numbers it was refused."""
import json
import os
import pathlib
import signal
import socket
import struct
import sys
import time

import nacl.bindings as sodium
import nacl.signing
import hostile_seal
import zmq
import zmq.utils.z85 as z85
from raw_link import RawLink

HELLO, WELCOME, HAVE, HAVE_END, PIECE, HELD, CREDIT, HEAD, RECEIPT, REFUSED, PING, PONG, WANT, RENEW = range(1, 15)
NO_SEQ = (1 << 64) - 1
NOBODY = bytes(16)
TRUST, RIGHTS, RECORDS = 1, 2, 3


class Child:
    """One connection, and the words of the protocol."""

    def __init__(self, home, address, parent_key, parent):
        home = pathlib.Path(home)
        self.sign = nacl.signing.SigningKey(bytes.fromhex((home / "keys/sign").read_text().strip()))
        self.secret = bytes.fromhex((home / "keys/transport").read_text().strip())
        self.public = sodium.crypto_scalarmult_base(self.secret)
        self.node = hostile_seal.node_id(bytes(self.sign.verify_key))
        self.address, self.parent_key, self.parent = address, parent_key, parent
        self.life = os.urandom(16)
        self.context = zmq.Context.instance()
        self.socket = None
        self.nonce = 0
        self.refused = {}
        self.said = 0

    def connect(self):
        if self.socket is not None:
            self.socket.close(0)
        self.socket = self.context.socket(zmq.DEALER)
        self.socket.curve_publickey = z85.encode(self.public)
        self.socket.curve_secretkey = z85.encode(self.secret)
        self.socket.curve_serverkey = z85.encode(self.parent_key)
        self.socket.linger = 0
        self.socket.sndhwm = 64
        self.socket.reconnect_ivl = 100
        self.socket.connect(self.address)
        return self

    def say(self, body, wait_ms=2000):
        """False when the parent takes nothing more."""
        if not self.socket.poll(wait_ms, zmq.POLLOUT):
            return False
        self.socket.send(body)
        self.said += 1
        return True

    def hear(self, wait_ms=0):
        """The next message; refusals are counted on the way."""
        if not self.socket.poll(wait_ms, zmq.POLLIN):
            return None
        body = self.socket.recv()
        if body[0] == REFUSED:
            number = struct.unpack_from("<H", body, 1 + 49 + 8)[0]
            self.refused[number] = self.refused.get(number, 0) + 1
        return body

    def listen(self):
        """False when the session is over: whoever goes on greets anew."""
        over = self.refused.get(1607, 0) + self.refused.get(1608, 0)
        while self.hear() is not None:
            pass
        return self.refused.get(1607, 0) + self.refused.get(1608, 0) == over

    def hello(self):
        self.nonce += 1
        return struct.pack("<BHH", HELLO, 1, 4) + self.node + self.parent + self.life + struct.pack(
            "<QQ", 7, self.nonce)

    def greet(self, seconds=10):
        """True once welcomed; False when it is not in time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.say(self.hello(), 500)
            until = time.monotonic() + 1
            while time.monotonic() < until:
                body = self.hear(200)
                if body and body[0] == WELCOME:
                    return True
                if body and body[0] == REFUSED:
                    break
        return False

    def resume(self):
        self.say(credit(1 << 40))
        return self.say(bytes([HAVE_END]))

    def log(self, life=None, lane=TRUST, origin=None, toward=NOBODY):
        return hostile_seal.log_id(origin or self.node, life or os.urandom(16), lane, toward)


def credit(pieces):
    return struct.pack("<BQ", CREDIT, pieces)


def have(logs, size=0):
    row = struct.pack("<Q", size) + bytes(32) + struct.pack("<Q", 0)
    return struct.pack("<BH", HAVE, len(logs)) + b"".join(log + row for log in logs)


def piece(log, seq, index, count, data):
    return bytes([PIECE]) + log + struct.pack("<QHHI", seq, index, count, len(data)) + data


def pieces_of(log, batch):
    return [piece(log, 0, i, len(batch), data) for i, data in enumerate(batch)]


def text16(text):
    data = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<H", len(data)) + data


def refused(log, seq, number=1602):
    return bytes([REFUSED]) + log + struct.pack("<QH", seq, number) + text16("a") + text16(os.urandom(8).hex()) + text16("")


# --- attacks: each does its worst until `end`; welcomed again when it was cut

def session(child, end):
    """Welcomed, or the time is over."""
    while time.monotonic() < end:
        child.connect()
        if child.greet(min(5, max(0.5, end - time.monotonic()))):
            return True
        time.sleep(0.5)
    return False


def names(origin_of):
    """Names logs of random lives, in Have after Have."""
    def attack(child, end, before):
        while session(child, end):
            if not before:
                child.resume()
            last_credit = time.monotonic()
            while time.monotonic() < end:
                origin = origin_of(child)
                logs = [child.log(origin=origin, lane=TRUST) for _ in range(500)]
                if not child.say(have(logs, size=1)):
                    break
                child.listen()
                if time.monotonic() - last_credit > 10:
                    last_credit = time.monotonic()
                    child.say(credit(int(last_credit)))
    return attack


def have_after_end(child, end):
    names(lambda c: c.parent)(child, end, before=False)


def have_without_end(child, end):
    names(lambda c: c.node)(child, end, before=True)


def false_signatures(child, end):
    """Batches of 900 KB with a false signature, each of a new life."""
    _, *rest = hostile_seal.filler_batch(child.sign, child.log())
    while session(child, end):
        child.resume()
        while time.monotonic() < end:
            log = child.log()
            header = hostile_seal.filler_header(child.sign, log, rest, false_signature=True)
            if not all(child.say(body) for body in pieces_of(log, [header, *rest])) or not child.listen():
                break


def one_batch_logs(child, end):
    """Valid logs of one batch without end."""
    while session(child, end):
        child.resume()
        while time.monotonic() < end:
            log = child.log()
            batch = hostile_seal.open_batch(child.sign, log, 0, bytes(32), [hostile_seal.entry(16, payload=os.urandom(64))])
            if not all(child.say(body) for body in pieces_of(log, batch)):
                break
            child.say(hostile_seal.message_head(HEAD, child.sign, log, 1, hostile_seal.root_of_one(batch[0])))
            child.listen()


def words_for_random_logs(child, end):
    """Held, Refused and signed heads for logs that nobody has."""
    while session(child, end):
        child.resume()
        while time.monotonic() < end:
            log = child.log()
            words = [bytes([HELD]) + log + struct.pack("<Q", 5), refused(child.log(), 3),
                     hostile_seal.message_head(HEAD, child.sign, log, 3, os.urandom(32))]
            if not all(child.say(body) for body in words):
                break
            child.listen()


def endless_message(child, end):
    """A message of many parts that never ends, of a connection that has greeted."""
    part = bytes(16_000)
    while time.monotonic() < end:
        try:
            link = RawLink(child.address, child.parent_key, child.public, child.secret)
        except OSError:  # cut, and outside for a while
            time.sleep(0.2)
            continue
        try:
            link.send(child.hello())
            while time.monotonic() < end:
                link.send(part, more=True)
                child.said += 1
        except OSError:
            pass
        link.close()


def half_open(child, end):
    """TCP connections that say nothing, as many as there may be."""
    host, port = child.address.removeprefix("tcp://").rsplit(":", 1)
    held = []
    while time.monotonic() < end:
        while len(held) < 600:
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex((host, int(port)))
            held.append(connection)
            child.said += 1
        time.sleep(0.05)
        alive = []
        for connection in held:
            try:
                gone = connection.recv(64, socket.MSG_PEEK) == b""
            except BlockingIOError:
                gone = False
            except OSError:
                gone = True
            if gone:
                connection.close()
            else:
                alive.append(connection)
        held = alive


def flood(make):
    def attack(child, end):
        while session(child, end):
            child.resume()
            while time.monotonic() < end:
                if not all(child.say(make(child)) for _ in range(200)) or not child.listen():
                    break
    return attack


def hellos(child, end):
    """Greets without end: each is answered with the whole list of logs."""
    while time.monotonic() < end:
        child.connect()
        for _ in range(2000):
            if time.monotonic() > end or not child.say(child.hello(), 500):
                break
            child.listen()


def reads_nothing(child, end):
    """Asks for everything again and again, and reads nothing of what comes."""
    log = None
    while session(child, end):
        child.resume()
        body = child.hear(1000)
        while body and body[0] != HAVE:
            body = child.hear(1000)
        log = body[3:52] if body else log
        while time.monotonic() < end and child.say(have([log] * 400) if log else credit(1)):
            pass


def renewals(child, end):
    """Asks for a certificate a thousand times a second."""
    flood(lambda c: bytes([RENEW]) + text16(os.urandom(600)))(child, end)


def contradictory_head(child, end):
    """One log, two heads of one size."""
    if not session(child, end):
        return
    child.resume()
    log = child.log(life=child.life)
    batch = hostile_seal.open_batch(child.sign, log, 0, bytes(32), [hostile_seal.entry(16, payload=b"x")])
    for body in pieces_of(log, batch):
        child.say(body)
    child.say(hostile_seal.message_head(HEAD, child.sign, log, 1, hostile_seal.root_of_one(batch[0])))
    until = time.monotonic() + 10
    while time.monotonic() < until:
        body = child.hear(500)
        if body and body[0] == RECEIPT:
            break
    child.say(hostile_seal.message_head(HEAD, child.sign, log, 1, os.urandom(32)))
    time.sleep(1)
    child.listen()


ATTACKS = {
    "have_after_end": have_after_end,
    "have_without_end": have_without_end,
    "endless_message": endless_message,
    "half_open": half_open,
    "false_signatures": false_signatures,
    "words_for_random_logs": words_for_random_logs,
    "one_batch_logs": one_batch_logs,
    "contradictory_head": contradictory_head,
    # Five more.
    "hellos": hellos,
    "pings": flood(lambda c: struct.pack("<BQ", PING, 1)),
    "no_messages": flood(lambda c: b"\xff" + os.urandom(200)),
    "wants": flood(lambda c: bytes([WANT]) + c.log() + struct.pack("<Q", 0)),
    "renewals": renewals,
    "reads_nothing": reads_nothing,
    "gaps": flood(lambda c: piece(c.log(), 5, 0, 2, b"x") ),
}


def main():
    attack, home, address, key, parent, seconds = sys.argv[1:7]
    child = Child(home, address, bytes.fromhex(key), bytes.fromhex(parent))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        ATTACKS[attack](child, time.monotonic() + float(seconds))
    finally:
        print(json.dumps({"said": child.said, "refused": child.refused}))


if __name__ == "__main__":
    main()
