#!/usr/bin/python3
"""A child node, written from WIRE.md alone: enrols with an invitation line, greets its parent, seals batches, offers them
until they are held, and collects receipts. A second implementation of sections 6 to 8, and a tool for tests: each step
can be done by itself, and whatever a node would never say can be sent too.

    child = Child.enrol(line)               # keys drawn, enrolled at the parent
    child.connect(); child.greet()          # a session; child.held says what the parent holds
    child.publish([entry, ...])             # sealed into the records log, for the audience of the policy
    child.serve(until=lambda: child.confirmed(child.records) == 1)
    child.send(xwsay.say("ping", nonce=1)); child.hear(5)

Keeps everything in memory: a Child is one life of a process on one disk. One thread.
"""
import argparse
import hashlib
import json
import os
import sys
import time

import zmq

import xwjoin
import xwseal
from xwdecode import Batch, Refused, require, verify_receipt
from xwsay import SESSION, VERSIONS, LogId, hear, log_of, say

TRUST, RIGHTS, RECORDS = 1, 2, 3
WINDOW = 40
PING_S = 15


def merkle_root(leaves):
    """RFC 6962 section 2.1, of batch ids (section 5.1)."""
    level = [sha(b"\0" + leaf) for leaf in leaves]
    if not level:
        return sha(b"")
    if len(level) == 1:
        return level[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:]))


def sha(data):
    return hashlib.sha256(data).digest()


class Log:
    """Batches by seq: (id, [header, pieces…])."""

    def __init__(self, log):
        self.id, self.batches = log, []
        self.heads = {}     # size -> note
        self.receipts = {}  # ancestor -> (size, note)

    @property
    def size(self):
        return len(self.batches)

    @property
    def last(self):
        return self.batches[-1][0] if self.batches else bytes(32)

    def ids(self):
        return [b[0] for b in self.batches]


