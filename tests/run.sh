#!/usr/bin/env bash
# Builds the dev preset (g++, ASan and UBSan) and passes every test there is; then, with the release build, those
# about the memory of a live process, which a sanitizer would falsify. Needs nothing installed beforehand.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev
ctest --preset dev -j "$(nproc)" "$@"

cmake --preset release >/dev/null
cmake --build --preset release --target programs
XINWANG_BIN=build/release/bin /usr/bin/python3 -B -m pytest -q -p no:cacheprovider -rs -m release_only tests/functional
