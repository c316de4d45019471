# Shows: what goes wrong between two nodes or at the start is named by its number where an operator looks
# first: the child's status, the answer of join, the last words of xinwang-node. Nothing accepted is lost meanwhile.
import base64
import hashlib
import os
import socket
import struct
import subprocess

import nacl.bindings
import pytest
import zmq

import city as c

HELLO, REFUSED = 1, 10
NO_SEQ = 2**64 - 1


@pytest.fixture
def root():
    with c.City() as made:
        yield made


@pytest.fixture
def pair():
    with c.City((c.CITY, c.COUNTY_A)) as made:
        yield made


def named(done, number, exit_status):
    assert number in done.err and done.exit == exit_status, done
    return done


def public_key(node):
    return nacl.bindings.crypto_scalarmult_base(node.key("transport"))


def set_config(node, key, value):
    path = node.home / "node.toml"
    lines = [f'{key} = "{value}"' if line.startswith(f"{key} =") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")


# --- who is at the other end


def test_wrong_parent_key_is_named_and_heals(pair):
    child = pair[c.COUNTY_A]
    child.stop()
    set_config(child, "key", zmq.curve_keypair()[0].hex()[:64])
    child.start()
    finding = child.wait_finding("XW-1655")
    assert finding["name"] == "wrong_parent_key"
    status = child.status()
    assert status["parent"]["state"] != "connected" and status["health"]["grade"] == "broken"
    assert child.xinwang("status").exit == 1
    child.stop()
    set_config(child, "key", public_key(pair[c.CITY]).hex())
    child.start()
    c.wait_for("connected", lambda: child.status()["parent"]["state"] == "connected")


def test_nobody_listens_at_the_parents_address(pair):
    child = pair[c.COUNTY_A]
    pair[c.CITY].kill()
    finding = child.wait_finding("XW-1653")
    assert str(pair[c.CITY].data_port) in finding["value"]
    pair[c.CITY].start()
    c.wait_for("connected", lambda: child.status()["parent"]["state"] == "connected")
    assert not [f for f in child.findings() if f["number"] == "XW-1653"]


# --- invitations


def altered(line, change):
    """The same invitation with changed fields and a right checksum."""
    prefix, text = line.split(":", 1)
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    body = change(raw[:-4])
    assert body != raw[:-4]
    check = hashlib.blake2b(b"XW-invitation" + body, digest_size=32).digest()[:4]
    return prefix + ":" + base64.urlsafe_b64encode(body + check).decode().rstrip("=")


def test_invitation_with_one_wrong_character(root):
    line = root.invite(c.COUNTY_A)
    node = root.plan(c.COUNTY_A)
    for at in (len("xinwang1:"), len(line) // 2, len(line) - 2):
        wrong = line[:at] + ("A" if line[at] != "A" else "B") + line[at + 1:]
        named(root.join(node, wrong), "XW-1822", 6)
    assert not node.home.exists()
    assert root.join(node, line).exit == 0


def test_invitation_with_another_parents_key(root):
    line = root.invite(c.COUNTY_A)
    key = public_key(root[c.CITY])
    other = nacl.bindings.crypto_box_keypair()[0]
    node = root.plan(c.COUNTY_A)
    done = root.join(node, altered(line, lambda body: body.replace(key, other)))
    assert "XW-1655" in done.err and done.exit != 0, done
    assert root.join(node, line).exit == 0


def test_invitation_used_twice(root):
    line = root.invite(c.COUNTY_A)
    assert root.join(root.plan(c.COUNTY_A), line).exit == 0
    root.invite(c.COUNTY_B)  # the enrolment port is open while somebody is expected
    thief = c.Node(root, c.COUNTY_A, root.root / "thief", c.free_port(), c.free_port())
    named(root.join(thief, line), "XW-1812", 6)
    assert not thief.home.exists()


LATER = """
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t which, struct timespec* at) {
    const int rc = (int)syscall(SYS_clock_gettime, which, at);
    const char* later = getenv("XINWANG_TEST_LATER_S");
    if (rc == 0 && which == CLOCK_REALTIME && later) at->tv_sec += atol(later);
    return rc;
}
"""


def test_invitation_out_of_date(root):
    parent = root[c.CITY]
    line = root.invite(c.COUNTY_A)
    parent.stop()
    source, shim = root.file("later.c", LATER), root.root / "later.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, source], check=True)
    sanitizers = os.environ.get("ASAN_OPTIONS", "")
    parent.start({"LD_PRELOAD": str(shim), "XINWANG_TEST_LATER_S": str(73 * 3600),
                  "ASAN_OPTIONS": sanitizers + ":verify_asan_link_order=0"})
    states = parent.get("/v1/invitations")["invitations"]
    assert [i["state"] for i in states] == ["expired"]
    root.invite(c.COUNTY_B)
    done = root.join(root.plan(c.COUNTY_A), line)
    named(done, "XW-1814", 6)


# --- versions


def hello(node_id, parent_id, low, high):
    return struct.pack("<BHH", HELLO, low, high) + node_id + parent_id + bytes(16) + struct.pack("<QQ", 7, 1)


def text16(text):
    return struct.pack("<H", len(text.encode())) + text.encode()


def refused_version(theirs, ours):
    log = bytes(16) + bytes(16) + b"\x03" + bytes(16)
    return struct.pack("<B", REFUSED) + log + struct.pack("<QH", NO_SEQ, 1602) + b"".join(
        map(text16, ("protocol", theirs, ours)))


def read_refused(body):
    assert body[0] == REFUSED
    seq, number = struct.unpack_from("<QH", body, 50)
    assert seq == NO_SEQ
    texts, at = [], 60
    while at < len(body):
        size = struct.unpack_from("<H", body, at)[0]
        texts.append(body[at + 2:at + 2 + size].decode())
        at += 2 + size
    return number, texts


def curve_socket(context, kind, secret, server_key=None):
    socket_ = context.socket(kind)
    socket_.linger = 0
    socket_.rcvtimeo = c.DEADLINE_S * 1000
    socket_.setsockopt(zmq.CURVE_SECRETKEY, secret)
    if server_key is None:
        socket_.curve_server = True
    else:
        socket_.setsockopt(zmq.CURVE_PUBLICKEY, nacl.bindings.crypto_scalarmult_base(secret))
        socket_.setsockopt(zmq.CURVE_SERVERKEY, server_key)
    return socket_


def test_child_of_another_version_is_refused_with_both_ranges(pair):
    parent, child = pair[c.CITY], pair[c.COUNTY_A]
    node_id = bytes.fromhex(child.status()["node"]["id"])
    parent_id = bytes.fromhex(parent.status()["node"]["id"])
    child.stop()
    with zmq.Context() as context:
        with curve_socket(context, zmq.DEALER, child.key("transport"), public_key(parent)) as dealer:
            dealer.connect(f"tcp://127.0.0.1:{parent.data_port}")
            dealer.send(hello(node_id, parent_id, 9, 9))
            number, texts = read_refused(dealer.recv())
    assert number == 1602 and texts == ["protocol", "9..9", "1..5"]
    finding = parent.wait_finding("XW-1602")
    assert finding["value"] == "9..9" and finding["limit"] == "1..5"
    child.start()
    c.wait_for("connected", lambda: child.status()["parent"]["state"] == "connected")


def test_parent_of_another_version_is_shown_by_the_child(pair):
    parent, child = pair[c.CITY], pair[c.COUNTY_A]
    parent.stop()
    with zmq.Context() as context:
        with curve_socket(context, zmq.ROUTER, parent.key("transport")) as router:
            router.bind(f"tcp://127.0.0.1:{parent.data_port}")
            peer, body = router.recv_multipart()
            while body[0] != HELLO:
                peer, body = router.recv_multipart()
            assert struct.unpack_from("<HH", body, 1) == (1, 5)
            router.send_multipart([peer, refused_version("1..5", "9..9")])
            finding = child.wait_finding("XW-1602")
            assert "1..5" in finding["en"]["sentence"] and "9..9" in finding["en"]["sentence"]
            assert child.status()["parent"]["state"] == "refused"


# --- the directory and the machine


def test_second_process_on_a_directory_is_refused(root):
    done = c.Answer(c.run_tool("xinwang-node", "--dir", root[c.CITY].home))
    named(done, "XW-1903", 5)
    root[c.CITY].status()


def test_not_a_node_directory(root):
    empty = root.root / "empty"
    empty.mkdir()
    named(c.Answer(c.run_tool("xinwang-node", "--dir", empty)), "XW-2021", 1)
    assert not any(empty.iterdir())
    named(c.xinwang("status", "--dir", empty), "XW-2210", 3)


def test_taken_port_is_named(root):
    node = root[c.CITY]
    node.stop()
    with socket.socket() as other:
        other.bind(("127.0.0.1", node.data_port))
        other.listen()
        done = named(c.Answer(c.run_tool("xinwang-node", "--dir", node.home)), "XW-1651", 5)
        assert str(node.data_port) in done.err
    node.start()


def test_unknown_setting_is_named(root):
    node = root[c.CITY]
    node.stop()
    with open(node.home / "node.toml", "a", encoding="utf-8") as config:
        config.write("helo_ms = 5\n")
    done = named(c.Answer(c.run_tool("xinwang-node", "--dir", node.home, "--check")), "XW-2024", 2)
    assert "timing.helo_ms" in done.err
