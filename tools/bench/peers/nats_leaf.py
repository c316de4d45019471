#!/usr/bin/python3
"""NATS: a leaf node with a JetStream file stream, and a hub with TLS whose stream mirrors it. One client publishes to the
leaf without waiting for each acknowledgement, as nats.go's PublishAsync does; the clock runs from its first message until
the hub's stream holds all of them."""

import base64
import json
import socket
import struct
import time

import measure

STREAM, SUBJECT = "records", b"records.xzxk"
WINDOW = 4000  # unacknowledged messages: nats.go's default
BLOCK = 250    # messages for each write to the socket

HUB = """
server_name: hub
listen: "127.0.0.1:{client}"
jetstream {{ store_dir: "{store}", domain: hub, max_file_store: 1TB }}
leafnodes {{ listen: "127.0.0.1:{leaf}", tls {{ cert_file: "{cert}", key_file: "{key}" }} }}
"""
LEAF = """
server_name: leaf
listen: "127.0.0.1:{client}"
jetstream {{ store_dir: "{store}", domain: leaf, max_file_store: 1TB }}
leafnodes {{ remotes: [ {{ url: "tls://127.0.0.1:{leaf}", tls {{ ca_file: "{cert}" }} }} ] }}
"""


class Client:
    """One connection, the plain protocol."""

    def __init__(self, name, port):
        self.inbox = f"_INBOX.{name}"  # subjects reach across the leaf node: each client has its own
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.heard = b""
        self.socket.sendall(b'CONNECT {"verbose":false,"pedantic":false,"protocol":1}\r\n'
                            + f"SUB {self.inbox}.* 1\r\n".encode())

    def hear(self):
        got = self.socket.recv(1 << 20)
        if not got:
            raise SystemExit("nats-server closed the connection")
        self.heard += got
        if b"PING\r\n" in got:
            self.socket.sendall(b"PONG\r\n")

    def ask(self, subject, document=None):
        body = b"" if document is None else json.dumps(document).encode()
        self.heard = b""
        self.socket.sendall(f"PUB {subject} {self.inbox}.ask {len(body)}\r\n".encode() + body + b"\r\n")
        while True:
            at = self.heard.find(b"MSG ")
            end = self.heard.find(b"\r\n", at)
            if at >= 0 and end >= 0:
                size = int(self.heard[at:end].split()[-1])
                if len(self.heard) >= end + 2 + size:
                    return json.loads(self.heard[end + 2:end + 2 + size])
            self.hear()

    def js(self, verb, document=None):
        found = self.ask("$JS.API." + verb, document)
        if "error" in found:
            raise SystemExit(f"nats {verb}: {found['error']}")
        return found

    def publish(self, blocks):
        """All messages; returns when the last one is acknowledged. Each block is (count, bytes on the wire)."""
        self.heard = b""
        sent = acknowledged = 0
        for count, frame in blocks:
            self.socket.sendall(frame)
            sent += count
            while sent - acknowledged > WINDOW - BLOCK:
                acknowledged += self.acknowledgements()
        while acknowledged < sent:
            acknowledged += self.acknowledgements()

    def acknowledgements(self):
        """Waits for more; how many came whole. One is `MSG SUBJECT 1 SIZE` and {"stream":"records", "seq":N} on a line."""
        self.hear()
        whole, mark, rest = self.heard.rpartition(b"}\r\n")
        self.heard = rest
        if b'"error"' in whole:
            raise SystemExit(f"nats refused a message: {whole[-500:]}")
        return whole.count(b'"seq":')


def entries_of(path):
    data = memoryview(path.read_bytes())
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from("<I", data, at)
        yield data[at + 4:at + 4 + size]
        at += 4 + size


def prepare(client, entries):
    """The client's bytes, made before the clock starts: it must not be what is measured."""
    reply = f"{client.inbox}.ack".encode()
    blocks = []
    for first in range(0, len(entries), BLOCK):
        part = entries[first:first + BLOCK]
        blocks.append((len(part), b"".join(
            b"PUB %b %b %d\r\n%b\r\n" % (SUBJECT, reply, len(entry), entry) for entry in part)))
    return blocks


def main():
    args = measure.arguments()
    entries = list(entries_of(args.records))
    ports = {"hub": measure.free_port(), "leaf": measure.free_port()}
    link = measure.free_port()
    cert, key = args.dir / "cert.pem", args.dir / "key.pem"
    measure.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1",
                 "-subj", "/CN=hub", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert])
    with measure.Servers() as servers:
        for name, template in (("hub", HUB), ("leaf", LEAF)):
            config = args.dir / f"{name}.conf"
            config.write_text(template.format(client=ports[name], leaf=link, store=args.dir / name, cert=cert, key=key))
            servers.start(["nats-server", "-c", config], args.dir / f"{name}.log")
            servers.wait_for(name, lambda: measure.listens(ports[name]))
        leaf, hub = Client("leaf", ports["leaf"]), Client("hub", ports["hub"])
        blocks = prepare(leaf, entries)
        leaf.js(f"STREAM.CREATE.{STREAM}", {"name": STREAM, "subjects": ["records.>"], "storage": "file"})
        hub.js(f"STREAM.CREATE.{STREAM}", {"name": STREAM, "storage": "file",
                                           "mirror": {"name": STREAM, "external": {"api": "$JS.leaf.API"}}})
        held = lambda: hub.js(f"STREAM.INFO.{STREAM}")["state"]["messages"]
        leaf.publish(prepare(leaf, entries[:1]))  # the mirror stands when it holds a first message
        servers.wait_for("the mirror", lambda: held() == 1)

        wire, cpu = measure.wire_bytes(link), servers.cpu_s()
        own, start = time.process_time(), time.monotonic()
        leaf.publish(blocks)
        own = time.process_time() - own
        servers.wait_for("the last message", lambda: held() == 1 + len(entries), seconds=600, every=0.02)
        seconds = time.monotonic() - start
        cpu, wire = servers.cpu_s() - cpu + own, measure.wire_bytes(link) - wire
        check(hub, entries)
        measure.report(len(entries), seconds, cpu, wire,
                       measure.disk_bytes(args.dir / "hub"), measure.disk_bytes(args.dir / "leaf"))


def check(hub, entries):
    """A hundred messages from all over the stream, byte for byte."""
    for i in range(0, len(entries), max(1, len(entries) // 100)):
        message = hub.js(f"STREAM.MSG.GET.{STREAM}", {"seq": i + 2})["message"]
        if base64.b64decode(message["data"]) != entries[i]:
            raise SystemExit(f"message {i} is not what was published")


main()
