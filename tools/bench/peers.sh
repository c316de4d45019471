#!/usr/bin/env bash
# NATS, PostgreSQL and CSV by sftp beside ours: the same generated records, the same machine, in turn. PEERS.md says how.
#
#   tools/bench/peers.sh [--records N] [--dir DIR] [-o table|json] [--rounds N] [--only NAME]... [--no-install]
#
# Every server is a private instance on loopback below a new directory in DIR, and ends with its run; nothing is left
# behind but Debian packages that were missing. Exit 0: measured. 1: something failed. 2: the command line is wrong.
# 4: a package is missing and was not installed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
bench=${XINWANG_BIN:-$here/../../build/release/bin}/xinwang-bench
records=1000000 parent=${TMPDIR:-/tmp} form=table rounds=1 install=yes only=()
names=(nats postgres-1 postgres-3 sftp-5000 sftp-whole)

usage() { sed -n '4s/^#   //p' "${BASH_SOURCE[0]}"; }
wrong() {
    echo "peers: $1" >&2
    usage >&2
    exit 2
}
while [ $# -gt 0 ]; do
    case $1 in
        --records | --dir | -o | --rounds | --only) [ $# -ge 2 ] || wrong "$1 wants a value" ;;&
        --records) records=$2 && shift ;;
        --dir) parent=$2 && shift ;;
        -o) form=$2 && shift ;;
        --rounds) rounds=$2 && shift ;;
        --only) only+=("$2") && shift ;;
        --no-install) install=no ;;
        --help | -h) usage && exit 0 ;;
        *) wrong "unknown: $1" ;;
    esac
    shift
done
[[ $records =~ ^[1-9][0-9]*$ ]] || wrong "--records: a number"
[[ $rounds =~ ^[1-9][0-9]*$ ]] || wrong "--rounds: a number"
[[ $form = table || $form = json ]] || wrong "-o: table or json"
for name in "${only[@]}"; do
    [[ " ${names[*]} " = *" $name "* ]] || wrong "--only: one of ${names[*]}"
done
[ ${#only[@]} -eq 0 ] || names=("${only[@]}")
[ -x "$bench" ] || {
    echo "peers: $bench is not built" >&2
    echo "Try: cmake --preset release && cmake --build --preset release --target xinwang-bench xinwang-node" >&2
    exit 1
}

# Not in deploy/setup.sh: neither building nor testing needs them.
packages=(nats-server postgresql-15 openssh-server openssh-client openssh-sftp-server openssl iproute2 python3 util-linux)
missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done

scratch='' running='' policy=''
finish() {
    [ -z "$running" ] || { kill "$running" 2>/dev/null && wait "$running" || true; }
    [ -z "$scratch" ] || rm -rf "$scratch"
    [ -z "$policy" ] || as_root rm -f "$policy"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

# Debian starts a server with its package, and again at each boot. None of these shall.
install_missing() {
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || return
    echo "peers: installing ${missing[*]}" >&2
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        policy=/usr/sbin/policy-rc.d
        printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin $policy || return
    fi
    as_root apt-get update -qq || return
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || return
    local service
    for service in nats-server:nats-server postgresql-15:postgresql openssh-server:ssh; do
        [[ " ${missing[*]} " = *" ${service%:*} "* ]] || continue
        as_root systemctl disable "${service#*:}" >/dev/null 2>&1 || true # without systemd: nothing to disable
    done
}
if [ ${#missing[@]} -gt 0 ]; then
    if [ $install = no ] || ! install_missing; then
        echo "peers: missing: ${missing[*]}" >&2
        echo "Try: run it as root or with sudo, without --no-install" >&2
        exit 4
    fi
fi

scratch=$(mktemp -d "$parent/xinwang-peers-XXXXXX")
chmod 755 "$scratch" # root's servers run as the user postgres

# Standard output of a command into a file; in the background, so that a signal to this script ends it, too.
measure() {
    local out=$1
    shift
    "$@" >"$out" &
    running=$!
    wait "$running" || {
        echo "peers: failed: $*" >&2
        exit 1
    }
    running=
}

peer() {
    local dir=$scratch/$1 program options=()
    case $1 in
        nats) program=nats_leaf.py options=(--records "$scratch/entries") ;;
        postgres-*) program=postgres_logical.py options=(--records "$scratch/csv" --indexes "${1#*-}") ;;
        sftp-whole) program=sftp_copy.py options=(--records "$scratch/csv" --rows 0) ;;
        sftp-*) program=sftp_copy.py options=(--records "$scratch/csv" --rows "${1#*-}") ;;
    esac
    measure "$scratch/theirs" /usr/bin/python3 -B "$here/peers/$program" --dir "$dir" "${options[@]}"
    rm -rf "$dir"
    sync # what was thrown away is not written during the next run
}

for kind in entries csv; do
    measure /dev/null "$bench" entries --records "$records" --form $kind --out "$scratch/$kind"
    chmod 644 "$scratch/$kind"
done
for ((round = 1; round <= rounds; ++round)); do
    for name in "${names[@]}"; do
        echo "peers: ours, then $name ($round/$rounds)" >&2
        measure "$scratch/ours" "$bench" hop --records "$records" --dir "$scratch" -o json
        sync
        peer "$name"
        printf '{"system":"%s","ours":%s,"theirs":%s}\n' "$name" "$(cat "$scratch/ours")" "$(cat "$scratch/theirs")" \
            >>"$scratch/pairs"
    done
done
/usr/bin/python3 -B "$here/peers/table.py" --pairs "$scratch/pairs" --records "$records" -o "$form"
