#!/usr/bin/python3
"""Today's practice: files of CSV by sftp, synced and renamed when whole, each loaded with COPY into PostgreSQL at the far
end as soon as it is there. The clock runs from the start of sftp until the last COPY is committed."""

import os
import time

import measure
import sql

SSHD = """
ListenAddress 127.0.0.1
Port {port}
HostKey {dir}/host
AuthorizedKeysFile {dir}/client.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def start_sshd(servers, directory):
    """A private instance with throwaway keys, by the user and for the user that runs it. Returns its port."""
    for name in ("host", "client"):
        measure.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name])
    port = measure.free_port()
    (directory / "sshd.conf").write_text(SSHD.format(port=port, dir=directory))
    servers.start(["/usr/sbin/sshd", "-D", "-e", "-f", directory / "sshd.conf"], directory / "sshd.log")
    servers.wait_for("sshd", lambda: measure.listens(port))
    return port


class Transfer:
    """One sftp session. At its end it says what its connection carried and stands until released, because a session's
    process of sshd that has ended has taken its CPU time with it: nobody waits for it."""

    def __init__(self, directory, port, pieces, arrived):
        self.dir, self.port = directory, port
        self.wire, self.release_at = directory / "wire", directory / "release"
        os.mkfifo(self.release_at)
        self.release_at.chmod(0o666)
        (directory / "batch").write_text(
            "".join(f"put -f {piece} {at}.part\nrename {at}.part {at}\n" for piece, at in zip(pieces, arrived))
            + f"!ss -tinH '( sport = :{port} )' > {self.wire}.part && mv {self.wire}.part {self.wire}"
            + f" && timeout 600 cat {self.release_at}\n")

    def start(self, servers):
        servers.start(["sftp", "-q", "-b", self.dir / "batch", "-F", "none", "-P", self.port, "-i", self.dir / "client",
                       "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={self.dir}/known",
                       "-o", "StrictHostKeyChecking=no", f"{measure.USER.pw_name}@127.0.0.1"], self.dir / "sftp.log")

    def release(self):
        os.close(os.open(self.release_at, os.O_RDWR | os.O_NONBLOCK))


def main():
    args = measure.arguments(rows=5000)
    there, here = measure.own_dir(args.dir / "there"), measure.own_dir(args.dir / "here")
    pieces = sql.slices(args.records, here, args.rows)
    arrived = [there / piece.name for piece in pieces]
    with measure.Servers() as servers:
        port = start_sshd(servers, args.dir)
        cluster = sql.Cluster(servers, args.dir / "cluster", 3)
        transfer = Transfer(args.dir, port, pieces, arrived)

        cpu = servers.cpu_s()
        start = time.monotonic()
        transfer.start(servers)
        try:
            for path in arrived:
                servers.wait_for(path.name, path.exists, seconds=600, every=0.002)
                cluster.copy(path)
            seconds = time.monotonic() - start
            servers.wait_for("the last word of sftp", transfer.wire.exists)
            cpu = servers.cpu_s() - cpu
        finally:
            transfer.release()
        measure.report(int(cluster.content().split("|")[0]), seconds, cpu,
                       measure.wire_bytes(port, transfer.wire.read_text()), cluster.disk_bytes(), measure.disk_bytes(here))


main()
