"""A city of real processes for functional tests: nodes are made with the command line, run as xinwang-node, and are
reached as operators reach them: the command line with -o json, and HTTP over the UNIX socket.

Processes are ended by their own id only. Nothing sleeps for a guessed time: wait_for() polls a condition up to a
deadline. Ports lie below the kernel's range for outgoing connections, so that no outgoing connection, of another node
say, takes the port of a node that is down for a moment.

XINWANG_BIN names the directory of the binaries. Under a failing test the end of every node's log is printed
(conftest.py). One city belongs to one thread, but node verbs may be called from several.
"""
import collections
import contextlib
import csv
import http.client
import io
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from person_key import make_operator

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("XINWANG_BIN", SOURCE / "build/dev/bin")).resolve()
DEADLINE_S = 60
PASSPHRASE = "a passphrase for tests"
# Of util-linux: the process that it becomes is killed when the test that started it is gone.
ENDS_WITH_THE_TEST = ("setpriv", "--pdeathsig", "KILL")
TIMING = """
[timing]
hello_ms = 100
resume_ms = 1000
ping_ms = 500
refresh_ms = 500
head_ms = 1000
stall_ms = 3000
reconnect_first_ms = 50
reconnect_max_ms = 300
"""
CITY, COUNTY_A, COUNTY_B = "130600000000", "130602000000", "130606000000"
TOWNSHIP, VILLAGE_A, VILLAGE_B = "130602200000", "130602200201", "130602200203"
NAMES = {CITY: "保定市", COUNTY_A: "竞秀区", COUNTY_B: "莲池区", TOWNSHIP: "颉庄乡", VILLAGE_A: "郞庄村", VILLAGE_B: "康庄村"}
PARENTS = {COUNTY_A: CITY, COUNTY_B: CITY, TOWNSHIP: COUNTY_A, VILLAGE_A: TOWNSHIP, VILLAGE_B: TOWNSHIP}


class NotInTime(AssertionError):
    pass


def wait_for(what, condition, seconds=DEADLINE_S):
    """Returns the first true value of condition(); fails by name when there is none in time."""
    end = time.monotonic() + seconds
    pause = 0.02
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise NotInTime(f"{what}: not within {seconds} s")
        time.sleep(pause)
        pause = min(pause * 1.3, 0.2)


_ports = random.Random(os.getpid() ^ time.monotonic_ns())
_taken = set()


def free_port():
    while True:
        port = _ports.randrange(18000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _taken:
            _taken.add(port)
            return port


class Answer:
    """What one run of the command line said."""

    def __init__(self, done):
        self.exit, self.out, self.err = done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"<exit {self.exit}\n{self.out}\n{self.err}>"


_runs = collections.Counter()
LEAKS_SOUGHT_EVERY = 12


def sanitizer_options(tool, arguments):
    """Half of what a sanitized command line costs is the search for leaks at its end and the memory for the stacks of
    allocations: leaks are sought the first time that a verb runs in this process, and one time in twelve of the
    others; a report shows two frames of where something was allocated (ASAN_OPTIONS in the environment wins)."""
    verb = (tool, *itertools.takewhile(lambda word: re.fullmatch("[a-z-]+", word), map(str, arguments)))
    sought = _runs[verb] % LEAKS_SOUGHT_EVERY == 0
    _runs[verb] += 1
    return f"malloc_context_size=2:detect_leaks={int(sought)}:{os.environ.get('ASAN_OPTIONS', '')}"


def run_tool(tool, *arguments, stdin=None, timeout=120):
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "ASAN_OPTIONS": sanitizer_options(tool, arguments)}
    return subprocess.run([BIN / tool, *map(str, arguments)], input=stdin, capture_output=True, text=True, timeout=timeout,
                          env=environment, check=False)


def xinwang(*arguments, stdin=None, timeout=120):
    return Answer(run_tool("xinwang", *arguments, stdin=stdin, timeout=timeout))


