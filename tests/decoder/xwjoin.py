"""How a node comes in: invitations, certificates, directory statements, enrolment (WIRE.md sections 9 to 11)."""
import base64
import struct
import types

import nacl.bindings as sodium
import nacl.exceptions
import zmq
from zmq.utils import z85

from xwdecode import Cursor, Refused, blake, require
from xwsay import text16

CITY, COUNTY, TOWNSHIP, VILLAGE = 1, 2, 4, 8


def signed_by(key, domain, message, signature):
    try:
        sodium.crypto_sign_open(signature + domain + b"\0" + blake(message, size=64), key)
    except (nacl.exceptions.BadSignatureError, ValueError):
        raise Refused(f"{domain.decode()}: signature") from None


def text(c):
    try:
        return c.raw(c.number("H")).decode()
    except UnicodeDecodeError:
        raise Refused("text") from None


def sized(c):
    return c.raw(c.number("H"))


# --- section 10

def read_invitation(line):
    line = "".join(line.split())
    require(line.startswith("xinwang1:") and len(line) <= 2048, "no invitation")
    coded = line[len("xinwang1:"):]
    try:
        raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Refused("invitation: base64") from None
    require(len(raw) > 4 and blake(b"XW-invitation", raw[:-4])[:4] == raw[-4:], "invitation: check sum")
    c = Cursor(raw[:-4], "invitation")
    require(c.number("B") == 2, "invitation: version")
    found = types.SimpleNamespace(code=c.number("Q"), token=c.raw(16), parent=c.raw(16), parent_transport_key=c.raw(32),
                                  root_id=c.raw(32), expires_ms=c.number("q"), data=text(c), enrol=text(c), name=text(c),
                                  parent_name=text(c))
    require(c.left() == 0, "invitation: trailing bytes")
    found.token_id = blake(b"XW-token-id", found.token)[:8]
    found.mac_key = blake(b"XW-token-mac", found.token)
    return found


# --- section 9

def tier_of(code):
    digits = f"{code:012d}"
    require(len(digits) == 12, "code")
    groups = [digits[:2], digits[2:4], digits[4:6], digits[6:9], digits[9:]]
    used = max((i + 1 for i, g in enumerate(groups) if int(g)), default=0)
    require(used >= 2 and all(int(g) for g in groups[:used]), "code")
    return {2: CITY, 3: COUNTY, 4: TOWNSHIP, 5: VILLAGE}[used]


def parent_code(code):
    return code - code % {COUNTY: 10 ** 8, TOWNSHIP: 10 ** 6, VILLAGE: 10 ** 3}[tier_of(code)]


def ancestors(code):
    """Codes, nearest first, the city last."""
    out = []
    while tier_of(code) != CITY:
        code = parent_code(code)
        out.append(code)
    return out


def read_certificate(raw):
    """The fields, with `signed` and `signature`; who issued it is for verify_certificate() to say."""
    c = Cursor(raw, "certificate")
    version, suite = c.number("B"), c.number("B")
    require(version in (1, 2) and suite == 1 and len(raw) <= 427, "certificate: version")
    found = types.SimpleNamespace(raw=raw, node=c.raw(16), code=c.number("Q"), tier=c.number("B"), sign_key=c.raw(32),
                                  open_key=c.raw(32), open_epoch=c.number("I"), next=None)
    if version == 2:
        found.next = (c.raw(32), c.number("I"), c.number("q"))
        require(found.next[1] > found.open_epoch, "certificate: next epoch")
    found.transport_key, found.parent, found.serial = c.raw(32), c.raw(16), c.number("Q")
    found.issued_ms, found.expires_ms, found.name = c.number("q"), c.number("q"), text(c)
    found.signed, found.signature = raw[:c.at], c.raw(64)
    require(c.left() == 0, "certificate: trailing bytes")
    require(found.tier == tier_of(found.code), "certificate: tier")
    require((found.parent == bytes(16)) == (found.tier == CITY), "certificate: parent")
    require(any(found.transport_key) and found.serial > 0, "certificate: transport key, serial")
    require(0 <= found.issued_ms < found.expires_ms and 1 <= len(found.name.encode()) <= 150, "certificate: term, name")
    return found


def verify_certificate(certificate, issuer):
    """`issuer`: the certificate of the parent; a city's own for a city."""
    if certificate is not issuer:
        require(certificate.parent == issuer.node and parent_code(certificate.code) == issuer.code, "not the issuer's code")
    signed_by(issuer.sign_key, b"XW-certificate", certificate.signed, certificate.signature)


