# Shows: every verb of the command line answers with -o json in the shape that node/api/API.md promises, and bad input of
# every kind meets its numbered refusal and the exit code of tools/README.md, while the good rows beside it are taken.
import json
import re

import pytest

import city as c

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)


@pytest.fixture(scope="module")
def town():
    with c.City(SHAPE) as made:
        yield made


@pytest.fixture(scope="module")
def sample():
    return c.Sample(12)


def unique(sample, tag, rows=4):
    return sample.tagged(tag, rows)


def hand_in(town, name, content, *options, node=c.VILLAGE_A, catalogue="xzxk", until="here"):
    """submit --wait: the exit status and the document with all rows."""
    done = town[node].submit(town.file(name, content), catalogue, "--wait", "--until", until, "--rows", "all", "--timeout", 60,
                             *options)
    return done.exit, done.json


def numbers(document):
    return {row["row"]: [f["number"] for f in row["findings"]] for row in document["rows_list"]["rows"]
            if row["verdict"] == "refused"}


# --- shapes


def examples():
    """Schema name to the example in API.md."""
    text = (c.SOURCE / "node/api/API.md").read_text(encoding="utf-8")
    found = {}
    for block in re.findall(r"```json\n(.*?)```", text, re.S):
        document = json.loads(block)
        found.setdefault(document["schema"], document)
    return found


EXAMPLES = examples()


def compare(example, got, at):
    """The same members on every level; null stands for anything, an empty list for any list."""
    if example is None or got is None:
        return
    if isinstance(example, dict):
        assert isinstance(got, dict), f"{at}: {got}"
        assert set(example) == set(got), f"{at}: {sorted(set(example) ^ set(got))}"
        for key in example:
            compare(example[key], got[key], f"{at}.{key}")
    elif isinstance(example, list):
        assert isinstance(got, list), f"{at}: {got}"
        if example:
            for i, item in enumerate(got):
                compare(example[0], item, f"{at}[{i}]")
    else:
        kind = type(example)
        assert isinstance(got, kind) and (kind is bool or not isinstance(got, bool)), f"{at}: {got!r}"


def of_schema(done, schema, *exits):
    assert done.exit in (exits or (0,)), done
    document = done.json
    assert document["schema"] == schema
    if schema in EXAMPLES:
        compare(EXAMPLES[schema], document, schema)
    return document


