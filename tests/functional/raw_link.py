"""A client's end of ZMTP 3.0 with CURVE over a bare TCP socket (rfc.zeromq.org 23 and 26): for what libzmq itself would
never put on the line, such as the parts of a message that does not end."""
import os
import socket
import struct

import nacl.bindings as sodium


class RawLink:
    """Connected, with the handshake done; ConnectionError or OSError when the other side will not."""

    def __init__(self, address, server_key, public, secret, seconds=5):
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)
        self.count = 0
        self.shake_hands(server_key, public, secret)

    def close(self):
        self.socket.close()

    # --- frames

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return data

    def read_frame(self):
        flags = self.read(1)[0]
        return self.read(struct.unpack(">Q", self.read(8))[0] if flags & 2 else self.read(1)[0])

    def write_frame(self, body, command=False):
        flags = (4 if command else 0) | (2 if len(body) > 255 else 0)
        self.socket.sendall(bytes([flags]) + (struct.pack(">Q", len(body)) if flags & 2 else bytes([len(body)])) + body)

    def nonce(self):
        self.count += 1
        return struct.pack(">Q", self.count)

    # --- CURVE

    def shake_hands(self, server_key, public, secret):
        self.socket.sendall(b"\xff" + bytes(7) + b"\x01\x7f" + b"\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32))
        if self.read(64)[12:17] != b"CURVE":
            raise ConnectionError("no CURVE")
        short_public, short_secret = sodium.crypto_box_keypair()
        nonce = self.nonce()
        box = sodium.crypto_box(bytes(64), b"CurveZMQHELLO---" + nonce, server_key, short_secret)
        self.write_frame(b"\x05HELLO\x01\x00" + bytes(72) + short_public + nonce + box, command=True)
        welcome = self.read_frame()
        if not welcome.startswith(b"\x07WELCOME"):
            raise ConnectionError(f"{welcome[:16]}")
        opened = sodium.crypto_box_open(welcome[24:], b"WELCOME-" + welcome[8:24], server_key, short_secret)
        short_server, cookie = opened[:32], opened[32:]
        vouch_nonce = os.urandom(16)
        vouch = sodium.crypto_box(short_public + server_key, b"VOUCH---" + vouch_nonce, short_server, secret)
        meta = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER" + b"\x08Identity" + struct.pack(">I", 0)
        nonce = self.nonce()
        box = sodium.crypto_box(public + vouch_nonce + vouch + meta, b"CurveZMQINITIATE" + nonce, short_server, short_secret)
        self.write_frame(b"\x08INITIATE" + cookie + nonce + box, command=True)
        ready = self.read_frame()
        if not ready.startswith(b"\x05READY"):
            raise ConnectionError(f"{ready[:16]}")
        self.shared = sodium.crypto_box_beforenm(short_server, short_secret)

    def send(self, part, more=False):
        nonce = self.nonce()
        box = sodium.crypto_box_afternm(bytes([int(more)]) + part, b"CurveZMQMESSAGEC" + nonce, self.shared)
        self.write_frame(b"\x07MESSAGE" + nonce + box)
