"""Key files of persons for the cities of functional tests, made without the command line: locked as the tool locks them
(protocol/key_box.h), at the least cost that Argon2id has. At its full cost, 256 MiB and most of a second each time a key
is used, the cities spent a fifth of a test run on it; test_trust.py and test_keys.py use keys at full cost."""
import base64
import hashlib
import os
import struct

import nacl.bindings as sodium
from nacl.pwhash import argon2id


def text16(text):
    return struct.pack("<H", len(text.encode())) + text.encode()


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def locked(seed, passphrase):
    passes, memory_kib, salt = argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN >> 10, os.urandom(argon2id.SALTBYTES)
    front = b"XWKB" + struct.pack("<BII", 1, passes, memory_kib) + salt
    key = argon2id.kdf(32, passphrase, salt, opslimit=passes, memlimit=memory_kib << 10)
    nonce = os.urandom(sodium.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    secrets = struct.pack("<H", 1) + text16("seed") + seed
    return front + nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(secrets, front, nonce, key)


def make_operator(name, passphrase):
    """An operator's key file, and the public line that goes into a directory statement."""
    seed = os.urandom(32)
    public = sodium.crypto_sign_seed_keypair(seed)[0]
    body = public + text16(name)
    check = hashlib.blake2b(b"XW-operator" + body, digest_size=32).digest()[:4]
    content = f"xinwang-key/1\nrole operator\nname {name}\npublic {public.hex()}\nlocked {base64url(locked(seed, passphrase))}\n"
    return content, "xinwang-operator1:" + base64url(body + check)