def test_every_verb_answers_in_its_schema(town, sample):
    city, village = town[c.CITY], town[c.VILLAGE_A]
    seen = set()

    def check(done, schema, *exits):
        seen.add(schema)
        return of_schema(done, schema, *exits)

    rows = unique(sample, "schema")
    rows[1]["统一社会信用代码"] = "91130600MA0XXXXXXX"
    file = town.file("schema.csv", sample.csv(rows))
    submitted = check(village.submit(file), "xinwang.submitted/1")
    submission = submitted["id"]
    shown = check(village.xinwang("submission", submission, "--wait", "--until", "city", "--rows", "all"), "xinwang.submission/1",
                  6)
    assert shown["rows"]["refused"] == 1 and shown["ticks"]["city"]["done"]
    listed = check(village.xinwang("submission"), "xinwang.submissions/1")
    assert listed["total"] == 1
    good = [row for row in shown["rows_list"]["rows"] if row["record"]][0]
    record = check(village.xinwang("record", good["record"]), "xinwang.record/1")
    check(village.xinwang("record", "--subject", record["subject"]), "xinwang.records/1")
    dated = check(city.xinwang("record", "--catalogue", record["catalogue"], "--limit", "10"), "xinwang.entries/1")
    assert good["record"] in [entry["id"] for entry in dated["entries"]] and not dated["more"]
    day = record["entries"][0]["date"]
    of_day = check(city.xinwang("record", "--catalogue", record["catalogue"], "--from", day, "--to", day), "xinwang.entries/1")
    assert {entry["date"] for entry in of_day["entries"]} == {day}
    receipts = check(village.xinwang("receipt", submission, "--out", town.root / "receipts"), "xinwang.receipts/1")
    assert receipts["complete"] and all(r["verified"] for r in receipts["receipts"])
    folder = {path.name for path in (town.root / "receipts").iterdir()}
    assert {"receipt", "SHA256SUMS", "vkeys", "chain"} < folder, folder
    root = village.get("/v1/directory")["pinned_root"]
    check(c.xinwang("receipt", "verify", town.root / "receipts", "--root", root, "-o", "json"), "xinwang.receipt_verified/1")
    files = village.get(f"/v1/receipt-files?submission={submission}")
    assert {file["name"] for file in files["files"]} >= {"receipt", "vkeys"}, files
    seen.add(files["schema"])

    for node in (city, village):
        check(node.xinwang("status"), "xinwang.status/1", 0, 1)
        check(node.xinwang("topology"), "xinwang.topology/1")
        check(node.xinwang("catalogues"), "xinwang.catalogues/1")
        check(node.xinwang("quarantine"), "xinwang.quarantine/1")
        check(node.xinwang("retention"), "xinwang.retention/1")
        check(node.xinwang("verify"), "xinwang.verify/1")
        check(node.xinwang("node", "drain", "--wait"), "xinwang.drain/1")
        check(node.xinwang("node", "drain", "--off"), "xinwang.drain/1")
        check(node.xinwang("backup", town.root / f"backup-{node.code}", "--same-disk"), "xinwang.backup/1")
    assert set(city.status()["link"]) == {"profile", "packages", "unanswered", "list"}
    both = check(c.xinwang("status", city.home, village.home, "-o", "json"), "xinwang.status_all/1", 0, 1)
    assert len(both["nodes"]) == 2
    check(city.xinwang("invite", c.COUNTY_B, "--name", c.NAMES[c.COUNTY_B], *town.operators[0]), "xinwang.order/1")
    invited = check(city.xinwang("approve", c.COUNTY_B, *town.operators[1]), "xinwang.invitation/1")
    check(city.xinwang("orders"), "xinwang.orders/1")
    newcomer = c.Node(town, c.COUNTY_B, town.root / c.COUNTY_B, c.free_port(), c.free_port())
    of_schema(town.join(newcomer, invited["line"]), "xinwang.node_dir/1")
    check(city.xinwang("invitations"), "xinwang.invitations/1")
    check(city.xinwang("revoke", c.COUNTY_B, "--reason", "never arrived"), "xinwang.revocation/1")
    for node in (city, village):
        check(node.xinwang("check", "key"), "xinwang.keys/1")
    check(village.xinwang("directory"), "xinwang.directory/1")
    by_file = c.Node(town, c.VILLAGE_B, town.root / "by-file", c.free_port(), c.free_port())
    of_schema(c.xinwang("request", "--dir", by_file.home, "--code", c.VILLAGE_B, "--name", c.NAMES[c.VILLAGE_B], "--out",
                        town.root / "request", "-o", "json"), "xinwang.request/1")
    check(town[c.TOWNSHIP].xinwang("certify", town.root / "request", "--out", town.root / "reply"), "xinwang.certified/1")
    of_schema(c.xinwang("join", town.root / "reply", "--dir", by_file.home, "-o", "json"), "xinwang.node_dir/1")
    draft = town.root / "draft"
    check(city.xinwang("directory", "draft", "--out", draft), "xinwang.directory_draft/1")
    roots = [town.root / "root" / n / "key" for n in "123"]
    check(c.xinwang("directory", "sign", draft, "--root-key", roots[0], "--root-key", roots[2], "-o", "json"),
          "xinwang.directory_draft/1")
    check(city.xinwang("directory", "publish", draft), "xinwang.directory_published/1")

    exported = check(city.xinwang("link", "export"), "xinwang.link_export/1")
    assert exported["packages"][0]["records"] == 3
    check(city.xinwang("link", "export"), "xinwang.link_export/1", 9)
    answer = c.subprocess.run([c.SOURCE / "deploy/province-sample.sh", city.home / "link/outbox"], capture_output=True,
                              check=True).stdout
    check(city.xinwang("link", "feedback", town.file("answer.csv", answer)), "xinwang.link_feedback/1")
    assert check(city.xinwang("link", "show"), "xinwang.link/1")["rows"]["accepted"] == 3
    c.wait_for("the province's verdicts at the village",
               lambda: village.submission(submission)["reported"]["accepted"] == 3)
    check(village.xinwang("record", good["record"]), "xinwang.record/1")
    check(village.xinwang("explain", "XW-1203"), "xinwang.explain/1")
    check(village.xinwang("version"), "xinwang.version/1")
    # Tests of their own, by of_schema() too: test_divisions.py and test_move.py, test_clone.py, test_authority.py.
    elsewhere = ("xinwang.refusal/1", "xinwang.topology_", "xinwang.thaw/1", "xinwang.transfer/1")
    missing = [schema for schema in EXAMPLES if schema not in seen and not schema.startswith(elsewhere)]
    assert not missing, missing

    new = c.Node(town, "130700000000", town.root / "new", c.free_port(), c.free_port())
    of_schema(c.xinwang("city", "new", "--dir", new.home, "--code", new.code, "--name", "张家口市", *town.listen(new), "--catalogues",
                        c.SOURCE / "deploy/catalogues", "--root-key", town.root / "new-root", "--threshold", "1", "-o", "json"),
              "xinwang.node_dir/1")
    status, refusal = village.http("GET", "/v1/records/00")
    assert status == 404
    compare(EXAMPLES["xinwang.refusal/1"], refusal, "refusal")


