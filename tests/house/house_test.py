#!/usr/bin/python3
"""Shows that the house stands as node/DESIGN.md section 3 says: who may include whom, one home for each
third-party header, what lies at the top, sizes of files, run bits, refusals that are used, no paths of one machine.

Run by ctest; needs nothing built. Each broken rule is one line: file, line, what is wrong."""

import os
import pathlib
import re
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A room may include itself and what stands behind its name.
LOWER = ["protocol/base", "protocol", "topology", "storage"]
ROOMS = {
    "protocol/base": [],
    "protocol": LOWER[:1],
    "topology": LOWER[:2],
    "storage": LOWER[:3],
    "node/core": LOWER,
    "node/intake": LOWER + ["node/core"],
    "node/links": LOWER + ["node/core", "node/intake"],
    "node/api": LOWER + ["node/core", "node/intake", "node/links"],
    "node/edge": LOWER + ["node/core", "node/intake", "node/links", "node/api"],
    "node": LOWER + ["node/core", "node/intake", "node/links", "node/api", "node/edge"],
    "tools": LOWER + ["node/core", "node/intake", "node/links", "node/api", "node/edge"],
    "tests": None,  # everything
}

# Where a third-party header may be included, as patterns of paths. What is not here has no home in the house yet.
HOMES = {
    r"lmdb\.h": [r"storage/lmdb_kv\.cpp"],
    r"zmq\.hpp?": [r"node/edge/[^/]+"],
    r"xxhash\.h": [r"protocol/base/checksum\.cpp"],
    r"qrencode\.h": [r"tools/cli/qr\.cpp"],
    r"zstd\.h": [r"protocol/compress\.cpp"],
    # Programs initialise it; the simulator's randomness is a stream cipher.
    r"sodium\.h": [r"protocol/.+\.cpp", r"node/main\.cpp", r"tools/(.+/)?main\.cpp", r"tools/sim/random\.cpp", r"tests/.+"],
    r"msgpack\.hpp": [r"protocol/entry\.cpp", r"tests/protocol/entry_test\.cpp"],
    r"boost/sort/.*": [r"storage/index_sort\.cpp"],
    r"boost/(?!sort/).*": [r"node/api/.+\.cpp"],
    r"toml\+\+/.*": [r"(protocol|node|tools)/.+\.cpp"],
    r"nlohmann/json_fwd\.hpp": [r"node/api/.+", r"tools/.+"],
    r"nlohmann/.*": [r"node/api/.+", r"tools/.+", r"tests/(node|tools)/.+"],
    r"spdlog/.*": [r"node/edge/.+\.cpp", r"node/main\.cpp"],
    r"CLI/.*": [r"node/main\.cpp", r"tools/.+\.cpp", r"tests/crash/[^/]+"],
    r"catch2/.*": [r"tests/.+"],
    r"fmt/.*": [r".+\.cpp"],
    r"tl/expected\.hpp": [r"protocol/base/refusal\.h"],
    r"iconv\.h": [r"node/(intake/text|links/encoding)\.cpp"],
}

TOP = {"CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md", "README.zh-CN.md",
       "deploy", "node", "protocol", "storage", "tests", "tools", "topology"}

LINES_MAX = 600

# Operating system and C++ headers: no folder, or one of these.
SYSTEM_FOLDERS = ("sys/", "netinet/", "arpa/", "linux/", "net/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def tree():
    """Files of the tree, tracked or about to be, relative to the root. Outside git: whatever lies there."""
    git = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                         capture_output=True)
    if git.returncode == 0 and git.stdout:
        names = git.stdout.decode().split("\0")
    else:
        names = [str(p.relative_to(ROOT)) for p in ROOT.rglob("*") if "build" not in p.relative_to(ROOT).parts[:1]]
    return sorted({n for n in names if n and (ROOT / n).is_file()})


def lines(name):
    return (ROOT / name).read_text(encoding="utf-8", errors="replace").splitlines()


TREE = tree()
CODE = [n for n in TREE if n.endswith((".cpp", ".h", ".in"))]
# Bytes for parsers: no text of ours.
TEXTS = [n for n in TREE if not n.startswith("tests/fuzz/corpus/")]


def room_of(path):
    return max((r for r in ROOMS if path.startswith(r + "/")), key=len, default=None)


def includes():
    for name in CODE:
        for number, line in enumerate(lines(name), 1):
            if found := INCLUDE.match(line):
                yield name, number, found[1], found[2]


def none(broken):
    assert not broken, "\n" + "\n".join(broken)


def test_includes_point_one_way():
    broken = []
    for name, number, quote, target in includes():
        home, room = room_of(name), room_of(target)
        if quote != '"' or room is None or room == home:
            continue
        allowed = ROOMS[home] if home else []
        if allowed is not None and room not in allowed:
            broken.append(f"{name}:{number}: {home} may not include {target}")
    none(broken)


def test_own_headers_are_named_from_the_root():
    none([f"{name}:{number}: {target} is no file of the tree"
          for name, number, quote, target in includes()
          if quote == '"' and target != "fuzz_targets.def" and not (ROOT / target).is_file()])


def test_third_party_headers_have_one_home():
    broken = []
    for name, number, quote, target in includes():
        if quote != "<":
            continue
        homes = next((h for pattern, h in HOMES.items() if re.fullmatch(pattern, target)), None)
        if homes is None:
            if ("/" in target and not target.startswith(SYSTEM_FOLDERS)) or target.endswith(".hpp"):
                broken.append(f"{name}:{number}: {target} has no home in the house")
        elif not any(re.fullmatch(home, name) for home in homes):
            broken.append(f"{name}:{number}: {target} belongs to {' '.join(homes)}")
    none(broken)


