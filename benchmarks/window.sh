#!/usr/bin/env bash
# Builds the app that is measured, as a release, and measures: `make bench-window`, which has set up
# the rest. Arguments go to window.py.
set -euo pipefail
cd "$(dirname "$0")/.."
. tests/window/machine.sh

echo 'Building the app that is measured' >&2
build_probe_pages
cargo build --quiet --locked --release --features tauri/custom-protocol \
  --manifest-path "$probe/Cargo.toml"
PYTHONPATH=$PWD with_display "$python" benchmarks/window.py "$@"
