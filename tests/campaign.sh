#!/usr/bin/env bash
# Runs what tests/run.sh only takes samples of, whole and with new seeds each round, until the hours are over; prints a
# ledger of seeds, crash states, spoilt pages, kills and fuzz executions. The first failure stops it: exit 1, with the
# command that shows it again.
#
#   tests/campaign.sh --hours H [--first SEED] [--out DIR]
#
#   --hours H      a kind that was begun is ended; the last round may be part of one
#   --first SEED   where the seeds begin (default 1000: behind those that tests/run.sh draws from)
#   --out DIR      each command's output (default: build/campaign)
set -euo pipefail
cd "$(dirname "$0")/.."
script=campaign
. deploy/build_lib.bash

hours='' first=1000 out=$PWD/build/campaign
while [ $# -gt 0 ]; do
    case $1 in
        --hours) hours=${2:?--hours needs a number}; shift ;;
        --first) first=${2:?--first needs a seed}; shift ;;
        --out) out=${2:?--out needs a directory}; shift ;;
        -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) exit_code=2 fail "unknown option $1. Try: tests/campaign.sh --help" ;;
    esac
    shift
done
[ -n "$hours" ] || exit_code=2 fail "how long? Try: tests/campaign.sh --hours 8"
unset XINWANG_PART
mkdir -p "$out"

deploy/setup.sh
build dev clang++-14
dev=build/dev/bin
end=$((SECONDS + $(awk -v h="$hours" 'BEGIN { print int(h * 3600) }')))  # building does not count
declare -A ledger=()

# count NAME N: N more of it.
count() { ledger[$1]=$((${ledger[$1]:-0} + $2)); }
print_ledger() {
    say "$(date -u +%F) $(git rev-parse --short HEAD 2>/dev/null || echo 'no commit'): $((SECONDS / 60)) min"
    printf '%s\n' "${!ledger[@]}" | sort | while read -r name; do printf '%-28s %s\n' "$name" "${ledger[$name]}"; done
}
trap print_ledger EXIT

# go NAME COMMAND…: with its output in a file of that name, and the minutes it took on one line.
go() {
    local name=$1 began=$SECONDS
    shift
    [ "$SECONDS" -lt "$end" ] || exit 0
    "$@" >"$out/$name.log" 2>&1 || { tail -20 "$out/$name.log"; fail "$name failed; again: $*"; }
    echo "$name: $((SECONDS - began)) s"
}
# seeds KIND N OPTION…: N simulated cities behind those of the rounds before.
seeds() {
    local kind=$1 n=$2
    shift 2
    go "sim-$kind" "$dev/xinwang-sim" --first "$((first + round * n))" --seeds "$n" "$@"
    count "seeds $kind" "$n"
}
number_in() { sed -n "s/.*$2.*/\1/p" "$out/$1.log" | awk '{ sum += $1 } END { print sum + 0 }'; }

# A round is short enough that each kind gets its turn within an hour.
for ((round = 0; ; ++round)); do
    echo "round $round"
    seeds plain 10 --hours 1
    seeds moves 10 --hours 1 --moves
    seeds restores 10 --hours 1 --restores
    seeds clones 10 --clones
    go sim-setbacks "$dev/xinwang-sim" --seed $((round + 1)) --setbacks
    count "memories set back" "$(number_in sim-setbacks ' \([0-9]*\) memories set back')"
    go crash-rot "$dev/crash_rot" --flips $((10000 * (round + 1))) --pages $((500 * (round + 1)))
    count "spoilt pages" $((12000 * (round + 1)))
    go crash-states "$dev/crash_check" states --seeds $((round + 1)) --at-least 10000
    count "crash states" "$(number_in crash-states '\<\([0-9]*\) states, part')"
    XINWANG_SEED=$((first + round)) XINWANG_KILLS=200 XINWANG_BIN=$PWD/$dev go kills \
        /usr/bin/python3 -B -m pytest -q -p no:cacheprovider tests/functional/test_kill.py
    count "kill -9" 200
    [ "$SECONDS" -lt "$end" ] || exit 0
    build fuzz clang++-14 >"$out/build-fuzz.log"
    for target in build/fuzz/bin/fuzz_*; do
        name=$(basename "$target")
        mkdir -p "$out/$name"
        go "$name" "$target" -max_total_time=30 -print_final_stats=1 -artifact_prefix="$out/" \
            "$out/$name" "tests/fuzz/corpus/${name#fuzz_}"
        count "fuzz executions" "$(number_in "$name" 'number_of_executed_units: *\([0-9]*\)')"
    done
done
