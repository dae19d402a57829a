#!/usr/bin/env bash
# Builds the apps that tests/window drives, and drives them: `make e2e`, which has set up the rest.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/window/machine.sh

echo 'Building the pages'
build_probe_pages
(cd "$example" && npm run --silent build -- --logLevel warn)

echo 'Checking and testing the plugin'
for crate in tauri-plugin-rpc-worker "$example/src-tauri" "$probe"; do
  cargo clippy --quiet --locked --all-targets --manifest-path "$crate/Cargo.toml" -- -D warnings
done
cargo test --quiet --locked --manifest-path tauri-plugin-rpc-worker/Cargo.toml
cargo package --quiet --locked --allow-dirty --manifest-path tauri-plugin-rpc-worker/Cargo.toml

echo 'Building the apps'
cargo build --quiet --locked --manifest-path "$probe/Cargo.toml"
(
  # Without an address to look at, a debug build shows what has just been built.
  cd "$example/src-tauri"
  TAURI_CONFIG='{"build":{"devUrl":null}}' cargo build --quiet --locked
)
mkdir -p "$CARGO_TARGET_DIR/window"
cp "$CARGO_TARGET_DIR/debug/sift" "$CARGO_TARGET_DIR/window"
for form in release release:onefile; do
  # What another form has left here would be taken for this one's.
  rm -rf "$CARGO_TARGET_DIR"/release/{sift-backend,worker,bundle}
  (cd "$example" && npm run --silent "$form" -- --bundles deb --ci)
  cp "$CARGO_TARGET_DIR"/release/bundle/deb/*.deb "$CARGO_TARGET_DIR/window/${form//:/-}.deb"
done

with_display "$python" -m pytest --quiet tests/window "$@"
echo "Pictures are in ${CARGO_TARGET_DIR#"$PWD"/}/screenshots"
