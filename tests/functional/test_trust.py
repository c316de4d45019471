# Shows: the city's root lies apart from its node and changes the directory only by its threshold; what is older, forked,
# skipped or unsigned is refused by name; a county takes two persons; a village joins by one line or by two files, and from
# nothing to the first confirmed batch it takes minutes and shows nobody a certificate; what is refused leaves nothing behind.
import base64
import hashlib
import os
import shutil
import subprocess
import time

import nacl.public
import nacl.signing
import pytest

import city as c
from test_errors import LATER, altered, named, public_key

YEAR_S = 365 * 86400


@pytest.fixture
def root():
    with c.City() as made:
        yield made


@pytest.fixture(scope="module")
def town():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP)) as made:
        yield made


def roots(city):
    return [city.root / "root" / n / "key" for n in "123"]


def draft(city, name, *options):
    file = city.root / name
    done = city[c.CITY].xinwang("directory", "draft", "--out", file, *options)
    assert done.exit == 0, done
    return file


def sign(file, *keys, out=None):
    done = c.xinwang("directory", "sign", file, *[o for key in keys for o in ("--root-key", key)],
                     *(["--out", out] if out else []), "-o", "json")
    assert done.exit == 0, done
    return out or file


def publish(city, *files):
    return city[c.CITY].xinwang("directory", "publish", *files)


def number_at(node):
    return node.get("/v1/directory")["statement"]["number"]


# --- the ceremony


def operator_line(folder, name, file):
    passphrase = folder / "passphrase"
    passphrase.write_text("a passphrase for tests\n")
    passphrase.chmod(0o600)
    done = c.xinwang("operator", "new", name, "--out", folder / file, "--passphrase-file", passphrase, "-o", "json")
    assert done.exit == 0, done
    return done.json["line"]


def test_the_root_is_made_apart_and_a_ceremony_that_was_cut_short_goes_on(tmp_path):
    def new(home, keys, *options):
        return c.xinwang("city", "new", "--dir", home, "--code", c.CITY, "--name", "保定市", "--catalogues",
                         c.SOURCE / "deploy/catalogues", *[o for key in keys for o in ("--root-key", key)], *options, "-o", "json")

    home, keys = tmp_path / "node", [tmp_path / place / "root.key" for place in ("a", "b", "c")]
    # A medium that is not mounted.
    named(new(home, keys), "XW-2223", 6)
    assert not home.exists() and not keys[0].parent.exists()
    for key in keys:
        key.parent.mkdir()
    twice = [operator_line(tmp_path, name, file) for name, file in (("张三", "one"), ("张三", "two"))]
    done = named(new(home, keys, "--operator", twice[0], "--operator", twice[1]), "XW-2226", 6)
    assert "张三" in done.err and "draft" not in done.err, done
    named(new(home, keys, "--listen", "127.0.0.1:7301", "--enrol", "127.0.0.1:7301"), "XW-2225", 6)
    short = tmp_path / "short"
    for text, number in (("short", "XW-2048"), ("\n", "XW-2224")):
        short.write_text(text)
        short.chmod(0o600)
        named(new(home, keys, "--passphrase-file", short), number, 6)
        named(c.xinwang("operator", "new", "王五", "--out", tmp_path / "key", "--passphrase-file", short), number, 6)
    named(new(home, [home / "root.key", *keys[1:]]), "XW-2220", 6)
    named(new(home, [keys[0], keys[1], keys[1]]), "XW-2220", 6)
    assert not home.exists() and not any(key.exists() for key in keys)
    first = new(home, keys)
    assert first.exit == 0 and first.json["root"]["threshold"] == 2, first
    for key in keys:
        assert key.stat().st_mode & 0o777 == 0o600
        assert str(key) in first.err
        secret = [line.split()[1] for line in key.read_text().splitlines() if line.startswith("secret")][0]
        held = [p for p in home.rglob("*") if p.is_file() and (secret.encode() in p.read_bytes() or
                                                               bytes.fromhex(secret) in p.read_bytes())]
        assert not held, held
    named(new(home, keys), "XW-2020", 6)
    # As if the machine had stopped before the last step.
    shutil.rmtree(home)
    again = new(home, keys)
    assert again.exit == 0 and again.json["root"]["id"] == first.json["root"]["id"], again
    other = c.xinwang("city", "new", "--dir", tmp_path / "other", "--code", "130700000000", "--name", "张家口市",
                      "--catalogues", c.SOURCE / "deploy/catalogues", "--root-key", keys[0], "--threshold", "1", "-o", "json")
    named(other, "XW-2219", 6)


