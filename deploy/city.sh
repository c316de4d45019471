#!/usr/bin/env bash
# A whole city on this machine: every live division of a code list is a node with keys, store and CURVE links of its
# own, enrolled by its parent. The city and the counties are processes; townships and villages are hosted, one process
# for each county. Then every village hands in a file, the city is stopped for a minute, and it is told what all that took.
#
#   deploy/city.sh FILE [--once] [--dir DIR] [--rows N] [--elsewhere FILE]
#
#   FILE             code list: CSV in UTF-8 with code and name; the first in code order is the city
#   --once           stop everything at the end
#   --dir DIR        where the city lives (default: build/whole-city); it must not exist yet, unless this made it
#   --rows N         rows that each village hands in (default 18)
#   --elsewhere FILE counties of the list that report elsewhere (default: deploy/elsewhere.csv)
set -euo pipefail

once=0 dir= rows=18 list= elsewhere=
while [ $# -gt 0 ]; do
    case $1 in
        --once) once=1 ;;
        --dir) dir=$(realpath -m "${2:?--dir needs a directory}"); shift ;;
        --rows) rows=${2:?--rows needs a number}; shift ;;
        --elsewhere) elsewhere=$(realpath "${2:?--elsewhere needs a file}"); shift ;;
        -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) echo "city: unknown option $1. Try: deploy/city.sh --help" >&2; exit 2 ;;
        *) list=$(realpath "$1") ;;
    esac
    shift
done
[ -n "$list" ] || { echo "city: which code list? Try: deploy/city.sh --help" >&2; exit 2; }
cd "$(dirname "$0")/.."
dir=${dir:-$PWD/build/whole-city} elsewhere=${elsewhere:-$PWD/deploy/elsewhere.csv}

script=city
. deploy/city_lib.bash
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }
# number NAME < JSON: the first number of that name.
number() { grep -o "\"$1\":[0-9]*" | head -1 | cut -d: -f2; }

say "build"
build_release
ulimit -n "$(ulimit -Hn)"

empty_dir .whole-city
mkdir -p "$dir/hosts"
answers() { xw status --dir "$1" -o json | grep -q '"schema":"xinwang.status/1"'; }

# Live: not elsewhere, and no placeholder (市辖区 under a city names no place).
awk -F, 'NR == FNR { if (FNR > 1) gone[substr($1, 1, 6)] = 1; next }
    FNR == 1 || !(substr($1, 1, 6) in gone) && $2 != "市辖区" && $2 != "县"' "$elsewhere" "$list" >"$dir/divisions.csv"
# live PATTERN EXCEPT: code,name of the divisions whose code is of this shape.
live() { tail -n +2 "$dir/divisions.csv" | cut -d, -f1,2 | grep -E "^$1," | grep -vE "^$2,"; }
IFS=, read -r city city_name < <(live '[0-9]{4}0{8}' '-')
live '[0-9]{6}0{6}' '[0-9]{4}0{8}' >"$dir/counties"
live '[0-9]{9}0{3}' '[0-9]{6}0{6}' >"$dir/townships"
live '[0-9]{12}' '[0-9]{9}0{3}' >"$dir/villages"
count() { wc -l <"$dir/$1"; }
nodes=$((1 + $(count counties) + $(count townships) + $(count villages)))
say "$city_name: $nodes nodes: 1 city, $(count counties) counties, $(count townships) townships, $(count villages) villages"

"$bin/xinwang-gen" --rows "$rows" --each "$dir/villages" --out "$dir/files"
begun=$(now)
make_operators
mapfile -t people < <(city_new_options)
xw city new --dir "$dir/nodes/$city" --code "$city" --name "$city_name" --listen 127.0.0.1:20000 --enrol 127.0.0.1:20001 \
    --catalogues deploy/catalogues "${people[@]}" >/dev/null 2>&1
start "$city" --dir "$dir/nodes/$city"
wait_for "the city answers" 30 answers "$dir/nodes/$city"

say "counties"
port=20002
while IFS=, read -r code name; do
    home=$dir/nodes/$code
    xw invite "$code" --name "$name" $(as 1) --dir "$dir/nodes/$city" >/dev/null 2>&1
    xw approve "$code" $(as 2) --dir "$dir/nodes/$city" -o json | sed -n 's/.*"line": *"\([^"]*\)".*/\1/p' |
        xw join - --dir "$home" --listen "127.0.0.1:$port" --enrol "127.0.0.1:$((port + 1))" >/dev/null 2>&1
    port=$((port + 2))
    start "$code" --dir "$home"
done <"$dir/counties"
while IFS=, read -r code _; do wait_for "county $code answers" 60 answers "$dir/nodes/$code"; done <"$dir/counties"
echo "enrolled and running after $(since "$begun") s"

