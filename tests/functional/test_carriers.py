# Shows: carriers cannot read. After submissions about organisations and about persons from a village, no byte of the
# township's directory and log holds a name or number of them, nor the county's those of persons, while the city finds
# each record by its subject. And an idle village is small.
import pytest

import city as c

SHAPE = (c.CITY, c.COUNTY_A, c.TOWNSHIP, c.VILLAGE_A)


def holding(node, canaries):
    """Which canaries occur in any file of the node, its log included."""
    found = set()
    for path in [*node.home.rglob("*"), node.log]:
        if path.is_file() and path.name != "ballast":
            content = path.read_bytes()
            found |= {canary for canary in canaries if canary.encode() in content or canary.encode("gb18030") in content}
    return found


def canaries_of(rows, number):
    return {row["行政相对人名称"] for row in rows} | {row[number] for row in rows}


def test_carriers_hold_nothing_that_they_could_read():
    with c.City(SHAPE) as town:
        sample = c.Sample(40, persons=50)
        for i, row in enumerate(sample.rows):
            row["决定文书号"] = f"盲传-{i}"
            row["行政相对人名称"] = f"金丝雀{i:03}号" if row["行政相对人类别"] != "自然人" else f"欧阳雀{i:03}"
        persons = [row for row in sample.rows if row["行政相对人类别"] == "自然人"]
        organisations = [row for row in sample.rows if row["行政相对人类别"] != "自然人"]
        assert persons and organisations
        of_persons = canaries_of(persons, "证件号码")
        of_organisations = canaries_of(organisations, "统一社会信用代码")
        village = town[c.VILLAGE_A]
        done = village.submit(town.file("rows.csv", sample.csv(sample.rows)))
        document = village.wait_submission(done.json["id"])
        assert document["rows"]["accepted"] == len(sample.rows)

        city = town[c.CITY]
        for row in sample.rows:
            subject = row["证件号码"] if row in persons else row["统一社会信用代码"]
            found = city.xinwang("record", "--subject", subject).json
            assert found["total"] >= 1 and found["records"][0]["subject"] == subject
        # What is looked for is found where it lies: the search itself works.
        control = town[c.TOWNSHIP].home / "store/control"
        control.write_text(sample.csv(sample.rows), encoding="utf-8")
        assert holding(town[c.TOWNSHIP], of_persons | of_organisations) == of_persons | of_organisations
        control.unlink()
        for node in town.nodes.values():
            assert node.stop() == 0
        assert holding(town[c.TOWNSHIP], of_persons | of_organisations) == set()
        assert holding(town[c.COUNTY_A], of_persons) == set()


@pytest.mark.release_only("memory and processor time are those of release binaries; these have sanitizers")
def test_idle_village_is_small():
    with c.City(SHAPE) as town:
        village = town[c.VILLAGE_A]
        sample = c.Sample(20)
        done = village.submit(town.file("rows.csv", sample.csv(sample.rows)))
        village.wait_submission(done.json["id"])
        assert village.status()["memory"]["rss_bytes"] < 20_000_000