def read_statement(raw):
    c = Cursor(raw, "statement")
    require(c.number("B") == 1 and c.number("B") == 1 and len(raw) <= 16000, "statement: version")
    found = types.SimpleNamespace(raw=raw, number=c.number("Q"), previous=c.raw(32), code=c.number("Q"),
                                  threshold=c.number("B"))
    found.keys = [c.raw(32) for _ in range(c.number("B"))]
    require(1 <= found.threshold <= len(found.keys) <= 9 and found.keys == sorted(set(found.keys)), "statement: root keys")
    found.city = read_certificate(sized(c))
    found.operators = [(c.raw(32), text(c)) for _ in range(c.number("B"))]
    found.issued_ms, found.expires_ms, found.grace_days = c.number("q"), c.number("q"), c.number("H")
    found.checkpoint = (c.raw(16), c.number("Q"), c.raw(32))
    found.signed = raw[:c.at]
    found.signatures = [(c.raw(32), c.raw(64)) for _ in range(c.number("B"))]
    require(c.left() == 0, "statement: trailing bytes")
    require(found.city.tier == CITY and found.city.code == found.code, "statement: city")
    found.id = blake(b"XW-statement-id", found.signed)
    found.root_id = blake(b"XW-root-set", bytes([found.threshold, len(found.keys)]), *found.keys)
    return found


def verify_statements(statements, root_id):
    """Section 9.6 from the pinned root on; returns the newest."""
    require(statements, "no statement")
    last = None
    for s in statements:
        for key, signature in s.signatures:
            signed_by(key, b"XW-directory", s.signed, signature)
        signers = {key for key, _ in s.signatures}
        if last is None:
            require(s.number == 1 and s.previous == bytes(32) and s.root_id == root_id, "another root")
        else:
            require(s.number == last.number + 1 and s.previous == last.id, "statements out of line")
            require(len(signers & set(last.keys)) >= last.threshold, "statement: root signatures")
        if last is None or s.root_id != last.root_id:
            require(len(signers & set(s.keys)) >= s.threshold, "statement: root signatures")
        verify_certificate(s.city, s.city)
        last = s
    return last


# --- section 11

def curve_dealer(context, server_key, keys, address):
    socket = context.socket(zmq.DEALER)
    socket.curve_serverkey = z85.encode(server_key)
    socket.curve_publickey, socket.curve_secretkey = z85.encode(keys.transport_key), z85.encode(keys.transport_secret)
    socket.linger = 0
    socket.connect("tcp://" + address)
    return socket


def receive(socket, seconds):
    if not socket.poll(int(seconds * 1000)):
        raise TimeoutError("no answer")
    return socket.recv()


def request_of(invitation, keys, name, hello, challenge):
    """The body of the request (35). `hello` and `challenge` are bodies without their types."""
    claims = keys.sign_key + keys.open_key + struct.pack("<I", keys.open_epoch) + keys.transport_key + text16(name)
    transcript = blake(b"XW-enrolment-transcript", invitation.parent, hello, challenge, claims, size=64)
    key = blake(b"XW-enrolment-open", challenge, keys.open_key, key=sodium.crypto_scalarmult(keys.open_secret, challenge))
    return claims + keys.sign(b"XW-enrolment-sign\0" + transcript) + blake(transcript, key=key) + \
        blake(transcript, key=invitation.mac_key)


def read_refused(c):
    return f"XW-{c.number('H')}", text(c), text(c), text(c)


def enrol(invitation, keys, name=None, seconds=20, context=None):
    """The ceremony. Returns (own certificate, chain from the parent to the city, statements, data address); Refused with
    the parent's number."""
    socket = curve_dealer(context or zmq.Context.instance(), invitation.parent_transport_key, keys, invitation.enrol)
    try:
        hello = invitation.token_id + struct.pack("<Q", invitation.code)
        socket.send(bytes([33]) + hello)
        challenge = answer(receive(socket, seconds), 34)
        require(len(challenge) == 32, "challenge")
        socket.send(bytes([35]) + request_of(invitation, keys, name or invitation.name, hello, challenge))
        statements = []
        body = receive(socket, seconds)
        while body[0] == 38:
            statements.append(read_statement(sized(Cursor(body[1:], "statement"))))
            body = receive(socket, seconds)
        return check_reply(invitation, keys, answer(body, 36), statements)
    finally:
        socket.close()


def answer(body, number):
    if body[:1] == bytes([37]):
        raise Refused(" ".join(read_refused(Cursor(body[1:], "refused"))))
    require(body[0] == number, f"message {body[0]} in the place of {number}")
    return body[1:]


def check_reply(invitation, keys, body, statements):
    c = Cursor(body, "reply")
    own = read_certificate(sized(c))
    chain = [read_certificate(sized(c)) for _ in range(c.number("B"))]
    data = text(c)
    require(c.left() == 0 and chain, "reply")
    require((own.sign_key, own.open_key, own.transport_key) == (keys.sign_key, keys.open_key, keys.transport_key) and
            own.code == invitation.code and own.parent == invitation.parent and own.node == keys.node, "not my certificate")
    newest = verify_statements(statements, invitation.root_id)
    require([c.code for c in chain] == ancestors(invitation.code), "chain: not the ancestors")
    require(chain[-1].node == newest.city.node and chain[0].node == invitation.parent, "chain")
    require(chain[0].transport_key == invitation.parent_transport_key, "parent's transport key")
    require(chain[-1].sign_key == newest.city.sign_key, "another city")
    verify_certificate(chain[-1], chain[-1])
    for below, above in zip([own] + chain, chain):
        verify_certificate(below, above)
    return own, chain, statements, data