class Child:
    def __init__(self, keys, certificate, chain, statements, address, context=None):
        self.keys, self.certificate, self.chain, self.statements, self.address = keys, certificate, chain, statements, address
        self.context = context or zmq.Context.instance()
        self.nodes = {c.node: c for c in [certificate, *chain]}
        self.node, self.parent = certificate.node, chain[0].node
        self.incarnation = os.urandom(16)
        self.logs, self.refusals, self.catalogues = {}, [], []
        self.moment = 0
        self.hello_nonce = 0
        self.boot_nonce = int.from_bytes(os.urandom(8), "little")
        self.socket = None
        self.end_session()

    @classmethod
    def enrol(cls, line, keys=None, name=None, seconds=20, context=None):
        keys = keys or xwseal.Keys()
        return cls(keys, *xwjoin.enrol(xwjoin.read_invitation(line), keys, name, seconds, context), context)

    # --- the connection (6.1)

    def connect(self):
        self.close()
        self.socket = xwjoin.curve_dealer(self.context, self.chain[0].transport_key, self.keys, self.address)
        return self

    def close(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None
        self.end_session()

    def send(self, body):
        self.socket.send(body)

    def say(self, name, **fields):
        self.send(say(name, **fields))

    def hear(self, seconds=10):
        """The next message; TimeoutError when there is none."""
        return hear(xwjoin.receive(self.socket, seconds))

    # --- the session (7)

    def end_session(self):
        self.version = None
        self.theirs = {}                # log -> size that the parent has stated or acknowledged
        self.begun, self.granted = 0, 0  # pieces sent, and credit for them
        self.taken, self.announced = 0, WINDOW
        self.partial = {}
        self.list_ended = False
        self.sent = {}                  # log -> next seq to send in this session

    def hello(self, **changed):
        self.hello_nonce += 1
        fields = dict(version_min=VERSIONS[0], version_max=VERSIONS[1], node=self.node, parent=self.parent,
                      incarnation=self.incarnation, boot_nonce=self.boot_nonce, hello_nonce=self.hello_nonce)
        return say("hello", **{**fields, **changed})

    def greet(self, seconds=20, **changed):
        """Says Hello every 2 s until there is a session in which the parent has ended its list. Refused with the parent's
        number when it refuses for another reason than that a node behind a move, or one that drains, would wait for."""
        end = time.monotonic() + seconds
        self.end_session()
        while time.monotonic() < end and self.version is None:
            self.send(self.hello(**changed))
            self.wait_welcome(min(2, max(0, end - time.monotonic())))
        while self.version is not None and not self.list_ended and time.monotonic() < end:
            self.take(self.hear(max(0.01, end - time.monotonic())))
        if not self.list_ended:
            raise TimeoutError("no session")
        return self

    def wait_welcome(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                said = self.hear(left)
            except TimeoutError:
                return
            if said.name == "refused" and said.seq == SESSION:
                raise Refused(f"XW-{said.number} {said.field} {said.value} {said.limit}")
            # Another nonce answers an earlier Hello.
            if said.name == "welcome" and said.hello_nonce == self.hello_nonce:
                require(said.node == self.parent, "another parent")
                self.version = said.version
                self.say("credit", pieces=WINDOW)
                self.say_holdings()
                return

    def say_holdings(self):
        logs = [(log.id, log.size, log.last, self.confirmed(log.id)) for log in self.logs.values() if log.size]
        for i in range(0, len(logs), 500):
            self.say("have", logs=logs[i:i + 500])
        self.say("have_end")

    def serve(self, until, seconds=30):
        """Takes what comes and sends what is due until the condition holds."""
        end = time.monotonic() + seconds
        next_ping = time.monotonic() + PING_S
        while not until():
            self.offer()
            now = time.monotonic()
            if now > end:
                raise TimeoutError(f"not within {seconds} s; refusals: {self.refusals}")
            if now > next_ping:
                self.say("ping", nonce=int(now))
                next_ping = now + PING_S
            try:
                self.take(self.hear(min(0.1, end - now)))
            except TimeoutError:
                pass
        return self

    def take(self, said):
        getattr(self, "on_" + said.name, lambda said: None)(said)

    def on_credit(self, said):
        self.granted = max(self.granted, said.pieces)

    def on_have_end(self, said):
        self.list_ended = True

    def on_have(self, said):
        for log, size, last, confirmed in said.logs:
            mine = self.logs.get(log)
            if log.origin == self.node and log.incarnation == self.incarnation:
                held = mine.size if mine else 0
                require(size <= held and (size < held or last == (mine.last if mine else bytes(32))), "rolled back")
            self.theirs[log] = size
            if self.goes_up(log):
                self.sent[log] = size

    def on_held(self, said):
        self.theirs[said.log] = max(said.size, self.theirs.get(said.log, 0))

    def on_refused(self, said):
        self.refusals.append(said)
        if said.seq == SESSION:
            self.end_session()
        else:
            self.sent[log_of(said.log)] = None  # stopped for the session

    def on_receipt(self, said):
        ancestor, log = self.nodes.get(said.ancestor), self.logs.get(said.log)
        require(ancestor is not None and said.log.origin == self.node, "a receipt not for us")
        receipt = verify_receipt(said.note.encode(), said.ancestor, ancestor.sign_key)
        size = receipt["size"]
        if log is None or size > log.size:
            # Of an earlier life it may come before what it is about; of the present one it tells of a memory set back.
            require(said.log.incarnation != self.incarnation, "rolled back")
            return
        require(receipt["root"] == merkle_root(log.ids()[:size]).hex(), "a receipt of another history")
        if size > log.receipts.get(said.ancestor, (0, ""))[0]:
            log.receipts[said.ancestor] = (size, said.note)

    def on_ping(self, said):
        self.say("pong", nonce=said.nonce)

    # --- what comes down (8.4)

    def on_piece(self, said):
        self.taken += 1
        pieces = self.partial.setdefault(said.log, [])
        if said.index == 0:
            pieces.clear()
        require(said.index == len(pieces), "a piece out of turn")
        pieces.append(said.bytes)
        if len(pieces) == said.count & 0x7FFF:
            self.take_batch(said.log, said.seq, self.partial.pop(said.log))
        if self.taken + WINDOW - self.announced >= 4:
            self.announced = self.taken + WINDOW
            self.say("credit", pieces=self.announced)

    def take_batch(self, log_id, seq, pieces):
        log = self.logs.setdefault(log_id, Log(log_id))
        if seq != log.size:
            return self.say("held", log=log_id, size=log.size)
        batch = Batch(pieces[0])
        origin = self.nodes.get(log_id.origin)
        require(origin is not None, "a batch of a stranger")
        batch.verify(pieces[1:], origin.sign_key)
        require(batch.seq == seq and batch.previous == log.last and batch.fixed[8:57] == log_id.raw(), "chain broken")
        log.batches.append((batch.id, pieces))
        if batch.policy == 0 or any(s[0] == self.node for s in batch.stanzas):
            for entry in batch.open(batch.unwrap(self.node, self.keys.open_secret)):
                self.take_entry(entry)
        self.say("held", log=log_id, size=log.size)

    def take_entry(self, entry):
        if entry["kind"] == "enrol":
            self.take_certificate(bytes.fromhex(entry["body"]))
        elif entry["kind"] == "catalogue":
            self.catalogues.append(entry)

    def take_certificate(self, raw):
        """Those of this node and of its ancestors: whom it seals for."""
        c = xwjoin.read_certificate(raw)
        held = self.nodes.get(c.node)
        if held is None or held.serial >= c.serial:
            return
        issuer = c if c.tier == xwjoin.CITY else self.nodes.get(c.parent)
        require(issuer is not None and (c.sign_key == held.sign_key), "a certificate of a stranger")
        xwjoin.verify_certificate(c, issuer)
        self.nodes[c.node] = c
        self.chain = [self.nodes[a.node] for a in self.chain]
        self.certificate = self.nodes[self.node]

    # --- what goes up (8)

    def goes_up(self, log):
        return log.origin == self.node and log.toward == bytes(16)

    def own_log(self, lane):
        return self.logs.setdefault(LogId(self.node, self.incarnation, lane), Log(LogId(self.node, self.incarnation, lane)))

    @property
    def records(self):
        return LogId(self.node, self.incarnation, RECORDS)

    def audience(self, policy):
        readers = [self.certificate] + [c for c in self.chain if c.tier & policy]
        return [(c.node, c.open_epoch, c.open_key) for c in readers]

    def directory(self):
        """Of the city's trust log, as far as this node holds it (4.2)."""
        for log in self.logs.values():
            if log.id.origin == self.chain[-1].node and log.id.lane == TRUST and log.id.toward == bytes(16) and log.size:
                return log.size, log.last
        return 0, bytes(32)

    def publish(self, entries, policy=3, lane=RECORDS, **changed):
        """Seals one batch into the node's own log and signs the head. `changed`: other arguments for xwseal.seal()."""
        log = self.own_log(lane)
        self.moment = max(int(time.time() * 1000), self.moment + 1)
        arguments = dict(recipients=self.audience(policy), policy=policy, created_ms=self.moment, directory=self.directory())
        batch = xwseal.seal(self.keys, log.id, log.size, log.last, entries, **{**arguments, **changed})
        log.batches.append(batch)
        log.heads[log.size] = xwseal.head(self.keys, log.id, log.size, merkle_root(log.ids()))
        return log

    def pieces_of(self, log_id, seq, pieces):
        return [say("piece", log=log_id, seq=seq, index=i, count=len(pieces), bytes=piece) for i, piece in enumerate(pieces)]

    def offer(self):
        """Sends what the parent lacks, as far as its credit goes: trust before rights before records, whole batches."""
        if not self.list_ended:
            return
        for log in sorted(self.logs.values(), key=lambda log: log.id.lane):
            if not self.goes_up(log.id) or self.sent.get(log.id, 0) is None:
                continue
            at = self.sent.get(log.id, 0)
            while at < log.size and self.begun + len(log.batches[at][1]) <= self.granted:
                for body in self.pieces_of(log.id, at, log.batches[at][1]):
                    self.send(body)
                self.begun += len(log.batches[at][1])
                at += 1
                if at in log.heads:
                    self.say("head", log=log.id, note=log.heads[at])
            self.sent[log.id] = at

    def confirmed(self, log_id):
        """The smallest of all ancestors' receipts."""
        log = self.logs.get(log_id)
        return min((log.receipts.get(c.node, (0, ""))[0] for c in self.chain), default=0) if log else 0


def main():
    parser = argparse.ArgumentParser(description="Enrols with an invitation line, publishes entries, prints the receipts.")
    parser.add_argument("line", help="the invitation")
    parser.add_argument("--records", type=int, default=1, help="so many records without content, kind publish")
    arguments = parser.parse_args()
    try:
        child = Child.enrol(arguments.line).connect().greet()
        log = child.publish([xwseal.entry(record=os.urandom(16), row=i + 1) for i in range(arguments.records)])
        child.serve(lambda: child.confirmed(log.id) == log.size)
    except (Refused, TimeoutError) as e:
        print(f"refused: {e}", file=sys.stderr)
        return 1
    json.dump({child.nodes[node].name: note for node, (_, note) in log.receipts.items()}, sys.stdout, ensure_ascii=False,
              indent=1)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