def test_help_of_every_verb():
    top = c.xinwang("--help")
    assert top.exit == 0
    for verb in ("city", "invite", "join", "status", "topology", "submit", "submission", "record", "receipt", "link", "backup",
                 "restore", "verify", "repair"):
        assert f" {verb} " in top.out
        assert c.xinwang(verb, "--help").exit == 0


# --- exit codes


def test_exit_codes_of_questions(town):
    village = town[c.VILLAGE_A]
    assert village.xinwang("no-such-verb").exit == 2
    assert c.xinwang("status", "--dir", town.root / "nowhere").exit == 3
    for done in (village.xinwang("link", "show"), village.xinwang("link", "export")):
        assert done.exit == 4 and "XW-2204" in done.err
    for verb in ("submission", "record", "receipt"):
        done = village.xinwang(verb, "0" * 32)
        assert done.exit == 6 and "XW-2205" in done.err, done
        assert done.out == ""
    done = village.xinwang("explain", "XW-9999")
    assert done.exit == 6
    done = village.xinwang("invite", c.COUNTY_B)
    assert done.exit != 0 and "XW-" in done.err and "Try:" in done.err, done


# --- files


def test_unknown_catalogue(town, sample):
    done = town[c.VILLAGE_A].submit(town.file("u.csv", sample.csv(unique(sample, "u"))), "nosuch")
    assert done.exit == 6 and "XW-2027" in done.err, done


def test_oversize_file(town):
    path = town.root / "huge.csv"
    with open(path, "wb") as file:
        file.truncate((2 << 30) + 1)
    done = town[c.VILLAGE_A].submit(path)
    assert done.exit == 8 and "2147483648" in done.err, done


def test_oversize_row_and_field(town, sample):
    rows = unique(sample, "big", 6)
    rows[1]["许可内容"] = "长" * 5000  # over the catalogue's length
    rows[2]["许可内容"] = "x" * ((64 << 10) + 1)  # over a cell's bytes
    content = sample.csv(rows[:4])
    content += ",".join(["y" * 60_000] * 20) + "\n"  # over a row's bytes
    content += sample.csv(rows[4:]).split("\n", 1)[1]
    exit_status, document = hand_in(town, "big.csv", content)
    assert exit_status == 6 and document["state"] == "done"
    assert numbers(document) == {2: ["XW-1204"], 3: ["XW-1313"], 5: ["XW-1311"]}, numbers(document)
    assert document["rows"]["accepted"] == 4 and document["rows"]["total"] == 7
    limits = {f["number"]: f["limit"] for row in document["rows_list"]["rows"] for f in row["findings"]}
    assert limits["XW-1204"] == "4000" and limits["XW-1313"] == "65536" and limits["XW-1311"] == "1048576"


def test_bad_rows_are_named_and_the_others_are_taken(town, sample):
    rows = unique(sample, "bad", 6)
    rows[0]["许可决定日期"] = "2025/02/30"
    rows[2]["许可类别"] = "随便"
    rows[3]["决定文书名称"] = ""
    exit_status, document = hand_in(town, "bad.csv", sample.csv(rows))
    assert exit_status == 6
    assert numbers(document) == {1: ["XW-1108"], 3: ["XW-1205"], 4: ["XW-1203"]}
    assert document["rows"]["accepted"] == 3
    refused = [row for row in document["rows_list"]["rows"] if row["verdict"] == "refused"]
    for row in refused:
        finding = row["findings"][0]
        assert finding["zh"]["sentence"] and finding["en"]["advice"] and finding["label"] and finding["rule"].startswith("xzxk/1")


