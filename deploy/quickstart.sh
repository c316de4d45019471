#!/usr/bin/env bash
# A four-tier city of eleven real nodes on this machine: builds the release, enrols every node with its parent's
# one-line invitation, hands in sample files at a village and at a county, waits for the city's receipts, lets the city
# write its packages for the province and takes the province's answer back. Then it prints what happened and leaves the
# city running.
#
#   deploy/quickstart.sh [--once] [--dir DIR] [--port PORT]
#
#   --once      stop the city at the end; exit 0 only if everything happened
#   --dir DIR   where the city lives (default: build/city); it must not exist yet, unless a quickstart made it
#   --port PORT first of the 22 ports on 127.0.0.1 (default 17300)
set -euo pipefail
cd "$(dirname "$0")/.."

once=0 dir=$PWD/build/city port=17300
while [ $# -gt 0 ]; do
    case $1 in
        --once) once=1 ;;
        --dir) dir=${2:?--dir needs a directory}; shift ;;
        --port) port=${2:?--port needs a number}; shift ;;
        -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "quickstart: unknown option $1. Try: deploy/quickstart.sh --help" >&2; exit 2 ;;
    esac
    shift
done

script=quickstart
. deploy/city_lib.bash

# code|name|parent code, each parent before its children
nodes='130600000000|保定市|
130602000000|竞秀区|130600000000
130606000000|莲池区|130600000000
130602200000|颉庄乡|130602000000
130602201000|富昌乡|130602000000
130606200000|韩庄乡|130606000000
130602200201|郞庄村|130602200000
130602200203|康庄村|130602200000
130602201200|束鹿园村|130602201000
130606200200|王庄村|130606200000
130606200201|杨村|130606200000'
village=130602200201
county=130606000000

say "build"
build_release
empty_dir .quickstart
dir=$(cd "$dir" && pwd)

start_node() {
    start "$1" --dir "$dir/nodes/$1"
    wait_for "node $1 answers" 30 xw status --dir "$dir/nodes/$1" -o json
}

say "start a city of 11 nodes, each enrolled by its parent with one line"
started=$SECONDS
make_operators
mapfile -t people < <(city_new_options)
line_of() { sed -n 's/.*"line": *"\([^"]*\)".*/\1/p'; }
invite() {
    local at=$dir/nodes/$3
    if [ "$3" = 130600000000 ]; then
        xw invite "$1" --name "$2" $(as 1) --dir "$at" >/dev/null 2>&1
        xw approve "$1" $(as 2) --dir "$at" -o json | line_of
    else
        xw invite "$1" --name "$2" --dir "$at" -o json | line_of
    fi
}
while IFS='|' read -r code name parent; do
    home=$dir/nodes/$code
    listen=(--listen "127.0.0.1:$port" --enrol "127.0.0.1:$((port + 1))")
    port=$((port + 2))
    if [ -z "$parent" ]; then
        xw city new --dir "$home" --code "$code" --name "$name" "${listen[@]}" \
            --catalogues deploy/catalogues --profile deploy/profiles/hebei-default.toml \
            "${people[@]}" >/dev/null 2>&1
    else
        line=$(invite "$code" "$name" "$parent")
        xw join --dir "$home" "${listen[@]}" <<<"$line" >/dev/null
    fi
    start_node "$code"
    printf '%s %s\n' "$code" "$name"
done <<<"$nodes"
echo "enrolled and running after $((SECONDS - started)) s"
city=$dir/nodes/130600000000

# The catalogues reach the lowest tier through the directory.
has_catalogues() { xw status --dir "$dir/nodes/$1" -o json | grep -q '"total":2,"list":"/v1/catalogues"\|"list":"/v1/catalogues","total":2'; }
for code in $village $county; do wait_for "catalogues at $code" 60 has_catalogues $code; done

say "hand in sample files: licences in UTF-8 at the village, penalties in GB18030 at the county"
"$bin/xinwang-gen" --catalogue deploy/catalogues/xzxk.toml --rows 500 --bad 2 --seed 1 --encoding utf-8 \
    --division $village --out "$dir/files/licences.csv"
"$bin/xinwang-gen" --catalogue deploy/catalogues/xzcf.toml --rows 400 --bad 2 --seed 2 --encoding gb18030 \
    --division $county --out "$dir/files/penalties.csv"
submit() { xw submit "$2" --catalogue "$3" --dir "$dir/nodes/$1" -o json | sed -n 's/.*"id": *"\([0-9a-f]*\)".*/\1/p' | head -1; }
at_village=$(submit $village "$dir/files/licences.csv" xzxk)
at_county=$(submit $county "$dir/files/penalties.csv" xzcf)
[ -n "$at_village" ] && [ -n "$at_county" ] || fail "a file was not taken"

say "wait until the city durably holds every accepted record and its signed receipts are back"
# Exit code 6 says that rows were refused: the samples have some on purpose.
confirmed() { xw submission "$2" --dir "$dir/nodes/$1" --wait --until city --timeout 120 >/dev/null || [ $? -eq 6 ]; }
confirmed $village "$at_village" || fail "the city did not confirm the village's file"
confirmed $county "$at_county" || fail "the city did not confirm the county's file"
xw receipt "$at_village" --dir "$dir/nodes/$village" --out "$dir/receipts/village" >/dev/null
xw receipt "$at_county" --dir "$dir/nodes/$county" --out "$dir/receipts/county" >/dev/null

say "the city reports to the province, and the province answers"
xw link export --dir "$city" >/dev/null
outbox=$city/link/outbox
deploy/province-sample.sh "$outbox" >"$dir/files/feedback.csv"
xw link feedback "$dir/files/feedback.csv" --dir "$city" >/dev/null
answered() { xw submission "$2" --dir "$dir/nodes/$1" -o json | grep -q '"sent":0' &&
    ! xw submission "$2" --dir "$dir/nodes/$1" -o json | grep -q '"waiting":[1-9]'; }
wait_for "the province's verdicts at the village" 60 answered $village "$at_village"
wait_for "the province's verdicts at the county" 60 answered $county "$at_county"

say "all nodes"
xw status $(cut -d'|' -f1 <<<"$nodes" | sed "s|^|$dir/nodes/|") || true
say "submission at the village $village"
xw submission "$at_village" --dir "$dir/nodes/$village"
say "submission at the county $county"
xw submission "$at_county" --dir "$dir/nodes/$county"
say "the provincial link"
xw link show --dir "$city"

say "where everything lies"
cat <<TEXT
nodes     $dir/nodes/<code>      (one directory each)
logs      $dir/log/<code>
files     $dir/files             (as handed in; feedback.csv is the province's answer)
receipts  $dir/receipts          (signed notes; any C2SP tool verifies them)
packages  $outbox
TEXT

if [ $once -eq 1 ]; then
    "$dir/stop.sh"
    echo "stopped."
else
    cat <<TEXT

The city is running. Look at it:   $bin/xinwang status $dir/nodes/*
One node:                          $bin/xinwang status --dir $dir/nodes/$village
Stop it:                           $dir/stop.sh
TEXT
fi
