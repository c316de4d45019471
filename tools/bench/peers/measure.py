"""What the peers of peers.sh share: servers started and ended by process id, and what they cost.

A peer's program is called as PROGRAM --dir DIR [...], makes everything below DIR, and prints one JSON object of figures
whose names are those of `xinwang-bench hop`. Servers are throwaway instances on loopback, run by an unprivileged user
(postgres refuses root); they die with the program that started them, whatever ends it."""

import argparse
import json
import os
import pathlib
import pwd
import random
import re
import resource
import signal
import socket
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
BLOCK = 512  # of st_blocks

# Who runs the servers: whoever calls, or, for root, the user that the package postgresql-common makes.
USER = pwd.getpwuid(os.geteuid()) if os.geteuid() != 0 else pwd.getpwnam("postgres")


def arguments(**options):
    """Those of every peer's program, and `options`: name=default."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", type=pathlib.Path, required=True)
    parser.add_argument("--records", type=pathlib.Path, required=True)
    for name, default in options.items():
        parser.add_argument("--" + name, type=type(default), default=default)
    found = parser.parse_args()
    own_dir(found.dir)
    return found


def own_dir(path):
    """A directory that the servers may write to."""
    path.mkdir(exist_ok=True)
    if os.geteuid() == 0:
        os.chown(path, USER.pw_uid, USER.pw_gid)
    return path


def as_user(command):
    """The command as USER, killed when this program ends."""
    words = ["setpriv", "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        words += [f"--reuid={USER.pw_uid}", f"--regid={USER.pw_gid}", "--clear-groups"]
    return words + [str(word) for word in command]


def run(command, **how):
    """To its end as USER. Its output, or its last words as an error."""
    done = subprocess.run(as_user(command), capture_output=True, text=True, **how)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-2000:]}")
    return done.stdout


class Servers:
    """The processes of one peer, both ends."""

    def __init__(self):
        self.running = []

    def __enter__(self):
        return self

    def start(self, command, log, end=signal.SIGTERM, **pipes):
        """`end`: the signal at which it ends at once, its children with it."""
        with open(log, "wb") as out:
            process = subprocess.Popen(as_user(command), **{"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out} | pipes)
        self.running.append((process, log, end))
        return process

    def wait_for(self, what, condition, seconds=60.0, every=0.05):
        """Until the condition gives something true; its last words when a server has ended or time is up."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            ended = [log for process, log, _ in self.running if process.poll() is not None]
            if ended or time.monotonic() > deadline:
                tails = "\n".join(pathlib.Path(log).read_text(errors="replace")[-2000:] for _, log, _ in self.running)
                raise SystemExit(f"{what} {'ended' if ended else 'did not come'}:\n{tails}")
            time.sleep(every)
        return found

    def cpu_s(self):
        """User and system time of all servers with their children, dead and alive, and of clients that have ended."""
        ours = resource.getrusage(resource.RUSAGE_CHILDREN)
        return tree_cpu_s({process.pid for process, _, _ in self.running}) + ours.ru_utime + ours.ru_stime

    def __exit__(self, *_):
        for process, _, end in reversed(self.running):
            process.send_signal(end)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def tree_cpu_s(roots):
    parent, ticks = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            text = pathlib.Path("/proc", entry, "stat").read_text()
        except OSError:  # ended meanwhile: its parent has its time
            continue
        fields = text[text.rindex(")") + 2:].split()
        parent[int(entry)] = int(fields[1])
        ticks[int(entry)] = sum(map(int, fields[11:15]))  # utime stime cutime cstime

    def belongs(pid):
        while pid and pid not in roots:
            pid = parent.get(pid, 0)
        return pid in roots

    return sum(n for pid, n in ticks.items() if belongs(pid)) / TICKS


def free_port():
    """Below 32768: above it the kernel may give the port to an outgoing connection meanwhile."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wire_bytes(port, text=None):
    """TCP payload, both ways, of the connections that stand at a listening port: what the kernel counts for each
    socket (`ss -ti`), so that nothing stands in the way of the bytes; what it sent twice counts once. `text`: what ss said
    earlier."""
    if text is None:
        text = subprocess.run(["ss", "-tinH", f"( sport = :{port} )"], capture_output=True, text=True).stdout
    return sum(map(int, re.findall(r"\bbytes_(?:acked|received):(\d+)", text)))


def disk_bytes(path):
    """Of a directory with all below it."""
    return sum(p.lstat().st_blocks for p in pathlib.Path(path).rglob("*")) * BLOCK


def report(records, seconds, cpu_s, wire, disk, sender_disk):
    """As `xinwang-bench hop` names them."""
    print(json.dumps({
        "records": records,
        "seconds": round(seconds, 3),
        "records_per_s": int(records / seconds),
        "cpu_s_per_million": round(cpu_s / records * 1e6, 2),
        "wire_bytes_per_record": round(wire / records, 1),
        "disk_bytes_per_record": round(disk / records, 1),
        "child_disk_bytes_per_record": round(sender_disk / records, 1),
    }))
