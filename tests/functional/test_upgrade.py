# Shows: a store that a release of schema 1 wrote is opened at once by today's, answers every look-up while its indexes are
# built again, survives kill -9 meanwhile, and ends with the index that its batches make.
#
# schema_1.tar.xz is a city's directory as version 0.1.0 left it (132 records of 44 submissions by a county, one corrected),
# without its ballast, and facts.json: every record with its subject and the number of its entries.
import collections
import json
import shutil
import tarfile
import tempfile
import pathlib

import pytest

import city as c


class Old:
    """A place for one node whose directory comes from the archive; what Node needs of a city."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="xinwang-upgrade-"))
        with tarfile.open(c.SOURCE / "tests/functional/schema_1.tar.xz") as archive:
            archive.extractall(self.root)
        self.facts = json.loads((self.root / "facts.json").read_text())
        self.node = c.Node(self, c.CITY, self.root / "city", c.free_port(), c.free_port())
        config = (self.node.home / "node.toml").read_text()
        (self.node.home / "node.toml").write_text("".join(
            f'data = "127.0.0.1:{self.node.data_port}"\n' if line.startswith("data") else
            f'enrol = "127.0.0.1:{self.node.enrol_port}"\n' if line.startswith("enrol") else line
            for line in config.splitlines(keepends=True)))

    def close(self):
        if self.node.is_running():
            self.node.kill()
        shutil.rmtree(self.root, ignore_errors=True)


@pytest.fixture
def old():
    made = Old()
    try:
        yield made
    finally:
        made.close()


def look_up_everything(old):
    for fact in old.facts:
        document = old.node.get(f"/v1/records/{fact['record']}")
        assert len(document["entries"]) == fact["entries"] and document["subject"] == fact["subject"], fact
    subjects = collections.Counter(fact["subject"] for fact in old.facts)
    for subject, records in subjects.items():
        assert old.node.get(f"/v1/records?subject={subject}")["total"] == records, subject


def wait_whole(node):
    return c.wait_for("the index is whole", lambda: node.status()["index"]["state"] == "whole")


def test_an_old_store_serves_at_once_and_is_brought_up_to_date(old):
    alone = old.node.xinwang("verify")
    assert alone.exit == 5 and "XW-1918" in alone.err, alone
    old.node.start()
    look_up_everything(old)
    wait_whole(old.node)
    look_up_everything(old)
    verified = old.node.xinwang("verify")
    assert verified.exit == 0 and verified.json["ok"], verified
    entries = sum(fact["entries"] for fact in old.facts)
    assert verified.json["indexed"] == entries
    # An index built from nothing holds the same.
    old.node.kill()
    repaired = old.node.xinwang("repair")
    assert repaired.exit == 0, repaired
    document = repaired.json
    assert document["records"] == entries and not document["resumed"]
    assert document["missing"] == document["wrong"] == document["unreadable"] == 0, document
    assert document["entries_before"] == document["entries_after"] == 3 * entries, document
    old.node.start()
    look_up_everything(old)


def test_an_old_network_gets_its_first_statement_under_its_one_root_key(old):
    """Until then it runs as it is, and says what its city has to do before anybody new may come."""
    old.node.start()
    status = old.node.status()
    assert status["directory"]["statement"] is None
    assert old.node.wait_finding("XW-1748")
    refused = old.node.xinwang("invite", c.COUNTY_B)
    assert refused.exit == 6 and "XW-1748" in refused.err, refused
    home = old.node.home
    for number in (1, 2):
        draft = old.root / f"draft-{number}"
        # The second may move to three keys.
        more = [] if number == 1 else [o for key in keys for o in ("--root-public", key)]
        assert old.node.xinwang("directory", "draft", "--out", draft, *more).exit == 0
        assert c.xinwang("directory", "sign", draft, "--root-key", home / "keys/root").exit == 0
        if number == 2:
            assert c.xinwang("directory", "sign", draft, "--root-key", new[0], "--root-key", new[1]).exit == 0
        published = old.node.xinwang("directory", "publish", draft)
        assert published.exit == 0 and published.json["number"] == number, published
        if number == 1:
            new = [old.root / "new" / n for n in "123"]
            new[0].parent.mkdir()
            made = c.xinwang("city", "new", "--dir", old.root / "elsewhere", "--code", "130700000000", "--name", "张家口市",
                             "--catalogues", c.SOURCE / "deploy/catalogues",
                             *[o for key in new for o in ("--root-key", key)], "-o", "json")
            assert made.exit == 0, made
            keys = [line.split()[1] for key in new for line in key.read_text().splitlines() if line.startswith("public")]
    old.node.kill()
    old.node.start()
    directory = old.node.get("/v1/directory")
    assert directory["statement"]["number"] == 2 and sorted(directory["statement"]["root"]["keys"]) == sorted(keys)
    assert directory["statement"]["city"]["serial"] == 2
    look_up_everything(old)


def test_killed_while_it_is_brought_up_to_date(old):
    for _ in range(8):
        old.node.spawn()
        # Killed as soon as the process lives, a little later each time: before, in and after the small commit of the
        # upgrade and the steps behind it.
        c.wait_for("a log line", lambda: old.node.log.exists() and old.node.log.stat().st_size > 0)
        old.node.kill()
        old.node.log.unlink()
    old.node.start()
    look_up_everything(old)
    wait_whole(old.node)
    assert old.node.xinwang("verify").json["ok"]


def test_repair_brings_an_old_store_up_to_date_without_a_node(old):
    repaired = old.node.xinwang("repair")
    assert repaired.exit == 0 and repaired.json["entries_after"] == 3 * repaired.json["records"] > 0, repaired
    alone = old.node.xinwang("verify")
    assert alone.exit == 0 and alone.json["ok"], alone
    old.node.start()
    look_up_everything(old)
    refused = old.node.xinwang("repair")
    assert refused.exit == 5 and "XW-1903" in refused.err, refused