def test_a_statement_takes_force_everywhere_by_two_of_three_keys(town):
    city, township = town[c.CITY], town[c.TOWNSHIP]
    before = number_at(city)
    file = draft(town, "next", "--days", "400")
    named(city.xinwang("directory", "draft", "--out", file), "XW-2219", 6)
    named(publish(town, file), "XW-1742", 6)
    # Two people at two machines, each with a copy of the draft, one key and nothing else.
    one = sign(file, roots(town)[0], out=town.root / "one")
    two = sign(file, roots(town)[2], out=town.root / "two")
    named(publish(town, one), "XW-1742", 6)
    alone = c.xinwang("directory", "check", one, "--dir", town.root / "nowhere")
    named(alone, "XW-1742", 6)
    checked = city.xinwang("directory", "check", one, two)
    assert checked.exit == 0 and len(checked.json["statement"]["signatures"]) == 2, checked
    done = publish(town, one, two)
    assert done.exit == 0 and not done.json["already"], done
    assert publish(town, one, two).json["already"]
    c.wait_for("the township has it", lambda: number_at(township) == before + 1)
    assert township.get("/v1/directory")["statement"]["id"] == done.json["id"]
    # And after a restart.
    township.kill()
    township.start()
    assert number_at(township) == before + 1
    assert township.status()["directory"]["statement"]["state"] == "in_force"
    shown = township.xinwang("directory")
    assert shown.exit == 0 and shown.json["pinned_root"] == shown.json["statement"]["root"]["id"], shown


def read(file):
    text = file.read_text().strip().split(":", 1)[1]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_by_hand(city, body, name):
    """A statement as somebody would write it who has root keys and another program."""
    out = city.root / name
    signatures = []
    for key in roots(city)[:2]:
        seed = [line.split()[1] for line in key.read_text().splitlines() if line.startswith("secret")][0]
        signer = nacl.signing.SigningKey(bytes.fromhex(seed))
        message = b"XW-directory\0" + hashlib.blake2b(body).digest()
        signatures.append(bytes(signer.verify_key) + signer.sign(message).signature)
    raw = body + bytes([len(signatures)]) + b"".join(sorted(signatures))
    out.write_text("xinwang-directory1:" + base64.urlsafe_b64encode(raw).decode().rstrip("="))
    return out


def test_old_forked_skipped_and_foreign_statements_are_refused_by_name(town):
    old = sign(draft(town, "old"), *roots(town)[:2])
    forked = sign(draft(town, "forked", "--days", "1"), *roots(town)[:2])
    late = draft(town, "late", "--days", "2")
    assert publish(town, old).exit == 0
    named(publish(town, forked), "XW-1744", 6)
    after = draft(town, "after")
    body = read(after)[:-1]
    skipped = body[:2] + (int.from_bytes(body[2:10], "little") + 1).to_bytes(8, "little") + body[10:]
    named(publish(town, signed_by_hand(town, skipped, "skipped")), "XW-1745", 6)
    checkpoint = body[:-1] + bytes([body[-1] ^ 1])
    done = named(publish(town, signed_by_hand(town, checkpoint, "checkpoint")), "XW-1744", 6)
    assert "checkpoint" in done.err
    assert publish(town, signed_by_hand(town, body, "by-hand")).exit == 0
    named(publish(town, sign(late, *roots(town)[:2])), "XW-1743", 6)
    named(publish(town, old), "XW-1743", 6)
    named(town[c.TOWNSHIP].xinwang("directory", "publish", old), "XW-2204", 4)
    strange = town.file("strange", "xinwang1:AAAA")
    named(publish(town, strange), "XW-1752", 6)


def restored_city(town, backup):
    city = town[c.CITY]
    if city.is_running():
        city.stop()
    done = c.xinwang("restore", backup, "--dir", city.home, "--force", "-o", "json")
    assert done.exit == 0, done
    city.start()
    return city


