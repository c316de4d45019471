# Shows, with real processes: a file handed in again does what it says, a file refused whole shows no ticks and is read again, a
# correction is not the province's before its own package is out, an answer to what was never sent is found and kept, and looking at
# a submission costs its page, not its file.
import city as c
import pytest

LABEL = "备注"


@pytest.fixture(scope="module")
def town():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)) as made:
        yield made


@pytest.fixture(scope="module")
def sample():
    return c.Sample(rows=3, seed=4711)


def taken(node, file, *options):
    done = node.xinwang("submit", file, "--catalogue", "xzxk", "--wait", *options)
    assert done.exit in (0, 6), done
    return done.json


def version(town, sample, tag, remark):
    row = {**sample.tagged(tag, 1)[0], LABEL: remark}
    return town.file(f"{tag}-{remark}.csv", sample.csv([row]))


def in_force(node, record):
    document = node.xinwang("record", record).json
    if document["current"] is None:
        return None
    return next(f["value"] for f in document["entries"][document["current"]]["fields"] if f["label"] == LABEL)


def record_of(node, submission):
    return node.submission(submission)["rows_list"][0]["record"]


def test_the_same_file_again_does_what_it_says(town, sample):
    village = town[c.VILLAGE_A]
    a, b = version(town, sample, "again", "first"), version(town, sample, "again", "second")
    first = taken(village, a)
    record = record_of(village, first["id"])
    assert taken(village, a)["id"] == first["id"]  # nothing has changed: the same answer
    assert taken(village, b)["rows"]["corrected"] == 1
    again = taken(village, a)
    assert again["id"] != first["id"] and again["rows"]["corrected"] == 1
    assert in_force(village, record) == "first"
    assert taken(village, a)["id"] == again["id"]


def test_publish_withdraw_publish_leaves_it_published(town, sample):
    village = town[c.VILLAGE_A]
    file = version(town, sample, "back", "there")
    record = record_of(village, taken(village, file)["id"])
    withdrawal = town.file("withdraw.csv", file.read_text())
    done = taken(village, withdrawal, "--action", "withdraw")
    assert done["rows"]["withdrawn"] == 1, done
    assert in_force(village, record) is None
    assert taken(village, file)["rows"]["accepted"] == 1
    assert in_force(village, record) == "there"


def test_a_file_refused_whole_shows_no_ticks_and_is_read_again(town):
    village = town[c.VILLAGE_A]
    bad = town.file("bad.csv", "no,such,columns\n1,2,3\n")
    first = taken(village, bad)
    assert first["state"] == "refused" and first["refusal"]
    assert first["ticks"] == {"here": None, "parent": None, "city": None}
    again = taken(village, bad)
    assert again["state"] == "refused" and again["id"] != first["id"]


def test_what_the_province_is_told_and_tells(town, sample):
    village, city = town[c.VILLAGE_A], town[c.CITY]
    first = taken(village, version(town, sample, "told", "one"))
    city.xinwang("link", "export")
    answer = c.subprocess.run([c.SOURCE / "deploy/province-sample.sh", city.home / "link/outbox"], capture_output=True, check=True).stdout
    assert city.xinwang("link", "feedback", town.file("answer.csv", answer)).exit == 0
    c.wait_for("the province's answer", lambda: village.submission(first["id"])["reported"]["accepted"] == 1)
    second = taken(village, version(town, sample, "told", "two"))
    shown = village.submission(second["id"])
    assert shown["reported"] == {"waiting": 1, "sent": 0, "accepted": 0, "refused": 0, "set_aside": 0, "not_needed": 0}
    assert shown["rows_list"][0]["outcome"] is None
    record = village.xinwang("record", shown["rows_list"][0]["record"]).json
    assert [e["outcome"] and e["outcome"]["result"] for e in record["entries"]] == ["accepted", None]
    city.xinwang("link", "export")
    c.wait_for("the correction is sent", lambda: village.submission(second["id"])["reported"]["sent"] == 1)

    # What was never sent, and one good row beside it.
    false = town.file("false.csv", "BH,XH,JLBS,JG,YYDM,YY\n9999999,1,,1,,\n")
    taken_in = city.xinwang("link", "feedback", false).json
    assert [f["refusal"]["number"] for f in taken_in["unknown"]] == ["XW-2116"]
    kept = city.home / "link/quarantine" / taken_in["kept_as"]
    assert kept.read_bytes() == false.read_bytes()
    assert "XW-2119" in [f["number"] for f in city.findings()]
    assert city.xinwang("link", "show").json["set_aside_files"][0]["total"] == 1
    kept.unlink()
    c.wait_for("it is settled", lambda: "XW-2119" not in [f["number"] for f in city.findings()])


def resident_kb(node):
    for line in open(f"/proc/{node.process.pid}/status", encoding="utf-8"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])


@pytest.mark.release_only("memory is that of release binaries; these have sanitizers")
def test_looking_costs_a_page(town, sample):
    """10,000 refused rows and as many accepted: looking at them leaves nothing behind in memory."""
    village = town[c.VILLAGE_A]
    rows = sample.tagged("many", 20_000)
    for row in rows[::2]:
        row["行政相对人名称"] = ""
    done = taken(village, town.file("many.csv", sample.csv(rows)), "--rows", "none", "--timeout", "200")
    assert done["rows"]["refused"] == 10_000 and done["rows"]["accepted"] == 10_000
    path = f"/v1/submissions/{done['id']}"
    before = resident_kb(village)
    for query in ("rows=none", "rows=refused", "rows=all&offset=19900", "rows=refused&after=19000"):
        document = village.get(f"{path}?{query}")
    assert [row["row"] for row in document["rows_list"]["rows"][:2]] == [19_001, 19_003]
    assert document["rows_list"]["total"] == 10_000
    assert village.get(f"{path}?rows=all&offset=19999")["rows_list"]["rows"][0]["row"] == 20_000
    village.get("/v1/submissions")
    assert resident_kb(village) - before < 4096
    status, refusal = village.http("GET", f"{path}?rows=refused&offset=10001")
    assert status == 422 and refusal["number"] == "XW-2260"
