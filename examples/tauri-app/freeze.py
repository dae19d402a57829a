"""Freezes the worker with PyInstaller, for people who have no Python.

`onedir` makes a folder, which the app takes along as a resource and which starts quicker; `onefile`
makes one program, which lies beside the app's own.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TAURI = HERE / "src-tauri"
WORK = TAURI / "target" / "pyinstaller"


def triple() -> str:
    """Returns what Tauri wants behind the name of a sidecar: Rust's name of this platform."""
    named = os.environ.get("CARGO_BUILD_TARGET")
    if named:
        return named
    told = subprocess.run(
        ["rustc", "-vV"],  # noqa: S607 - whichever builds the app
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return next(line.split()[1] for line in told.splitlines() if line.startswith("host:"))


def freeze(form: str) -> Path:
    """Freezes it, and returns where it is."""
    name = "backend"
    place = TAURI / "frozen" if form == "onedir" else TAURI / "binaries"
    if form == "onefile":
        name = f"sift-backend-{triple()}"
    options = ["--noconfirm", "--log-level=WARN", f"--name={name}", f"--distpath={place}"]
    work = [f"--workpath={WORK}", f"--specpath={WORK}"]
    script = str(HERE / "backend" / "backend.py")
    command = [sys.executable, "-m", "PyInstaller", f"--{form}", *options, *work, script]
    subprocess.run(command, check=True)  # noqa: S603 - it is ours
    return place / name


if __name__ == "__main__":
    if sys.argv[1:] not in (["onedir"], ["onefile"]):
        sys.exit("freeze.py takes one argument: onedir or onefile")
    print(f"The worker is in {freeze(sys.argv[1])}")