def test_a_city_set_back_learns_its_directory_again_or_is_refused_below():
    with c.City((c.CITY, c.COUNTY_A)) as town:
        city, county = town[c.CITY], town[c.COUNTY_A]
        backup = town.root / "backup"
        assert city.xinwang("backup", backup, "--same-disk", "--with-keys").exit == 0
        second = publish(town, sign(draft(town, "second"), *roots(town)[:2])).json["id"]
        c.wait_for("the county has it", lambda: number_at(county) == 2)
        # What it has lost comes back from below.
        restored_city(town, backup)
        c.wait_for("the city has it again", lambda: number_at(city) == 2)
        assert city.get("/v1/directory")["statement"]["id"] == second
        # It does not wait for that, and says something else under the same number.
        county.stop()
        restored_city(town, backup)
        assert number_at(city) == 1
        other = publish(town, sign(draft(town, "other", "--days", "9"), *roots(town)[:2]))
        assert other.exit == 0 and other.json["number"] == 2 and other.json["id"] != second, other
        county.start()
        assert county.wait_finding("XW-1744")["limit"] == second
        assert county.get("/v1/directory")["statement"]["id"] == second
        city.wait_finding("XW-1744")


def test_an_ended_directory_closes_to_newcomers_and_to_nothing_else():
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP)) as town:
        nodes = [town[code] for code in (c.CITY, c.COUNTY_A, c.TOWNSHIP)]
        shim = town.root / "later.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", shim, town.file("later.c", LATER)], check=True)

        def live(days):
            for node in nodes:
                node.stop()
            environment = {"LD_PRELOAD": str(shim), "XINWANG_TEST_LATER_S": str(days * 86400),
                           "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}
            for node in nodes:
                node.start(environment)

        def collects(tag):
            rows = c.Sample(3).tagged(tag, 3)
            taken = town[c.TOWNSHIP].submit(town.file(f"{tag}.csv", c.Sample(3).csv(rows)))
            assert town[c.TOWNSHIP].wait_submission(taken.json["id"])["ticks"]["city"]["done"]

        live(340)
        assert town[c.TOWNSHIP].wait_finding("XW-1754")["value"] == "24"
        live(370)
        town[c.TOWNSHIP].wait_finding("XW-1746")
        assert town[c.TOWNSHIP].xinwang("invite", c.VILLAGE_A).exit == 0
        collects("frozen")
        live(396)
        town[c.TOWNSHIP].wait_finding("XW-1747")
        named(town[c.TOWNSHIP].xinwang("invite", c.VILLAGE_B), "XW-1747", 6)
        named(town[c.CITY].xinwang("invite", c.COUNTY_B, *town.operators[0]), "XW-1747", 6)
        collects("lapsed")
        assert publish(town, sign(draft(town, "new"), *roots(town)[1:])).exit == 0
        c.wait_for("open again", lambda: town[c.TOWNSHIP].xinwang("invite", c.VILLAGE_B).exit == 0)


# --- two persons


def test_a_county_takes_two_persons(root, tmp_path):
    city = root[c.CITY]
    named(city.xinwang("invite", c.COUNTY_A), "XW-1756", 6)
    named(city.xinwang("approve", c.COUNTY_A, *root.operators[1]), "XW-1826", 6)
    proposed = city.xinwang("invite", c.COUNTY_A, "--name", c.NAMES[c.COUNTY_A], *root.operators[0])
    assert proposed.exit == 0 and "line" not in proposed.json and proposed.json["state"] == "waiting", proposed
    assert not city.get("/v1/invitations")["invitations"]
    named(city.xinwang("approve", c.COUNTY_A, *root.operators[0]), "XW-1759", 6)
    stranger = tmp_path / "stranger"
    assert c.xinwang("operator", "new", "王五", "--out", stranger, "--passphrase-file", root.passphrase).exit == 0
    named(city.xinwang("approve", c.COUNTY_A, "--operator", stranger, "--passphrase-file", root.passphrase), "XW-1758", 6)
    wrong = root.file("wrong", "another passphrase\n")
    named(city.xinwang("approve", c.COUNTY_A, *root.operators[1][:2], "--passphrase-file", wrong), "XW-2043", 6)  # 0644
    wrong.chmod(0o600)
    named(city.xinwang("approve", c.COUNTY_A, *root.operators[1][:2], "--passphrase-file", wrong), "XW-2222", 6)
    named(city.xinwang("approve", c.COUNTY_A, *root.operators[1][:2]), "XW-2221", 6)
    # The node asks, not the command line: a proposal is no approval, and no signature is none.
    order = city.get("/v1/orders")["orders"][0]
    status, refusal = city.http("POST", "/v1/orders/approve", {"id": order["id"], "key": order["proposed_by"]["key"],
                                                              "signature": "00" * 64})
    assert status == 422 and refusal["number"] == "XW-1827", refusal
    city.kill()
    city.start()
    done = city.xinwang("approve", c.COUNTY_A, *root.operators[1])
    assert done.exit == 0 and done.json["line"].startswith("xinwang1:"), done
    kept = city.get("/v1/orders")["orders"][0]
    assert kept["state"] == "approved" and kept["proposed_by"]["name"] == "张三" and kept["approved_by"]["name"] == "李四"
    named(city.xinwang("approve", c.COUNTY_A, *root.operators[1]), "XW-1826", 6)
    assert root.join(root.plan(c.COUNTY_A), done.json["line"]).exit == 0


def test_operators_come_and_go_by_the_directory(root, tmp_path):
    city = root[c.CITY]
    key = tmp_path / "third"
    made = c.xinwang("operator", "new", "王五", "--out", key, "--passphrase-file", root.passphrase, "-o", "json")
    file = draft(root, "people", "--operator", made.json["line"], "--drop-operator", "张三", "--drop-operator", "李四")
    assert publish(root, sign(file, *roots(root)[:2])).exit == 0
    third = ["--operator", key, "--passphrase-file", root.passphrase]
    named(city.xinwang("invite", c.COUNTY_A, *third), "XW-1757", 6)
    named(city.xinwang("directory", "draft", "--out", tmp_path / "x", "--drop-operator", "张三"), "XW-2205", 6)
    named(city.xinwang("key", "renew"), "XW-2215", 2)
    named(city.xinwang("key", "renew", "--sign"), "XW-2227", 4)
    named(city.xinwang("directory", "draft", "--out", tmp_path / "x", "--operator", made.json["line"][:-1] + "!"), "XW-1755", 6)


def test_a_lost_root_key_is_replaced_end_to_end(tmp_path):
    with c.City((c.CITY, c.COUNTY_A)) as city:
        kept, other, lost = roots(city)
        passphrase = ("--passphrase-file", city.passphrase)
        fresh = tmp_path / "fresh"
        named(c.xinwang("root", "new", "根4", "--out", tmp_path / "no-medium" / "key"), "XW-2223", 6)
        named(c.xinwang("root", "new", "", "--out", fresh), "XW-1705", 6)
        made = c.xinwang("root", "new", "根4", "--out", fresh, *passphrase, "-o", "json")
        assert made.exit == 0 and made.json["schema"] == "xinwang.root_key/1" and made.json["name"] == "根4", made
        assert fresh.stat().st_mode & 0o777 == 0o600 and f"public {made.json['key']}\n" in fresh.read_text()
        # Once more changes nothing; another name is another key, which wants a file of its own.
        again = c.xinwang("root", "new", "根4", "--out", fresh, *passphrase)
        assert again.exit == 0 and again.out == made.json["key"] + "\n", again
        named(c.xinwang("root", "new", "根5", "--out", fresh, *passphrase), "XW-2219", 6)

        before = number_at(city[c.CITY])
        ids = [line.split()[1] for key in (kept, other) for line in key.read_text().splitlines() if line.startswith("public")]
        file = draft(city, "replaced", *[o for key in [*ids, made.json["key"]] for o in ("--root-public", key)])
        # Whoever signs is told when his key is not of the new set; it counts as one of the set before.
        told = c.xinwang("directory", "sign", file, "--root-key", lost, "--out", tmp_path / "by-lost")
        assert told.exit == 0 and "not of the new set" in told.err, told
        named(publish(city, sign(file, kept, out=tmp_path / "one"), tmp_path / "by-lost"), "XW-1742", 6)
        lost.unlink()
        assert "not of the new set" not in c.xinwang("directory", "sign", file, "--root-key", fresh, *passphrase).err
        # The new key and one of the old are two of the new set, but one of the set before.
        named(publish(city, file, tmp_path / "one"), "XW-1742", 6)
        done = publish(city, file, tmp_path / "one", sign(file, other, out=tmp_path / "two"))
        assert done.exit == 0, done
        c.wait_for("the county has it", lambda: number_at(city[c.COUNTY_A]) == before + 1)
        # From now on it is one of the three.
        later = draft(city, "later", "--days", "400")
        signed = c.xinwang("directory", "sign", later, "--root-key", fresh, *passphrase, "--root-key", kept)
        assert signed.exit == 0, signed
        assert publish(city, later).exit == 0
        c.wait_for("the county has that too", lambda: number_at(city[c.COUNTY_A]) == before + 2)
        assert made.json["key"] in city[c.COUNTY_A].get("/v1/directory")["statement"]["root"]["keys"]


def test_the_qr_code_is_the_line(town):
    done = c.xinwang("invite", c.VILLAGE_A, "--qr", "--dir", town[c.TOWNSHIP].home)
    assert done.exit == 0 and f"invitation for {c.VILLAGE_A}, good for 3d" in done.err, done
    line = next(word for word in done.out.split() if word.startswith("xinwang1:"))
    rows = [text[len("\x1b[30;47m"):-len("\x1b[0m")] for text in done.out.splitlines() if text.startswith("\x1b[30;47m")]
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    pixels = []
    for row in rows:
        pixels += [[halves[cell][half] for cell in row] for half in (0, 1)]
    scale = 4
    image = b"".join(bytes(0 if dark else 255 for dark in row for _ in range(scale)) * scale for row in pixels)
    file = town.file("code.pgm", b"P5 %d %d 255\n" % (len(pixels[0]) * scale, len(pixels) * scale) + image)
    seen = subprocess.run(["zbarimg", "-q", "--raw", file], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == line


# --- lines that are wrong


def nothing_left(node):
    assert not node.home.exists(), list(node.home.rglob("*"))


def test_one_slip_in_a_line_is_named_by_its_place(town):
    line = town.invite(c.VILLAGE_A)
    node = town.plan(c.VILLAGE_A)
    for at in (9, len(line) // 2, len(line) - 3):
        other = "A" if line[at] != "A" else "B"
        done = named(town.join(node, line[:at] + other + line[at + 1:]), "XW-1822", 6)
        assert f"character {at + 1} " in done.err and f"“{other}”" in done.err, done
    at = next(i for i in range(60, len(line)) if line[i] != line[i + 1])
    done = named(town.join(node, line[:at] + line[at + 1] + line[at] + line[at + 2:]), "XW-1823", 6)
    assert f"characters {at + 1} and {at + 2} " in done.err
    done = named(town.join(node, line[:at] + "-" + line[at:]), "XW-1824", 6)
    named(town.join(node, line[:at] + line[at + 1:]), "XW-1825", 6)
    done = named(town.join(node, line[:at] + "，" + line[at + 1:]), "XW-1822", 6)
    assert "“，”" in done.err and f"character {at + 1} " in done.err
    chinese = c.xinwang("join", line[:9] + "!" + line[10:], "--dir", node.home, "--lang", "zh")
    assert "邀请码第10个字符" in chinese.err
    named(town.join(node, line[:-40]), "XW-1802", 6)
    nothing_left(node)
    # Nobody's token was burnt by any of that.
    done = c.xinwang("join", town.file("mail", "  " + line[:70] + "\n" + line[70:] + "\n"), "--dir", node.home)
    assert done.exit == 0, done


def test_a_line_used_twice_for_another_parent_or_out_of_date_leaves_nothing_behind(root):
    city = root[c.CITY]
    line = root.invite(c.COUNTY_A)
    node = root.plan(c.COUNTY_A)
    other = bytes(nacl.public.PrivateKey.generate().public_key)
    named(root.join(node, altered(line, lambda body: body.replace(public_key(city), other))), "XW-1655", 6)
    nothing_left(node)
    asked = c.xinwang("join", "-", "--dir", node.home, "--code", c.COUNTY_B, stdin=line)
    named(asked, "XW-1815", 6)
    nothing_left(node)
    named(c.xinwang("join", "-", "--dir", node.home, "--name", "别的区", stdin=line), "XW-1834", 6)
    named(c.xinwang("join", "-", "--dir", node.home, "--listen", "127.0.0.1:7301", "--enrol", "127.0.0.1:7301", stdin=line),
          "XW-2225", 6)
    nothing_left(node)
    # Nobody there: the keys were never shown to anybody.
    city.stop()
    done = root.join(node, line)
    assert "XW-1653" in done.err, done
    nothing_left(node)
    city.start()
    assert root.join(node, line).exit == 0
    thief = c.Node(root, c.COUNTY_A, root.root / "thief", c.free_port(), c.free_port())
    root.invite(c.COUNTY_B)
    named(root.join(thief, line), "XW-1812", 6)
    nothing_left(thief)


# --- without a network


def test_a_village_and_a_county_join_by_file(town, tmp_path):
    def ask(code, node):
        done = c.xinwang("request", "--dir", node.home, "--code", code, "--name", c.NAMES[code], "--out", tmp_path / "request",
                         "-o", "json")
        assert done.exit == 0, done
        return tmp_path / "request"

    reply = tmp_path / "reply"
    village = town.plan(c.VILLAGE_B)
    request = ask(c.VILLAGE_B, village)
    named(town[c.COUNTY_A].xinwang("certify", request, "--out", reply), "XW-1724", 6)
    bent = town.file("bent", request.read_text()[:-9] + "AAAAAAAA")
    named(town[c.TOWNSHIP].xinwang("certify", bent, "--out", reply), "XW-1833", 6)
    assert not reply.exists()
    assert town[c.TOWNSHIP].xinwang("certify", request, "--out", reply).exit == 0
    assert town[c.TOWNSHIP].xinwang("certify", request, "--out", reply).exit == 0  # the stick was lost
    named(c.xinwang("join", reply, "--dir", tmp_path / "another"), "XW-1830", 6)
    named(c.xinwang("join", reply, "--dir", village.home, "--root", "0" * 64), "XW-1750", 6)
    # It answers neither another village's request nor another one for the same.
    for code, number in ((c.VILLAGE_A, "XW-2237"), (c.VILLAGE_B, "XW-2238")):
        strange = c.Node(town, code, tmp_path / f"strange-{code}", 0, 0)
        ask(code, strange)
        assert c.VILLAGE_B in named(c.xinwang("join", reply, "--dir", strange.home), number, 6).err
    named(c.xinwang("join", town.file("torn", reply.read_text()[:-7]), "--dir", village.home), "XW-1829", 6)
    root_id = town[c.CITY].get("/v1/directory")["pinned_root"]
    done = c.xinwang("join", reply, "--dir", village.home, "--root", root_id[:24], *town.listen(village))
    assert done.exit == 0, done
    town.tune(village)
    village.start()
    c.wait_for("connected", lambda: village.status()["parent"]["state"] == "connected")

    county = town.plan(c.COUNTY_B)
    request = ask(c.COUNTY_B, county)
    city = town[c.CITY]
    named(city.xinwang("certify", request, "--out", reply), "XW-1756", 6)
    first = city.xinwang("certify", request, "--out", reply, *town.operators[0])
    assert first.exit == 0 and first.json["schema"] == "xinwang.order/1", first
    named(city.xinwang("approve", c.COUNTY_B, *town.operators[1]), "XW-1831", 6)
    # Its reply would not fit a request for another code.
    other = ("request", "--dir", county.home, "--code", c.VILLAGE_A, "--name", "村", "--out", tmp_path / "other")
    assert c.COUNTY_B in named(c.xinwang(*other), "XW-1832", 6).err
    named(city.xinwang("certify", request, "--out", reply, *town.operators[0]), "XW-1759", 6)
    second = city.xinwang("certify", request, "--out", reply, *town.operators[1])
    assert second.exit == 0 and second.json["schema"] == "xinwang.certified/1", second
    assert c.xinwang("join", reply, "--dir", county.home, *town.listen(county)).exit == 0
    town.tune(county)
    county.start()
    c.wait_for("connected", lambda: county.status()["parent"]["state"] == "connected")


# --- the first five minutes


def test_from_nothing_to_the_first_confirmed_batch_in_five_minutes_with_no_certificate_seen():
    began = time.monotonic()
    with c.City((c.CITY, c.COUNTY_A, c.TOWNSHIP)) as town:
        said = []
        invited = town[c.TOWNSHIP].xinwang("invite", c.VILLAGE_A, "--name", c.NAMES[c.VILLAGE_A])
        said.append(invited.out)
        village = town.plan(c.VILLAGE_A)
        joined = c.xinwang("join", invited.json["line"], "--dir", village.home)
        said += [joined.out, joined.err]
        village.start()
        file = town.root / "first.csv"
        c.run_tool("xinwang-gen", "--rows", "100", "--out", file)
        handed = village.submit(file, "xzxk", "--wait", "--timeout", "200")
        assert handed.exit == 0 and handed.json["ticks"]["city"]["done"], handed
        assert time.monotonic() - began < 300
        certificate = village.get("/v1/topology")["nodes"]
        assert len(certificate) >= 4
        assert not any("certificate" in text.lower() or "证书" in text for text in said)
