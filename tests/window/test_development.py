"""The example under `npm run tauri dev`: Vite's page, and Python from where it is edited."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.window.driving import EXAMPLE, command, descendants, gone

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.window

BUILDING = 600.0
"""Seconds that Rust may take, on a machine that has built it once."""


@pytest.fixture(scope="module")
def dev() -> Generator[tuple[subprocess.Popen[bytes], int, int]]:
    env = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    run = ["npm", "run", "tauri", "dev", "--", "--no-watch"]
    with subprocess.Popen(run, cwd=EXAMPLE, env=env, stdin=subprocess.DEVNULL) as process:
        try:
            yield (process, *started(process))
        finally:
            for pid in (*descendants(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_python_is_that_of_the_project(dev: tuple[subprocess.Popen[bytes], int, int]) -> None:
    _, _, worker = dev
    assert command(worker).startswith(os.fsencode(Path(sys.prefix, "bin", "python")))


@pytest.mark.usefixtures("dev")
def test_vite_keeps_no_stale_copy_of_the_client() -> None:
    """Packages it bundles beforehand, and keeps; the generated sources are none."""
    kept = json.loads((EXAMPLE / "node_modules/.vite/deps/_metadata.json").read_text())["optimized"]
    assert kept
    assert {name.split("/")[0] for name in kept} == {"@tauri-apps"}


def test_it_leaves_nothing_behind(dev: tuple[subprocess.Popen[bytes], int, int]) -> None:
    process, app, worker = dev
    processes = descendants(process.pid)
    os.kill(app, signal.SIGKILL)
    assert gone(worker)
    assert process.wait(60) is not None
    assert [pid for pid in processes if not gone(pid)] == []


def started(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Wait for the app's process and its worker, which starts when Vite's page has been loaded."""
    end = time.monotonic() + BUILDING
    while time.monotonic() < end:
        assert process.poll() is None, "tauri dev has ended"
        for app in descendants(process.pid):
            if command(app).startswith(b"target/debug/sift") or b"/debug/sift\0" in command(app):
                for worker in descendants(app):
                    if b"backend.py" in command(worker):
                        return app, worker
        time.sleep(0.2)
    raise AssertionError("no worker was started")
