"""`rpc-worker generate --watch`: a real process, watched, and real changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Final

import pytest

from rpc_worker.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

DEADLINE: Final = 60
HOUSE: Final = """
from typing import Protocol
from rooms.plan import Room

class HouseAPI(Protocol):
    async def find(self, name: str) -> Room: ...
"""
PLAN: Final = """
from rpc_worker import Struct

class Room(Struct):
    name: str
"""
READY: Final = "watching the sources of house:HouseAPI; Ctrl-C ends it"
TYPES: Final = "web/house.types.d.ts, web/house.types.d.ts.map"


class Watched:
    """The command at work in a folder. What it writes, and what its children do, is one text."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rpc_worker", "generate", "house:HouseAPI", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._deadline = threading.Timer(DEADLINE, self.process.kill)
        self._deadline.start()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().removesuffix("\n")

    def until(self, last: str) -> list[str]:
        """Return the lines up to this one."""
        lines = [self.line()]
        while lines[-1] != last:
            assert lines[-1], lines
            lines.append(self.line())
        return lines

    def write(self, name: str, text: str) -> None:
        """Write a file as editors do: whoever reads it finds the old text or the new."""
        file = self.folder / name
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text)
        beside.replace(file)

    def rest(self) -> str:
        """Return what was not read yet; it ends when no process is left that could write."""
        assert self.process.stdout is not None
        text = self.process.stdout.read()
        self.process.wait()
        self._deadline.cancel()
        self.process.stdout.close()
        return text

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        self.process.send_signal(number)
        rest = self.rest()
        return self.process.returncode, rest


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    (tmp_path / "rooms").mkdir()
    (tmp_path / "rooms/__init__.py").touch()
    (tmp_path / "rooms/plan.py").write_text(PLAN)
    (tmp_path / "house.py").write_text(HOUSE)
    started: list[Watched] = []

    def begin(*arguments: str) -> Watched:
        watched = Watched(tmp_path, "--out", "web", "--watch", *arguments)
        started.append(watched)
        return watched

    yield begin
    for watched in started:
        if watched.process.poll() is None:
            watched.process.kill()
            watched.rest()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_generates_again_when_a_source_changes_and_ends_quietly(
    start: Callable[..., Watched], number: int
) -> None:
    watched = start("--io", "memory")
    first = watched.until(READY)
    assert "wrote web/house.ts" in first
    assert "wrote web/runtime/io/memory.ts" in first
    watched.write("house.py", f"{HOUSE}    async def knock(self, times: int) -> None: ...\n")
    assert watched.line() == f"house.py changed: wrote web/house.ts, {TYPES}"
    assert "knock: {" in (watched.folder / "web/house.ts").read_text()
    watched.write("rooms/plan.py", f"{PLAN}    size: int\n")
    assert watched.line() == f"rooms/plan.py changed: wrote web/house.ts, {TYPES}"
    assert watched.end(number) == (0, "")


def test_nothing_is_written_if_nothing_changes(start: Callable[..., Watched]) -> None:
    watched = start()
    watched.until(READY)
    written = {file: file.stat().st_mtime_ns for file in (watched.folder / "web").rglob("*.*")}
    # Of another module in the folder, and of a file that is no module, nothing is said.
    watched.write("worker.py", "from house import HouseAPI\n")
    watched.write("house.txt", "")
    watched.write("house.py", f"{HOUSE}\n# The end.\n")
    assert watched.line() == "house.py changed: web is up to date"
    assert {file: file.stat().st_mtime_ns for file in written} == written
    assert watched.end() == (0, "")


def test_a_mistake_in_the_middle_of_an_edit_is_told_and_mended(
    start: Callable[..., Watched],
) -> None:
    watched = start()
    watched.until(READY)
    prefix = "rpc-worker generate: house cannot be imported:"
    watched.write("rooms/plan.py", f"{PLAN}    size: (\n")
    assert watched.line() == f"{prefix} SyntaxError: '(' was never closed (plan.py, line 6)"
    assert watched.line() == f"  {watched.folder}/rooms/plan.py, line 6"
    watched.write("rooms/plan.py", f"{PLAN}    size: int\n")
    assert watched.line() == f"rooms/plan.py changed: wrote web/house.ts, {TYPES}"
    watched.write("house.py", HOUSE.replace("HouseAPI", "FlatAPI"))
    assert watched.line() == (
        "rpc-worker generate: house:HouseAPI: house has no 'HouseAPI'. It has FlatAPI, Room."
    )
    watched.write("house.py", f"import os\nos._exit(3)\n{HOUSE}")
    assert watched.line() == (
        "rpc-worker generate: the process that should read the contract ended early"
    )
    watched.write("house.py", HOUSE)
    assert watched.line() == "house.py changed: web is up to date"
    assert watched.end() == (0, "")


def test_it_can_begin_with_a_mistake_and_find_what_is_missing(
    start: Callable[..., Watched], tmp_path: Path
) -> None:
    (tmp_path / "rooms/plan.py").write_text("from cellar.stairs import Stairs as Room\n")
    watched = start()
    *said, _ = watched.until(READY)
    missing = "ModuleNotFoundError: No module named 'cellar'"
    assert said == [
        f"rpc-worker generate: house cannot be imported: {missing}",
        f"  {tmp_path}/rooms/plan.py, line 1: from cellar.stairs import Stairs as Room",
    ]
    (tmp_path / "cellar").mkdir()
    assert watched.line().startswith("rpc-worker generate: house cannot be imported:")
    watched.line()
    watched.write("cellar/stairs.py", PLAN.replace("Room", "Stairs"))
    # Found with the folder, or by itself.
    while not (line := watched.line()).startswith("cellar"):
        assert line
    assert " changed: wrote web/house.ts, web/house.types.d.ts, " in line
    assert watched.end() == (0, "")


def test_changes_at_once_are_one(start: Callable[..., Watched]) -> None:
    watched = start()
    watched.until(READY)
    watched.process.send_signal(signal.SIGSTOP)
    watched.write("rooms/plan.py", f"{PLAN}    size: int\n")
    watched.write("house.py", HOUSE.replace("name: str", "title: str"))
    watched.process.send_signal(signal.SIGCONT)
    assert watched.line() == f"house.py, rooms/plan.py changed: wrote web/house.ts, {TYPES}"
    assert watched.end() == (0, "")


HANGING: Final = """
import subprocess, sys, threading
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("importing", flush=True)
threading.Event().wait()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_stays_behind(
    start: Callable[..., Watched], tmp_path: Path, number: int
) -> None:
    (tmp_path / "house.py").write_text(HANGING)
    watched = start()
    assert watched.line() == "importing"
    # The text ends with the last of them that could write.
    assert watched.end(number) == (-signal.SIGKILL if number == signal.SIGKILL else 0, "")


def test_a_command_line_that_is_wrong_is_not_watched(start: Callable[..., Watched]) -> None:
    watched = start("--io", "nodes")
    said = watched.rest()
    assert said.startswith("rpc-worker generate: --io nodes: there is no such transport.")
    assert watched.process.returncode == 2


def test_without_the_library_it_says_what_to_install(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    assert main(["generate", "house:HouseAPI", "--out", "web", "--watch"]) == 2
    assert capsys.readouterr().err == (
        "rpc-worker generate: --watch needs watchfiles, which is not installed. Write: "
        'pip install "rpc-worker[watch]"\n'
    )
