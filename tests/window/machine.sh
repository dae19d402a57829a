# What driving an app in its window takes, for the scripts that source this at the checkout's root:
# installs what the machine lacks, if it may, and says how the probe is built.

example=$PWD/examples/tauri-app
probe=$PWD/tests/window/probe
tools=$PWD/frontend-adapter/node_modules
python=$example/.venv/bin/python
export CARGO_TARGET_DIR=$example/src-tauri/target
export PATH=$CARGO_TARGET_DIR/tools/bin:$PATH

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

command -v tauri-driver >/dev/null ||
  cargo install --quiet --locked --root "$CARGO_TARGET_DIR/tools" tauri-driver --version '^2'

# Builds the probe's pages, which go into its program.
build_probe_pages() (
  cd "$probe"
  "$python" -m rpc_worker generate worker:Probe --frontend worker:PageAPI \
    --out page/rpc --io tauri,tauri-event,tauri-shell,tauri-plugin-js >/dev/null
  "$tools/.bin/tsc" --project .
  NODE_PATH=$tools "$tools/.bin/esbuild" page/main.ts page/measure.ts --bundle --format=esm \
    --outdir=dist --log-level=warning
  cp page/*.html dist
)

# Runs a command where windows can be opened.
with_display() {
  # The accessibility bus and the portals are not there, and not missed.
  NO_AT_BRIDGE=1 xvfb-run -a -s '-screen 0 1280x900x24' dbus-run-session -- "$@"
}