def test_the_top_holds_only_what_it_should():
    top = {name.split("/")[0] for name in TREE}
    none([f"{name}: does not belong at the top" for name in sorted(top - TOP) if not name.startswith(".")])


def test_files_are_short():
    none([f"{name}: {n} lines, over {LINES_MAX}" for name in CODE + [t for t in TREE if t.endswith((".py", ".sh"))]
          if (n := len(lines(name))) > LINES_MAX])


def test_scripts_can_be_run():
    broken = []
    for name in TEXTS:
        if name.endswith(".bash"):  # sourced, not run
            continue
        first = (ROOT / name).read_bytes()[:64].split(b"\n")[0]
        if (name.endswith(".sh") or first.startswith(b"#!")) and not os.access(ROOT / name, os.X_OK):
            broken.append(f"{name}: is a script without the run bit")
    none(broken)


def test_sources_are_listed_in_cmake():
    listed = "\n".join(text for n in TREE if n.endswith("CMakeLists.txt") for text in lines(n))
    broken = []
    for name in TREE:
        if name.endswith(".cpp") and not name.endswith("_fuzz.cpp"):
            if not re.search(r"(?<![\w])" + re.escape(name.split("/")[-1]) + r"(?![\w])", listed):
                broken.append(f"{name}: no CMakeLists.txt names it")
    none(broken)


def refusals():
    return re.findall(r"^XW_REFUSAL\((\d+), (\w+),", (ROOT / "protocol/base/refusals.def").read_text(), re.M)


def test_refusals_are_used():
    used = set()
    for name in CODE:
        if not name.startswith("tests/"):
            used.update(re.findall(r"\bCode::(\w+)", (ROOT / name).read_text()))
    none([f"refusals.def: XW-{number} {name} is used nowhere" for number, name in refusals() if name not in used])


def test_refusals_rise():
    numbers = [int(number) for number, _ in refusals()]
    none([f"refusals.def: XW-{b} stands behind XW-{a}" for a, b in zip(numbers, numbers[1:]) if b <= a])


def test_numbers_in_texts_exist():
    """A text that cites XW-1234 cites a refusal that exists."""
    known = {number for number, _ in refusals()}
    none([f"{name}:{number}: XW-{cited} does not exist"
          for name in TEXTS if name.endswith((".md", ".h", ".sh")) and not name.startswith("tests/")
          for number, line in enumerate(lines(name), 1)
          for cited in re.findall(r"\bXW-(\d{4})\b", line) if cited not in known])


# A text of the tree, named with its folder or alone, and what of it: "section 4.8", "8.8", "Z2".
CITED = re.compile(r"(?<![\w./-])((?:[\w.-]+/)*[A-Z][A-Z_]+(?:\.zh-CN)?\.md)\b(?:,? (?:sections? )?((?:\d+(?:\.\d+)*|[A-Z]\d+)(?:(?:, | and | to )"
                   r"(?:\d+(?:\.\d+)*|[A-Z]\d+)\b)*)(?!\w))?", re.A)


def flowing(name):
    """The text without comment marks and line ends, so that what is cited across two lines is one."""
    return " ".join(re.sub(r"^\s*(//|#|\*)\s?", "", line).strip() for line in lines(name))


def places_of(name):
    """What of a text can be cited: its sections' numbers, and the short names that it gives to single points."""
    text = (ROOT / name).read_text(encoding="utf-8")
    sections = re.findall(r"^#+ (\d+(?:\.\d+)*)\b", text, re.M)
    points = re.findall(r"^(?:- \*\*|\| )((?:[A-Z]\d+(?:, )?)+)", text, re.M)
    return {*sections, *(point for group in points for point in group.split(", "))}


def test_what_is_cited_exists():
    named = {}
    for name in TREE:
        if name.endswith(".md"):
            named.setdefault(pathlib.PurePath(name).name, []).append(name)
    broken, looked_up = [], 0
    for name in (n for n in TEXTS if n.endswith((".cpp", ".h", ".in", ".py", ".md", ".sh", ".bash", ".txt", ".def"))):
        for cited in CITED.finditer(flowing(name)):
            beside = str(pathlib.PurePath(name).parent / cited[1])
            found = [t for t in (cited[1], os.path.normpath(beside)) if (ROOT / t).is_file()] or (
                named.get(cited[1], []) if "/" not in cited[1] else [])
            if not found:
                broken.append(f"{name}: there is no {cited[1]}")
            elif cited[2] and cited[1] != "README.md":
                known, looked_up = places_of(found[0]), looked_up + 1
                broken += [f"{name}: {cited[1]} has no {place}" for place in re.split(", | and | to ", cited[2])
                           if place not in known]
    none(broken)


def test_no_path_of_one_machine():
    machine = re.compile(r"(?<![\w.])/(work|root|home/\w+|tmp/(plan|bash_jobs))\b")
    none([f"{name}:{number}: {line.strip()[:100]}"
          for name in TEXTS if name != "tests/house/house_test.py"
          for number, line in enumerate(lines(name), 1) if machine.search(line)])


def test_nothing_is_left_to_do():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    none([f"{name}:{number}: {line.strip()[:100]}"
          for name in TEXTS if name != "tests/house/house_test.py" and not name.endswith((".def", ".toml"))
          for number, line in enumerate(lines(name), 1) if words.search(line)])


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