def test_wrong_encoding(town, sample):
    content = sample.csv(unique(sample, "gb")).encode("gb18030")
    exit_status, document = hand_in(town, "gb.csv", content, "--encoding", "utf-8")
    assert exit_status == 6 and document["state"] == "refused" and document["refusal"]["number"] == "XW-1303"
    exit_status, document = hand_in(town, "gb-right.csv", content + b"\n", "--encoding", "gb18030")
    assert exit_status == 0 and document["rows"]["accepted"] == 4
    exit_status, document = hand_in(town, "zip.csv", b"PK\x03\x04" + bytes(range(256)))
    assert exit_status == 6 and document["refusal"]["number"] == "XW-1304"


def test_shifted_columns(town, sample):
    rows = unique(sample, "shift", 5)
    lines = [sample.csv([row]).split("\n")[1] for row in rows]
    shifted = ",".join(sample.header) + "\n" + "".join("1," + line.removesuffix(",") + "\n" for line in lines)
    exit_status, document = hand_in(town, "shift.csv", shifted)
    assert exit_status == 6 and document["state"] == "refused" and document["refusal"]["number"] == "XW-1310", document


def test_unknown_column(town, sample):
    content = sample.csv(unique(sample, "col"), [*sample.header[:-1], "信用评分"])
    exit_status, document = hand_in(town, "col.csv", content)
    assert exit_status == 6 and document["refusal"]["number"] == "XW-1306" and document["refusal"]["value"] == "信用评分"


def test_the_same_file_again_changes_nothing(town, sample):
    village = town[c.VILLAGE_A]
    file = town.file("again.csv", sample.csv(unique(sample, "again")))
    first = village.submit(file)
    before = village.wait_submission(first.json["id"])
    entries = {lane["lane"]: lane["entries"] for lane in village.status()["logs"]}["records"]
    again = village.submit(file)
    assert again.exit == 0 and again.json["already"] and again.json["id"] == first.json["id"]
    after = village.submission(first.json["id"])
    assert (after["rows"], after["rows_list"]) == (before["rows"], before["rows_list"])
    # The same rows in another file: each is known and says so.
    exit_status, document = hand_in(town, "again-2.csv", sample.csv(reversed(unique(sample, "again"))))
    assert exit_status == 0 and document["rows"]["unchanged"] == 4 and document["rows"]["accepted"] == 0
    assert {lane["lane"]: lane["entries"] for lane in village.status()["logs"]}["records"] == entries


def test_corrected_row_alone_then_withdrawn(town, sample):
    rows = unique(sample, "fix", 2)
    _, document = hand_in(town, "fix.csv", sample.csv(rows))
    record = document["rows_list"]["rows"][0]["record"]
    rows[0]["许可内容"] = "更正后的内容"
    exit_status, document = hand_in(town, "fix-2.csv", sample.csv(rows[:1]), until="city")
    assert exit_status == 0 and document["rows"]["corrected"] == 1 and document["rows"]["total"] == 1
    assert document["rows_list"]["rows"][0]["record"] == record
    exit_status, document = hand_in(town, "gone.csv", sample.csv(rows[:1]), "--action", "withdraw", until="city")
    assert exit_status == 0 and document["rows"]["withdrawn"] == 1, document
    for node in (town[c.CITY], town[c.VILLAGE_A]):
        history = node.get(f"/v1/records/{record}")
        assert [entry["kind"] for entry in history["entries"]] == ["publish", "correct", "withdraw"]
        assert history["current"] is None
    unknown = unique(sample, "never", 1)
    exit_status, document = hand_in(town, "never.csv", sample.csv(unknown), "--action", "withdraw")
    assert exit_status == 6 and numbers(document) == {1: ["XW-1318"]}


def test_waiting_has_an_end(town, sample):
    # Nobody carries it upward: the wait ends as told, temporary, and the answer so far is shown.
    town[c.TOWNSHIP].kill()
    done = town[c.VILLAGE_A].submit(town.file("wait.csv", sample.csv(unique(sample, "wait"))), "xzxk", "--wait", "--timeout", 1)
    assert done.exit == 5 and "XW-2212" in done.err and not done.json["ticks"]["city"]["done"], done
    town[c.TOWNSHIP].start()
    town[c.VILLAGE_A].wait_submission(done.json["id"])
