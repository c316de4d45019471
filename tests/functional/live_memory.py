# What lies in the memory of a live process, and where a node's secrets may lie in it.
import hashlib
import os
import re

MAPPING = re.compile(rb"^([0-9a-f]+)-([0-9a-f]+) (\S{4}) ")


class Memory:
    """What lies in the readable memory of a live process, as root reads it."""

    def __init__(self, pid):
        self.pid, self.mappings = pid, []
        for line in open(f"/proc/{pid}/smaps", "rb"):
            if found := MAPPING.match(line):
                self.mappings.append([int(found[1], 16), int(found[2], 16), found[3].decode(), set()])
            elif line.startswith(b"VmFlags:"):
                self.mappings[-1][3].update(line.decode().split()[1:])

    def holders(self, secret):
        """The mappings with these bytes in them."""
        found = []
        with open(f"/proc/{self.pid}/mem", "rb", 0) as memory:
            for mapping in self.mappings:
                start, end, mode, _ = mapping
                if not mode.startswith("r"):
                    continue
                before = b""
                for at in range(start, end, 1 << 20):
                    try:
                        data = os.pread(memory.fileno(), min(1 << 20, end - at), at)
                    except OSError:  # a device's, or gone meanwhile
                        break
                    if secret in before[-len(secret):] + data:
                        found.append(mapping)
                        break
                    before = data
        return found

    def is_guarded(self, mapping):
        """Locked, not dumped, read-only, and nobody's pages on both sides."""
        at = self.mappings.index(mapping)
        below, above = self.mappings[at - 1], self.mappings[at + 1]
        return (mapping[2] == "r--p" and {"lo", "dd"} <= mapping[3] and below[1] == mapping[0] and below[2] == "---p"
                and above[0] == mapping[1] and above[2] == "---p")


def scan(node, secrets):
    memory = Memory(node.process.pid)
    for name in ("sign", "open"):
        secret = secrets[name]
        # The middle: what X25519 makes of a secret differs from it in its first and last byte.
        holders = memory.holders(secret[2:30])
        assert holders, f"{name} is nowhere: the scan does not look where it lies"
        assert [h for h in holders if not memory.is_guarded(h)] == [], f"{name} lies outside its guarded pages"
        assert memory.holders(secret.hex().encode()[4:60]) == [], f"{name} lies about as text"
    # What Ed25519 computes with.
    assert memory.holders(hashlib.sha512(secrets["sign"]).digest()[2:30]) == []
    # The control: libzmq copies the transport key about, and the scan sees it.
    assert [h for h in memory.holders(secrets["transport"]) if not memory.is_guarded(h)]


def secrets_of(node):
    return {name: node.key(name) for name in ("sign", "open", "transport")}
