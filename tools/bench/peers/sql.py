"""A throwaway PostgreSQL cluster: its settings, its table, and one psql that stays connected."""

import itertools
import os
import pathlib
import secrets
import shutil
import signal
import subprocess

import measure

# Of the superuser, who may run commands as the servers' user: not for others on this machine.
PASSWORD = os.environ["PGPASSWORD"] = secrets.token_hex(16)

BIN = pathlib.Path("/usr/lib/postgresql/15/bin")

# Synced at every commit, as ours is. Otherwise what an administrator would set for a load: memory, and no checkpoint within
# the run. Everything else is the default.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "logical",
    "shared_buffers": "1GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
}

TABLE = "CREATE TABLE records (record bytea, subject text, catalogue text, day date, fields text)"
# As ours: by record, by subject, by catalogue and date.
INDEXES = [
    "ALTER TABLE records ADD PRIMARY KEY (record)",
    "CREATE INDEX by_subject ON records (subject)",
    "CREATE INDEX by_day ON records (catalogue, day)",
]


class Cluster:
    def __init__(self, servers, directory, indexes):
        self.data = measure.own_dir(directory)
        self.port = measure.free_port()
        secret = self.data / "secret"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD)
        shutil.chown(secret, measure.USER.pw_uid)
        measure.run([BIN / "initdb", "-D", self.data / "pg", "-U", "bench", "-A", "scram-sha-256", "--pwfile", secret,
                     "-E", "UTF8", "--locale=C", "--no-sync"])
        # An abstract name: a path below the directory may be too long for a socket.
        host = f"@xinwang-peers-{self.port}"
        command = [BIN / "postgres", "-D", self.data / "pg", "-p", self.port, "-k", host, "-h", "127.0.0.1"]
        for name, value in SETTINGS.items():
            command += ["-c", f"{name}={value}"]
        # Immediate shutdown: the data are thrown away.
        servers.start(command, self.data / "log", signal.SIGQUIT)
        servers.wait_for(directory.name, lambda: measure.listens(self.port))
        # One that answers, and not the one that is still starting up.
        ready = [BIN / "pg_isready", "-q", "-h", host, "-p", str(self.port)]
        servers.wait_for(directory.name, lambda: subprocess.run(ready).returncode == 0)
        self.psql = servers.start(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-h", host, "-p", self.port,
                                   "-U", "bench", "-d", "postgres"],
                                  self.data / "psql.log", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.ask("SET client_min_messages = warning")
        self.ask(TABLE)
        for index in INDEXES[:indexes]:
            self.ask(index)

    def ask(self, statement):
        """Its rows as lines, once it is done."""
        self.psql.stdin.write(f"{statement};\n\\echo .\n")
        rows = []
        while (line := self.psql.stdout.readline()) != ".\n":
            if not line:
                raise SystemExit(f"PostgreSQL refused: {statement}\n" + (self.data / "psql.log").read_text())
            rows.append(line.rstrip("\n"))
        return rows

    def copy(self, path):
        """One transaction; the server reads the file itself, which spares a client."""
        self.ask(f"COPY records FROM '{path}' CSV")

    def disk_bytes(self):
        return int(self.ask("SELECT pg_total_relation_size('records')")[0])

    def content(self):
        """The same for the same rows."""
        return self.ask("SELECT count(*), sum(hashtextextended(records::text, 0)) FROM records")[0]


def slices(path, directory, rows):
    """The file in pieces of so many rows, in order; rows=0: the whole in one."""
    pieces = []
    with open(path, "rb") as source:
        while lines := list(itertools.islice(source, rows or None)):
            pieces.append(directory / f"{len(pieces):06}.csv")
            with open(pieces[-1], "wb") as out:
                out.writelines(lines)
            pieces[-1].chmod(0o644)
    return pieces