def is_sanitized():
    with open(BIN / "xinwang-node", "rb") as file:
        return b"__asan_init" in file.read()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("node", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Node:
    def __init__(self, city, code, home, data_port, enrol_port):
        self.city, self.code, self.home = city, code, pathlib.Path(home)
        self.data_port, self.enrol_port = data_port, enrol_port
        self.log = city.root / f"{code}.log"
        self.process = None

    # --- the process

    def spawn(self, environment=None):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*ENDS_WITH_THE_TEST, BIN / "xinwang-node", "--dir", self.home],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={**os.environ, **(environment or {})})
        return self

    def start(self, environment=None):
        self.spawn(environment)
        return self.wait_ready()

    def wait_ready(self):
        def answers():
            assert self.process.poll() is None, f"{self.code} ended with {self.process.returncode}:\n{self.log_end()}"
            return self.try_http("GET", "/v1/status")
        wait_for(f"{self.code} answers", answers)
        return self

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9. Whoever is killed must have lived: a crash of its own may not hide behind it."""
        assert self.is_running(), f"{self.code} ended by itself with {self.process.returncode}:\n{self.log_end()}"
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=DEADLINE_S)

    def log_end(self, size=3000):
        return self.log.read_bytes()[-size:].decode(errors="replace") if self.log.exists() else ""

    # --- asking

    def xinwang(self, *arguments, **options):
        """The command line on this node, with -o json."""
        return xinwang(*arguments, "--dir", self.home, "-o", "json", **options)

    def http(self, method, path, body=None, timeout=60):
        """(status, document)"""
        connection = UnixConnection(self.home / "api.sock", timeout)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json"} if isinstance(body, (dict, list)) else {}
            data = json.dumps(body) if headers else body
            connection.request(method, path, body=data, headers=headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def try_http(self, method, path, body=None, timeout=60):
        """The document, or None when the node is not there or refuses."""
        try:
            status, document = self.http(method, path, body, timeout)
        except (OSError, http.client.HTTPException):
            return None
        return document if status < 300 else None

    def get(self, path):
        status, document = self.http("GET", path)
        assert status == 200, document
        return document

    def status(self):
        return self.get("/v1/status")

    def findings(self):
        """Every refusal that the status names anywhere an operator looks first."""
        status = self.status()
        parent_error = (status["parent"] or {}).get("last_error")
        return status["health"]["findings"] + ([parent_error] if parent_error else [])

    def wait_finding(self, number):
        return wait_for(f"{self.code} names {number}", lambda: [f for f in self.findings() if f["number"] == number])[0]

    # --- submissions

    def submit(self, file, catalogue="xzxk", *options):
        return self.xinwang("submit", file, "--catalogue", catalogue, *options)

    def submission(self, submission, rows="all"):
        """The document with the whole of its rows_list."""
        offset, rows_list = 0, []
        while True:
            document = self.get(f"/v1/submissions/{submission}?rows={rows}&offset={offset}&limit=1000")
            rows_list += document["rows_list"]["rows"]
            offset += 1000
            if offset >= document["rows_list"]["total"]:
                return {**document, "rows_list": rows_list}

    def wait_submission(self, submission, until="city", seconds=DEADLINE_S, judged=True):
        """Until the city holds it and, with `judged`, has said what is in effect."""
        def settled():
            document = self.get(f"/v1/submissions/{submission}?rows=none")
            tick = document["ticks"][until] or document["ticks"]["city"]
            told = until != "city" or not judged or document["judged"]["waiting"] == 0
            return document["state"] == "refused" or (document["state"] == "done" and tick["done"] and told)
        wait_for(f"{self.code}: submission {submission} at {until}", settled, seconds)
        return self.submission(submission)

    def key(self, name):
        return bytes.fromhex((self.home / "keys" / name).read_text().strip())


class City:
    """Nodes by division code. `shape`: the codes that exist, parents first; all start at once unless told otherwise."""

    def __init__(self, shape=(CITY,), profile=True):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="xinwang-city-"))
        self.nodes = {}
        self.profile = profile
        try:
            for code in shape:
                self.add(code)
        except BaseException:
            self.print_logs()
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        crashed = [n.code for n in self.nodes.values() if n.process and n.process.poll() not in (None, 0, -signal.SIGKILL)]
        if kind is not None or crashed:
            self.print_logs()
        self.close()
        assert kind is not None or not crashed, f"ended by themselves: {crashed}"

    def __getitem__(self, code):
        return self.nodes[code]

    def add(self, code, home=None):
        """Makes and starts the node; its parent must run."""
        node = self.plan(code, home)
        if code == CITY:
            profile = ["--profile", SOURCE / "deploy/profiles/hebei-default.toml"] if self.profile else []
            done = xinwang("city", "new", "--dir", node.home, "--code", code, "--name", NAMES[code], *self.listen(node),
                           "--catalogues", SOURCE / "deploy/catalogues", *profile, *self.root_key_options(),
                           *self.make_operators(), "-o", "json")
        else:
            done = self.join(node, self.invite(code))
        assert done.exit == 0, done
        self.tune(node)
        node.start()
        wait_for(f"catalogues at {code}", lambda: node.status()["catalogues"]["total"] == 2)
        return node

    def make_operators(self):
        """Two persons with keys under a passphrase; the options that put them into the first directory statement."""
        self.passphrase = self.file("passphrase", PASSPHRASE + "\n")
        self.passphrase.chmod(0o600)
        self.operators, options = [], []
        for name in ("张三", "李四"):
            content, line = make_operator(name, PASSPHRASE.encode())
            key = self.file(f"operator-{name}.key", content)
            key.chmod(0o600)
            options += ["--operator", line]
            self.operators.append(["--operator", key, "--passphrase-file", self.passphrase])
        return options

    def root_key_options(self):
        keys = [self.root / "root" / n / "key" for n in "123"]
        for key in keys:
            key.parent.mkdir(parents=True, exist_ok=True)
        return [option for key in keys for option in ("--root-key", key)]

    def plan(self, code, home=None):
        """A node that has no directory yet."""
        node = Node(self, code, home or self.root / code, free_port(), free_port())
        self.nodes[code] = node
        return node

    @staticmethod
    def listen(node):
        return ["--listen", f"127.0.0.1:{node.data_port}", "--enrol", f"127.0.0.1:{node.enrol_port}"]

    def invite(self, code):
        parent = self.nodes[PARENTS[code]]
        if parent.code == CITY:
            return self.invite_by_two(code)
        done = parent.xinwang("invite", code, "--name", NAMES[code])
        assert done.exit == 0, done
        return done.json["line"]

    def invite_by_two(self, code):
        """A county's: one operator proposes, the other approves."""
        parent = self.nodes[PARENTS[code]]
        proposed = parent.xinwang("invite", code, "--name", NAMES[code], *self.operators[0])
        assert proposed.exit == 0, proposed
        done = parent.xinwang("approve", code, *self.operators[1])
        assert done.exit == 0, done
        return done.json["line"]

    def join(self, node, line):
        return xinwang("join", "-", "--dir", node.home, *self.listen(node), "-o", "json", stdin=line + "\n")

    @staticmethod
    def tune(node):
        with open(node.home / "node.toml", "a", encoding="utf-8") as config:
            config.write(TIMING)

    def file(self, name, content):
        path = self.root / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def print_logs(self):
        for node in self.nodes.values():
            print(f"--- {node.code}\n{node.log_end()}")

    def close(self):
        for node in self.nodes.values():
            if node.is_running():
                node.kill()
        shutil.rmtree(self.root, ignore_errors=True)


class Sample:
    """Rows of a catalogue, made by xinwang-gen, as dictionaries by Chinese label; written as CSV."""

    def __init__(self, rows=20, kind="licence", seed=7, persons=0):
        done = run_tool("xinwang-gen", "--kind", kind, "--rows", rows, "--seed", seed, "--persons", persons)
        assert done.returncode == 0, done.stderr
        self.header, *table = csv.reader(io.StringIO(done.stdout))
        self.rows = [dict(zip(self.header, values)) for values in table]

    def tagged(self, tag, count):
        """So many licences, each a record of its own by its number: two tags share none."""
        return [{**self.rows[i % len(self.rows)], "决定文书号": f"{tag}-{i}"} for i in range(count)]

    def csv(self, rows, header=None):
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header or self.header)
        for row in rows:
            writer.writerow([row[label] for label in self.header])
        return out.getvalue()
