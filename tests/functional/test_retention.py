"""Shows that records past their last day are removed batch by batch, never before every ancestor's receipt, and that the
log still verifies: header, chain and tree as before, and a signed statement in the place of the contents."""
import pytest

import city as c

SETTLE = """
[retention]
settle_days = 0
"""
PAST, LONG = "2026/01/31", "2099/12/31"


def settle(city):
    """From now on what is past its day may go at once, at every node."""
    for node in city.nodes.values():
        assert node.stop() == 0
        with open(node.home / "node.toml", "a", encoding="utf-8") as config:
            config.write(SETTLE)
        node.start()


@pytest.fixture(scope="module")
def line():
    with c.City([c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A], profile=False) as city:
        settle(city)
        yield city


def penalties(line, seed, shown_until, rows=6):
    sample = c.Sample(rows=rows, kind="penalty", seed=seed)
    for number, row in enumerate(sample.rows):
        row["公示截止期"] = shown_until
        row["决定书文号"] = f"罚{seed}-{number}号"
    done = line[c.VILLAGE_A].submit(line.file(f"penalty{seed}.csv", sample.csv(sample.rows)), "xzcf")
    assert done.exit == 0, done
    return done.json["id"]


def records_of(node, submission):
    return [row["record"] for row in node.submission(submission)["rows_list"] if row["record"]]


def test_nothing_goes_before_the_receipts_and_the_log_still_verifies(line):
    village, county, city = line[c.VILLAGE_A], line[c.COUNTY_A], line[c.CITY]
    kept = penalties(line, 1, LONG)
    village.wait_submission(kept)
    # The city is away: township and county have the batch, and that is not enough.
    assert city.stop() == 0
    past = penalties(line, 2, PAST)
    c.wait_for("the county holds it", lambda: county.status()["lag"]["batches"] == 0 and
               county.get("/v1/retention")["unconfirmed"] == 1)
    c.wait_for("done here", lambda: village.submission(past)["state"] == "done")
    shown = village.xinwang("retention")
    assert shown.exit == 0 and shown.json["due"]["total"] == 0 and shown.json["unconfirmed"] == 1, shown
    assert village.xinwang("retention", "--apply").exit == 9
    city.start()
    village.wait_submission(past)
    c.wait_for("due once the city has signed", lambda: village.get("/v1/retention")["due"]["total"] == 1)

    gone_records = records_of(village, past)
    before = village.status()["gaps"]["expired"]
    done = village.xinwang("retention", "--apply")
    assert done.exit == 0 and done.json["applied"] == 1, done
    assert done.json["due"]["list"][0]["reasons"] == [{"rule": "xzcf/1", "entries": 6, "until": "20260131"}]
    assert village.status()["gaps"]["expired"] == before + 1
    gone = village.get("/v1/retention")["gone"]
    assert gone["total"] == 1 and gone["list"][0]["statement"].startswith("xinwang.expired/1\n")
    verified = village.xinwang("verify")
    assert verified.exit == 0 and verified.json["expired"] == 1, verified

    assert len(gone_records) == 6 and records_of(village, past) == []
    for record in gone_records:
        refused = village.xinwang("record", record)
        assert refused.exit == 6 and "XW-1933" in refused.err, refused
    for record in records_of(village, kept):
        assert village.xinwang("record", record).exit == 0
    # Above, the contents are still there; shown they are not.
    assert "XW-1933" in city.xinwang("record", gone_records[0]).err
    assert village.xinwang("retention", "--apply").exit == 9


def test_what_has_gone_stays_gone_over_a_restart_and_the_log_goes_on(line):
    village, county = line[c.VILLAGE_A], line[c.COUNTY_A]
    assert county.xinwang("retention", "--apply").json["applied"] == 1
    for node in (village, county):
        assert node.stop() == 0
        node.start()
        assert node.status()["gaps"]["expired"] == 1
    later = penalties(line, 3, LONG)
    village.wait_submission(later)
    for node in (village, county):
        verified = node.xinwang("verify")
        assert verified.exit == 0 and verified.json["expired"] == 1, verified
    assert village.xinwang("record", records_of(village, later)[0]).exit == 0
