"""Shows that `receipt --out` writes all that a stranger needs: `receipt verify` believes it with no node, by the root id
alone; so do Go's own sumdb/note and sumdb/tlog, which know nothing of Xinwang, and the second implementation in
tests/decoder; and that a folder in which anything was changed is refused by the file's name."""
import os
import pathlib
import shutil
import subprocess
import sys

import city as c
import pytest

sys.path.insert(0, str(c.SOURCE / "tests/decoder"))
import xwdecode  # noqa: E402

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)
GO = shutil.which("go")
GO_PATH = pathlib.Path("/usr/share/gocode")


@pytest.fixture(scope="module")
def town():
    with c.City(SHAPE) as made:
        yield made


@pytest.fixture(scope="module")
def given(town, tmp_path_factory):
    """A folder as a stranger gets it, far from any node: (folder, root id). Persons' rows and organisations' are sealed
    apart, so there are several batches; a submission before this one stands in the log already."""
    village, sample = town[c.VILLAGE_A], c.Sample(rows=40, persons=10)
    for name in ("before", "this"):
        done = village.submit(town.file(f"{name}.csv", sample.csv(sample.tagged(name, 300))))
        assert done.exit == 0, done
        village.wait_submission(done.json["id"])
    out = tmp_path_factory.mktemp("stranger") / "receipt"
    done = village.xinwang("receipt", done.json["id"], "--out", out, "--row", 7)
    assert done.exit == 0, done
    return out, village.get("/v1/directory")["statement"]["root"]["id"]


def verify(folder, root):
    return c.xinwang("receipt", "verify", folder, "--root", root, "--dir", "/nowhere", "-o", "json")


def sizes(folder):
    return sorted(folder.glob("*/size-*"))


def test_a_stranger_believes_the_folder_by_the_root_id_alone(given):
    folder, root = given
    done = verify(folder, root)
    assert done.exit == 0, done
    told = done.json
    assert told["complete"] and told["origin"]["code"] == c.VILLAGE_A and told["row"]["row"] == 7
    assert told["batches"] >= 2 and told["entries"] == 300
    assert {r["ancestor"]["code"] for r in told["receipts"] if r["covers"]} == {c.CITY, c.COUNTY_A, c.TOWNSHIP}
    assert subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=folder).returncode == 0
    # And for people.
    shown = c.run_tool("xinwang", "receipt", "verify", folder, "--root", root, "--lang", "en")
    assert shown.returncode == 0 and c.NAMES[c.CITY] in shown.stdout


def test_another_root_is_not_believed(given):
    folder, root = given
    other = root[:-1] + ("0" if root[-1] != "0" else "1")
    refused = verify(folder, other)
    assert refused.exit == 6 and "XW-2424" in refused.err, refused
    assert verify(folder, "no id").exit == 2


def test_whatever_is_changed_is_refused_by_the_files_name(given, tmp_path):
    folder, root = given
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = file.read_bytes()
        name = str(file.relative_to(folder))
        for at in (len(content) // 3, len(content) - 1):
            changed = tmp_path / "changed"
            shutil.copytree(folder, changed)
            (changed / name).write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
            refused = verify(changed, root)
            assert refused.exit == 6 and "XW-" in refused.err, (name, at, refused)
            assert name in refused.err or name == "receipt", (name, at, refused.err)
            shutil.rmtree(changed)
        changed = tmp_path / "changed"
        shutil.copytree(folder, changed)
        (changed / name).unlink()
        assert verify(changed, root).exit == 6
        (changed / name).write_bytes(content)
        (changed / (name + ".more")).write_bytes(b"x")
        refused = verify(changed, root)
        assert "XW-2422" in refused.err and name + ".more" in refused.err, refused
        shutil.rmtree(changed)


def test_what_cannot_be_made_or_read_is_told_by_its_number(town, given, tmp_path):
    folder, root = given
    village = town[c.VILLAGE_A]
    submission = verify(folder, root).json["submission"]
    assert "XW-2431" in village.xinwang("receipt", submission, "--out", folder).err
    assert "XW-2429" in village.xinwang("receipt", submission, "--out", tmp_path / "row", "--row", 301).err
    assert "XW-2205" in village.xinwang("receipt", "00" * 16, "--out", tmp_path / "none").err
    assert "XW-2430" in verify(tmp_path / "nothing", root).err
    link = tmp_path / "link"
    shutil.copytree(folder, link)
    os.symlink("/etc/passwd", link / "more")
    assert "XW-2430" in verify(link, root).err
    # Before anybody above holds it there is nothing to prove.
    town[c.TOWNSHIP].stop()
    sample = c.Sample(rows=3)
    done = village.submit(town.file("alone.csv", sample.csv(sample.tagged("alone", 3))))
    village.wait_submission(done.json["id"], until="here")
    refused = village.xinwang("receipt", done.json["id"], "--out", tmp_path / "alone")
    assert refused.exit == 6 and "XW-2428" in refused.err, refused
    town[c.TOWNSHIP].start()


def test_the_second_implementation_reads_every_note_of_the_folder(given):
    folder, _ = given
    for size in sizes(folder):
        note = (size / "checkpoint").read_bytes()
        _, signatures = xwdecode.parse_note(note)
        names = [name for name, _, _ in signatures]
        origin = note.split(b"\n")[0].decode()
        assert names[0] == origin and len(names) >= 3
        for line in (size / "policy").read_text().splitlines():
            word, *rest = line.split(" ")
            if word == "witness":
                name, _, key = rest[1].split("+", 2)
                node = bytes.fromhex(name.removeprefix("xinwang/"))
                assert xwdecode.verify_receipt(note, node, xwdecode.base64.b64decode(key)[1:])["size"]


@pytest.fixture(scope="module")
def other_peoples_tool(tmp_path_factory):
    if GO is None or not (GO_PATH / "src/golang.org/x/mod/sumdb/note").is_dir():
        pytest.skip("no go with golang.org/x/mod here: deploy/setup.sh installs both")
    built = tmp_path_factory.mktemp("go") / "check"
    subprocess.run([GO, "build", "-o", built, c.SOURCE / "tests/decoder/others/check.go"], check=True,
                   env={**os.environ, "GO111MODULE": "off", "GOPATH": GO_PATH, "GOFLAGS": "",
                        "GOCACHE": str(built.parent / "cache")})
    return built


def test_other_peoples_tools_open_the_checkpoints_and_find_every_batch_in_them(given, other_peoples_tool):
    folder, _ = given
    vkeys = (folder / "vkeys").read_text().splitlines()
    for size in sizes(folder):
        origin = (size / "checkpoint").read_text().split("\n")[0]
        key = next(k for k in vkeys if k.startswith(origin + "+"))
        leaves = []
        for proof in sorted(size.glob("*.tlog-proof")):
            header = (size.parent / proof.name.replace(".tlog-proof", ".header")).read_bytes()
            leaves += [proof, xwdecode.Batch(header).id.hex()]
        command = [other_peoples_tool, key, size / "checkpoint"]
        done = subprocess.run(command + leaves, capture_output=True, text=True)
        assert done.returncode == 0 and f"holds: {len(leaves) // 2} leaves" in done.stdout, done
        # Another leaf, another name for the same key, the ancestors' keys alone.
        assert subprocess.run(command + [leaves[0], "00" * 32], capture_output=True).returncode == 1
        for other in vkeys:
            if other != key:
                assert subprocess.run([other_peoples_tool, other, size / "checkpoint"], capture_output=True).returncode == 1
