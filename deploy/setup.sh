#!/usr/bin/env bash
# Installs every Debian 12 package that building, running and testing Xinwang needs. Safe to repeat: when everything
# is there it changes nothing and needs neither network nor root.
set -euo pipefail

packages=(
    # building
    g++ cmake ninja-build pkg-config
    libzmq3-dev cppzmq-dev libsodium-dev liblmdb-dev libmsgpack-cxx-dev libzstd-dev libxxhash-dev libqrencode-dev
    libfmt-dev libspdlog-dev libexpected-dev libcli11-dev libtomlplusplus-dev libboost-dev nlohmann-json3-dev
    # testing
    catch2 clang-14 libclang-rt-14-dev lld-14
    python3 python3-pytest python3-nacl python3-msgpack python3-zmq python3-zstandard zbar-tools
    golang-go golang-golang-x-mod-dev # other people's verifier of our receipts: 80 MB to fetch, 480 MB unpacked, half a minute
    # scripts
    procps util-linux
)

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "setup: missing: ${missing[*]}" >&2
        echo "Try: run deploy/setup.sh as root" >&2
        exit 4
    }
    sudo=sudo
fi
echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
${sudo:-} apt-get update -qq && ${sudo:-} apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || {
    echo "setup: not installed: ${missing[*]}" >&2
    echo "Try: look at what apt-get said above; without a network, install these packages from your own mirror" >&2
    exit 4
}
