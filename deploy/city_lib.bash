# What the scripts that bring up a city on this machine share. Sourced from the top of the tree, with `script` set to
# the name that stands before their errors, and `dir` to where the city lives.

. deploy/build_lib.bash
xw() { "$bin/xinwang" "$@"; }

# Sets bin.
build_release() {
    deploy/setup.sh
    build release c++ --target programs
    bin=$PWD/build/release/bin
}

# empty_dir MARKER: makes dir, and takes away what an earlier run of this script, known by its marker, left there.
empty_dir() {
    if [ -e "$dir" ]; then
        [ -f "$dir/$1" ] || fail "$dir exists and was not made by this script. Try: --dir with a new directory"
        "$dir/stop.sh" >/dev/null 2>&1 || true
        rm -rf "$dir"
    fi
    mkdir -p "$dir/nodes" "$dir/files" "$dir/log" "$dir/run"
    touch "$dir/$1"
    readlink -f "$bin/xinwang-node" >"$dir/node-binary"
    cat >"$dir/stop.sh" <<'STOP'
#!/usr/bin/env bash
# Stops the processes of this city, or those named, by the ids that they were started with.
cd "$(dirname "$0")/run" || exit 1
[ $# -gt 0 ] || set -- *
for name in "$@"; do
    [ -f "$name" ] || continue
    pid=$(cat "$name")
    # " (deleted)" stands behind the name of a program that was built anew meanwhile.
    case $(readlink "/proc/$pid/exe" 2>/dev/null) in "$(cat ../node-binary)"*) kill "$pid" ;; esac
done
for name in "$@"; do
    [ -f "$name" ] || continue
    for _ in $(seq 600); do kill -0 "$(cat "$name")" 2>/dev/null || break; sleep 0.05; done
    rm -f "$name"
done
STOP
    chmod +x "$dir/stop.sh"
    trap '[ $? -eq 0 ] || { "$dir/stop.sh"; echo "$script: failed; logs: $dir/log" >&2; }' EXIT
}

# start NAME OPTIONS…: a process that outlives this script.
start() {
    local name=$1
    shift
    "$bin/xinwang-node" "$@" >>"$dir/log/$name" 2>&1 </dev/null &
    echo $! >"$dir/run/$name"
    disown
}

# wait_for WHAT SECONDS COMMAND…: until the command succeeds.
wait_for() {
    local what=$1 seconds=$2 end
    shift 2
    end=$((SECONDS + seconds))
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || fail "$what: not within $seconds seconds"
        sleep 0.1
    done
}

# A county takes two persons: one proposes it, another approves it. `as N` are the options of one of them.
make_operators() {
    local person
    mkdir -p "$dir/keys"
    (umask 077 && printf 'only for this city\n' >"$dir/keys/passphrase")
    for person in 1 2; do
        xw operator new "操作员$person" --out "$dir/keys/operator-$person" --passphrase-file "$dir/keys/passphrase" \
            >"$dir/keys/operator-$person.line"
    done
}
as() { printf '%s\n' --operator "$dir/keys/operator-$1" --passphrase-file "$dir/keys/passphrase"; }
city_new_options() {
    printf '%s\n' --root-key "$dir/keys/root-1" --root-key "$dir/keys/root-2" --root-key "$dir/keys/root-3" \
        --operator "$(cat "$dir/keys/operator-1.line")" --operator "$(cat "$dir/keys/operator-2.line")"
}
