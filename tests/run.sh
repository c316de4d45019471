#!/usr/bin/env bash
# Builds preset dev (clang, ASan and UBSan) and passes every test there is; beside them, with release binaries, those about
# the memory of a live process, which a sanitizer would falsify. Needs nothing installed beforehand.
#
#   tests/run.sh              everything; of what is many repetitions of one kind a fixed few and one part in 32, which
#                             turns with the commit (tests/README.md, Samples)
#   tests/run.sh --quick      unit tests, house, ten simulated cities
#   tests/run.sh NAME…        the tests of ctest whose names begin so, whole
#
# XINWANG_PART=K/N chooses the part; XINWANG_PART=0/1 is all of it, as tests/campaign.sh runs it.
set -euo pipefail
cd "$(dirname "$0")/.."
script=tests
. deploy/build_lib.bash

parts=32
case ${1:-} in
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 0 ;;
    --quick) what=quick ;;
    -*) exit_code=2 fail "unknown option $1. Try: tests/run.sh --help" ;;
    '') what=all ;;
    *) what=named ;;
esac

if [ $what = named ]; then
    export XINWANG_PART=${XINWANG_PART:-0/1}
elif [ -z "${XINWANG_PART:-}" ]; then
    commit=$(git rev-parse HEAD 2>/dev/null) || commit=0
    export XINWANG_PART=$((16#${commit:0:8} % parts))/$parts
fi
deploy/setup.sh
echo "part $XINWANG_PART of what is many repetitions; this one again: XINWANG_PART=$XINWANG_PART tests/run.sh" >&2

# What is freed is fresh memory's price until so much of it has been held back, and the kernel's clearing of pages is a third
# of the system time. tests/campaign.sh holds back the default, 256 MiB.
export ASAN_OPTIONS=quarantine_size_mb=32:${ASAN_OPTIONS:-}

# Twice as many at once as there are cores: most of the functional tests wait most of the time.
at_once=$((2 * $(nproc)))
case $what in
    quick)
        build dev clang++-14 --target unit_tests
        ctest --preset dev -j "$at_once" -L '^unit$'
        build/dev/bin/xinwang-sim --seeds 10 --hours 1 --part 0/1
        exit
        ;;
    named)
        build dev clang++-14
        ctest --preset dev -j "$at_once" -R "$(printf '^%s|' "$@" | sed 's/|$//')"
        exit
        ;;
esac

build dev clang++-14
build release c++ --target xinwang-node xinwang xinwang-gen
# Beside ctest: they wait most of their time, and what they measure is memory.
release_tests=$(mktemp)
trap 'rm -f "$release_tests"' EXIT
XINWANG_BIN=build/release/bin /usr/bin/python3 -B -m pytest -q -p no:cacheprovider -rs -m release_only tests/functional \
    >"$release_tests" 2>&1 &
beside=$! result=0
ctest --preset dev -j "$at_once" || result=$?
wait $beside || result=$?
cat "$release_tests"
exit $result
