"""What people install: a release of the example, whose worker needs no Python, in both forms."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.window.driving import TARGET, App, command, descendants, gone, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.window

WORKERS = {"release": "usr/lib/Sift/worker/backend", "release-onefile": "usr/bin/sift-backend"}


@pytest.fixture(scope="module", params=WORKERS)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder into which the installer's files were laid, and where the worker is."""
    folder = tmp_path_factory.mktemp(request.param)
    installer = TARGET / "window" / f"{request.param}.deb"
    subprocess.run(["dpkg-deb", "-x", installer, folder], check=True)
    return folder / WORKERS[request.param]


@pytest.fixture
def app(installed: Path) -> Iterator[App]:
    # Nobody has a Python here.
    nowhere = {"PATH": "/nowhere", "VIRTUAL_ENV": "/nowhere"}
    with running(program_of(installed), nowhere) as app:
        app.until("return document.querySelector('#state').dataset.state === 'ready'")
        yield app


def program_of(worker: Path) -> Path:
    """Return the app's program, beside which the worker was laid."""
    return next(folder for folder in worker.parents if folder.name == "usr") / "bin" / "sift"


def workers(app: App, program: Path) -> list[int]:
    """Return the worker's processes; PyInstaller's one file is two."""
    return [pid for pid in descendants(app.pid) if command(pid).startswith(os.fsencode(program))]


def test_what_is_run_in_development_is_not_run_here(installed: Path) -> None:
    """Not even where everything that development takes is at hand."""
    with running(program_of(installed)) as app:
        app.until("return document.querySelector('#state').dataset.state === 'ready'")
        assert workers(app, installed)
        assert not [pid for pid in descendants(app.pid) if b"python" in command(pid)]


def test_it_searches(app: App, installed: Path, tmp_path: Path) -> None:
    (tmp_path / "found.txt").touch()
    app.driver.find_element(By.ID, "folder").send_keys(str(tmp_path), Keys.ENTER)
    count = app.driver.find_element(By.ID, "count")
    app.wait(lambda: count.text == "1 found", "the file")
    assert len(workers(app, installed)) == (2 if installed.parent.name == "bin" else 1)


def test_it_leaves_nothing_behind(app: App, installed: Path) -> None:
    assert workers(app, installed)
    processes = [app.pid, *descendants(app.pid)]
    app.close_window()
    assert [pid for pid in processes if not gone(pid)] == []


def test_it_leaves_nothing_behind_when_it_is_killed(app: App, installed: Path) -> None:
    assert workers(app, installed)
    processes = [app.pid, *descendants(app.pid)]
    os.kill(app.pid, signal.SIGKILL)
    assert [pid for pid in processes if not gone(pid)] == []
