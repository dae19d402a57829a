"""The example under `npm run tauri dev`: Vite's page, and Python from where it is edited."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.window.driving import EXAMPLE, command, descendants, gone

pytestmark = pytest.mark.window

BUILDING = 600.0
"""Seconds that Rust may take, on a machine that has built it once."""


def test_it_starts_and_leaves_nothing_behind() -> None:
    env = {**os.environ, "VIRTUAL_ENV": sys.prefix}
    dev = ["npm", "run", "tauri", "dev", "--", "--no-watch"]
    with subprocess.Popen(dev, cwd=EXAMPLE, env=env, stdin=subprocess.DEVNULL) as process:
        try:
            app, worker = started(process)
            python = Path(sys.prefix, "bin", "python")
            assert command(worker).startswith(os.fsencode(python)), "the project's own"
            processes = descendants(process.pid)
            os.kill(app, signal.SIGKILL)
            assert gone(worker)
            assert process.wait(60) is not None
            assert [pid for pid in processes if not gone(pid)] == []
        finally:
            for pid in (*descendants(process.pid), process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


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
