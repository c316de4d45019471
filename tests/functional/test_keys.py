# Shows: in a live node the signing and opening keys lie in their guarded, locked pages and nowhere else in its memory,
# whatever it has signed and opened; keys sealed under a passphrase open by file, by systemd credential, and not otherwise;
# a key file that others may read stops the start.
import os
import pty
import signal

import pytest

import city as c
from live_memory import Memory, scan, secrets_of

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def pair():
    with c.City((c.CITY, c.COUNTY_A)) as made:
        yield made


def work(pair, name):
    """Both nodes sign, seal and open; one takes in a child."""
    sample = c.Sample(rows=30, seed=len(name))
    child = pair[c.COUNTY_A]
    done = child.submit(pair.file(name, sample.csv(sample.rows)))
    assert done.exit == 0, done
    child.wait_submission(done.json["id"])


@pytest.mark.release_only("the sanitizer keeps what was freed")
def test_live_memory_holds_keys_in_guarded_pages_alone(pair, tmp_path):
    secrets = {code: secrets_of(pair[code]) for code in (c.CITY, c.COUNTY_A)}
    work(pair, "a.csv")
    assert pair[c.CITY].xinwang("backup", tmp_path / "b", "--with-keys", "--same-disk").exit == 0
    for code, kept in secrets.items():
        scan(pair[code], kept)


@pytest.mark.release_only("the sanitizer keeps what was freed")
def test_sealed_keys(pair, tmp_path):
    node = pair[c.COUNTY_A]
    secrets = secrets_of(node)
    passphrase = tmp_path / "passphrase"
    passphrase.write_text(PASSPHRASE + "\n")
    passphrase.chmod(0o600)
    protect = ("key", "protect", "--passphrase-file", passphrase)
    assert "XW-1903" in node.xinwang(*protect).err  # it runs
    node.stop()
    assert node.xinwang(*protect).json["kept"] == "sealed"
    assert node.xinwang("key", "protect", "--passphrase-file", passphrase).exit != 0  # no passphrase to open them with
    assert sorted(os.listdir(node.home / "keys")) == ["sealed"]
    kept = (node.home / "keys/sealed").read_bytes()
    assert not any(secret in kept or secret.hex().encode() in kept for secret in secrets.values())

    refused = c.Answer(c.run_tool("xinwang-node", "--dir", node.home, "--check"))
    assert "XW-2044" in refused.err, refused
    node.start({"XINWANG_PASSPHRASE_FILE": str(passphrase)})
    c.wait_for("connected", lambda: node.status()["parent"]["state"] == "connected")
    work(pair, "sealed.csv")
    scan(node, secrets)
    assert Memory(node.process.pid).holders(PASSPHRASE.encode()) == []
    node.stop()

    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "xinwang-passphrase").write_text(PASSPHRASE)
    node.start({"CREDENTIALS_DIRECTORY": str(credentials)})
    node.stop()
    (credentials / "xinwang-passphrase").write_text(PASSPHRASE + "?")
    os.environ["CREDENTIALS_DIRECTORY"] = str(credentials)
    try:
        assert "XW-2045" in c.Answer(c.run_tool("xinwang-node", "--dir", node.home, "--check")).err
        (credentials / "xinwang-passphrase").write_text(PASSPHRASE)
        assert node.xinwang("key", "protect", "--off").json["kept"] == "files"
        assert node.xinwang("key", "protect", "--off").exit == 9
    finally:
        del os.environ["CREDENTIALS_DIRECTORY"]
    assert secrets_of(node) == secrets
    node.start()


def typed(*arguments, lines):
    """Runs xinwang at a terminal of its own, types a line at each prompt; the exit code and all that was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["LC_ALL"] = "C.UTF-8"
        os.execv(c.BIN / "xinwang", ["xinwang", *map(str, arguments)])
    signal.alarm(120)  # of this test: a prompt that never comes ends it
    shown = b""
    for line in (*lines, None):
        expected = shown.count(b": ") + 1
        try:
            while line is None or shown.count(b": ") < expected:
                shown += os.read(terminal, 4096) or b""
        except OSError:  # the other side has gone
            break
        os.write(terminal, line.encode() + b"\n")
    os.close(terminal)
    signal.alarm(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def test_a_typed_passphrase_is_not_shown(pair, tmp_path):
    node = pair[c.COUNTY_A]
    node.stop()
    protect = ("key", "protect", "--dir", node.home)
    exit_code, shown = typed(*protect, lines=[PASSPHRASE, PASSPHRASE + "?"])
    assert exit_code == 6 and "XW-2051" in shown, shown
    exit_code, shown = typed(*protect, lines=["short", "short"])
    assert exit_code == 6 and "XW-2048" in shown, shown
    assert not (node.home / "keys/sealed").exists()
    exit_code, shown = typed(*protect, lines=[PASSPHRASE, PASSPHRASE])
    assert exit_code == 0 and PASSPHRASE not in shown, shown
    assert sorted(os.listdir(node.home / "keys")) == ["sealed"]
    exit_code, shown = typed(*protect, "--off", lines=[PASSPHRASE])
    assert exit_code == 0 and PASSPHRASE not in shown, shown
    node.start()

    key = tmp_path / "operator"
    exit_code, shown = typed("operator", "new", "王五", "--out", key, lines=[PASSPHRASE, PASSPHRASE])
    assert exit_code == 0 and PASSPHRASE not in shown and "locked" in key.read_text(), shown


def test_a_key_file_that_others_may_read_stops_the_start(pair):
    node = pair[c.COUNTY_A]
    node.stop()
    (node.home / "keys/open").chmod(0o640)
    refused = c.Answer(c.run_tool("xinwang-node", "--dir", node.home, "--check"))
    assert "XW-2043" in refused.err and "0640" in refused.err, refused
    (node.home / "keys/open").chmod(0o600)
    node.start()
