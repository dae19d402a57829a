#!/usr/bin/env bash
# Builds the apps that tests/window drives, and drives them: `make e2e`, which has set up the rest.
# Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../.."

packages=(libwebkit2gtk-4.1-dev build-essential curl wget file libxdo-dev libssl-dev
  libayatana-appindicator3-dev librsvg2-dev webkit2gtk-driver xvfb xauth dbus)
missing=()
if command -v dpkg-query >/dev/null; then
  for package in "${packages[@]}"; do
    status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
  done
elif ! command -v WebKitWebDriver >/dev/null || ! command -v xvfb-run >/dev/null; then
  missing=("${packages[@]}")
fi
if ((${#missing[@]})); then
  echo "Missing here: ${missing[*]}"
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Install these (they are named as Debian names them), then run this again." >&2
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # With what they recommend: WebKit draws with it.
  apt-get install -y -qq "${missing[@]}"
fi

example=$PWD/examples/tauri-app
probe=$PWD/tests/window/probe
tools=$PWD/frontend-adapter/node_modules
python=$example/.venv/bin/python
export CARGO_TARGET_DIR=$example/src-tauri/target
export PATH=$CARGO_TARGET_DIR/tools/bin:$PATH

command -v tauri-driver >/dev/null ||
  cargo install --quiet --locked --root "$CARGO_TARGET_DIR/tools" tauri-driver --version '^2'

for crate in "$example/src-tauri" "$probe"; do
  cargo fmt --check --manifest-path "$crate/Cargo.toml"
done
"$tools/.bin/prettier" --config frontend-adapter/.prettierrc.json --check --log-level warn \
  "$example"/{src/*.{ts,css},*.{ts,mjs}} "$probe"/page/*.ts

echo 'Building the probe'
(
  cd "$probe"
  "$python" -m rpc_worker generate worker:Probe --frontend worker:PageAPI \
    --out page/rpc --io tauri,tauri-event,tauri-shell,tauri-plugin-js >/dev/null
  "$tools/.bin/tsc" --project .
  NODE_PATH=$tools "$tools/.bin/esbuild" page/main.ts --bundle --format=esm \
    --outfile=dist/main.js --log-level=warning
  cp page/index.html dist
  cargo build --quiet --locked
)

echo 'Building the example, in each of its forms'
(
  cd "$example"
  npm run --silent build -- --logLevel warn
  # Without an address to look at, a debug build shows what has just been built.
  cd src-tauri
  TAURI_CONFIG='{"build":{"devUrl":null}}' cargo build --quiet --locked
  cd ..
  mkdir -p "$CARGO_TARGET_DIR/window"
  cp "$CARGO_TARGET_DIR/debug/sift" "$CARGO_TARGET_DIR/window"
  for form in release release:onefile; do
    # What another form has left here would be taken for this one's.
    rm -rf "$CARGO_TARGET_DIR"/release/{sift-backend,worker,bundle}
    npm run --silent "$form" -- --bundles deb --ci
    cp "$CARGO_TARGET_DIR"/release/bundle/deb/*.deb "$CARGO_TARGET_DIR/window/${form//:/-}.deb"
  done
)

# The accessibility bus and the portals are not there, and not missed.
NO_AT_BRIDGE=1 xvfb-run -a -s '-screen 0 1280x900x24' dbus-run-session -- \
  "$python" -m pytest --quiet tests/window "$@"
echo "Pictures are in ${CARGO_TARGET_DIR#"$PWD"/}/screenshots"
