#!/usr/bin/python3
"""Today's practice: files of CSV by sftp, synced and renamed when whole, each loaded with COPY into PostgreSQL at the far
end as soon as it is there. The clock runs from the start of sftp until the last COPY is committed."""

import subprocess
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
    """A private instance with throwaway keys, by the user and for the user that runs it. Returns its port and process."""
    for name in ("host", "client"):
        measure.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name])
    port = measure.free_port()
    (directory / "sshd.conf").write_text(SSHD.format(port=port, dir=directory))
    process = servers.start(["/usr/sbin/sshd", "-D", "-e", "-f", directory / "sshd.conf"], directory / "sshd.log")
    servers.wait_for("sshd", lambda: measure.listens(port))
    return port, process.pid


def start_sftp(directory, port, batch):
    return subprocess.Popen(
        measure.as_user(["sftp", "-q", "-b", batch, "-F", "none", "-P", port, "-i", directory / "client",
                         "-o", "IdentitiesOnly=yes", "-o", f"UserKnownHostsFile={directory}/known",
                         "-o", "StrictHostKeyChecking=no", f"{measure.USER.pw_name}@127.0.0.1"]),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def main():
    args = measure.arguments(rows=5000)
    there = measure.own_dir(args.dir / "there")
    here = measure.own_dir(args.dir / "here")
    pieces = sql.slices(args.records, here, args.rows)
    arrived = [there / piece.name for piece in pieces]
    batch, wire = args.dir / "batch", args.dir / "wire"
    with measure.Servers() as servers:
        port, sshd = start_sshd(servers, args.dir)
        batch.write_text("".join(f"put -f {piece} {at}.part\nrename {at}.part {at}\n"
                                 for piece, at in zip(pieces, arrived))
                         # What the connection carried, asked while it still stands.
                         + f"!ss -tinH '( sport = :{port} )' > {wire}\n")
        cluster = sql.Cluster(servers, args.dir / "cluster", 3)

        cpu = servers.cpu_s()
        start = time.monotonic()
        sftp = start_sftp(args.dir, port, batch)
        for path in arrived:
            while not path.exists():
                if sftp.poll() not in (None, 0):
                    raise SystemExit(f"sftp ended with {sftp.returncode}: {sftp.stderr.read()[-2000:]}")
                time.sleep(0.002)
            cluster.copy(path)
        seconds = time.monotonic() - start
        sftp.wait()
        servers.wait_for("the end of the session", lambda: not measure.children(sshd))
        cpu = servers.cpu_s() - cpu
        measure.report(int(cluster.content().split("|")[0]), seconds, cpu, measure.wire_bytes(port, wire.read_text()),
                       cluster.disk_bytes(), measure.disk_bytes(here))


main()
