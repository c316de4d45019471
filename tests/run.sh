#!/usr/bin/env bash
# Builds the dev preset (g++, ASan and UBSan) and passes every test there is. Needs nothing installed beforehand.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/setup.sh
cmake --preset dev >/dev/null
cmake --build --preset dev
ctest --preset dev -j "$(nproc)" "$@"