# invite_and_join PARENT'S-DIRECTORY HOST'S-DIRECTORY FIRST-PORT
invite_and_join() {
    "$bin/xinwang" invite-all "$dir/divisions.csv" --dir "$1" 2>/dev/null |
        "$bin/xinwang" join-all - --host "$2" --listen-from "127.0.0.1:$3" 2>>"$dir/log/join" || [ $? -eq 9 ]
}
say "townships"
first=21000
while IFS=, read -r code _; do
    host=$dir/hosts/$code
    mkdir -p "$host"
    invite_and_join "$dir/nodes/$code" "$host" $first
    first=$((first + 2 * $(grep -c "^${code:0:6}" "$dir/townships")))
    start "host-$code" --host "$host"
done <"$dir/counties"
while IFS=, read -r code _; do
    wait_for "township $code answers" 120 answers "$dir/hosts/${code:0:6}000000/$code"
done <"$dir/townships"
echo "enrolled and running after $(since "$begun") s"

say "villages"
export -f invite_and_join
export bin dir
cut -d, -f1 "$dir/townships" | xargs -P 4 -I CODE bash -c \
    'code=CODE; host=$dir/hosts/${code:0:6}000000; invite_and_join "$host/$code" "$host" 9'
echo "enrolled after $(since "$begun") s"
tree() { xw tree "$dir/nodes" "$dir"/hosts/* "$@"; }
joined() { [ "$(tree -o json 2>/dev/null | number connected)" = $((nodes - 1)) ]; }
wait_for "all joined" 900 joined
joined_s=$(since "$begun")
echo "all $nodes joined after $joined_s s"

# measure: memory, descriptors and processor time of all processes, as numbers.
measure() {
    local rss=0 pss=0 fds=0 ticks=0 name pid
    for name in "$dir"/run/*; do
        pid=$(cat "$name")
        rss=$((rss + $(awk '/^Rss/ { print $2 }' "/proc/$pid/smaps_rollup")))
        pss=$((pss + $(awk '/^Pss:/ { print $2 }' "/proc/$pid/smaps_rollup")))
        fds=$((fds + $(ls "/proc/$pid/fd" | wc -l)))
        ticks=$((ticks + $(awk '{ print $14 + $15 }' "/proc/$pid/stat")))
    done
    echo "$rss $pss $fds $ticks"
}
tell() {
    local rss pss fds ticks
    read -r rss pss fds ticks < <(measure)
    echo "memory $((rss / 1024)) MiB resident ($((pss / 1024)) MiB with shared pages counted once), $fds descriptors," \
        "$((ticks / $(getconf CLK_TCK))) s of processor time so far"
}
tell
say "a quiet minute"
sleep 20
read -r _ _ _ before < <(measure)
idle_from=$(now)
sleep 60
read -r _ _ _ after < <(measure)
idle=$(awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v s="$(since "$idle_from")" 'BEGIN { printf "%.1f", 100 * t / hz / s }')
echo "idle: $idle % of one core"
largest=$(cut -d, -f1 "$dir/counties" | while read -r code; do
    echo "$(ls "$dir/hosts/$code" | wc -l) $(awk '/^Rss/ { print $2 }' "/proc/$(cat "$dir/run/host-$code")/smaps_rollup") $code"
done | sort -rn | head -1)
echo "$largest" | awk '{ printf "the largest host, of %s: %d nodes, %d MiB resident: %.2f MiB a node beyond 40 MiB\n", $3, $1 - 1, $2 / 1024, ($2 / 1024 - 40) / ($1 - 1) }'

say "every village hands in $rows rows"
held() { xw status --dir "$dir/nodes/$city" -o json | sed -n 's/.*"lane":"records"[^}]*"entries":\([0-9]*\).*/\1/p'; }
split() { while IFS=, read -r code _; do mkdir -p "$dir/files/${code:0:6}"; mv "$dir/files/$code.csv" "$dir/files/${code:0:6}/"; done <"$dir/villages"; }
split
wanted=$((rows * $(count villages)))
sent=$(now)
cut -d, -f1 "$dir/counties" | xargs -P 6 -I CODE bash -c 'code=CODE
    until "$bin/xinwang" submit-all "$dir/files/${code:0:6}" --host "$dir/hosts/$code" --catalogue xzxk >/dev/null 2>>"$dir/log/submit" || [ $? -eq 9 ]
    do sleep 2; done'
echo "handed in after $(since "$sent") s"
all_held() { [ "$(held)" = $wanted ]; }
wait_for "the city holds $wanted records" 900 all_held
held_s=$(since "$sent")
echo "the city holds $wanted records after $held_s s"
tell

say "the city node stops for a minute"
"$dir/stop.sh" "$city"
sleep 60
start "$city" --dir "$dir/nodes/$city"
back=$(now)
wait_for "all are back" 600 joined
back_s=$(since "$back")
echo "all are back after $back_s s"
tell

say "$city_name"
tree || true
say "$nodes nodes: joined in $joined_s s, $wanted records at the city in $held_s s, idle $idle % of a core, back in $back_s s"
if [ $once = 1 ]; then
    "$dir/stop.sh"
else
    echo "The city runs on. Look: $bin/xinwang tree $dir/nodes $dir/hosts/*; stop: $dir/stop.sh"
fi
