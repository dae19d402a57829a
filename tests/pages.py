"""The pages of the documentation as the tests see them: blocks of code, and commands to run.

A block with a title is a file. One titled "FILE, in CLASS" adds to a class of a file above it, and
one titled "FILE, below" to the file's end. `sh` and `console` blocks are commands; a `console`
block shows what they print as well.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

CHECKOUT: Final = Path(__file__).parent.parent
DEADLINE: Final = 120
"""Seconds for one command; some start a compiler."""

FENCE: Final = re.compile(r"^```(\S*)(?: title=\"(.+?)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    language: str
    title: str
    text: str


def read(page: str) -> str:
    return (CHECKOUT / page).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    return [Block(*found.groups(default="")) for found in FENCE.finditer(text)]


def write_files(text: str, folder: Path) -> None:
    """Write the files that a page, or a part of one, consists of."""
    for block in blocks(text):
        if block.language in {"python", "ts"}:
            name, _, place = block.title.partition(", ")
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            text = added(block.text, place, file.read_text("utf-8")) if place else block.text
            file.write_text(text, encoding="utf-8")


def added(part: str, place: str, text: str) -> str:
    """Return the text of a file with a part in its place."""
    if place == "below":
        return text + part
    heading = re.compile(rf"^class {re.escape(place.removeprefix('in '))}\b.*\n", re.MULTILINE)
    imports, members = heading.split(part, maxsplit=1)
    begin = heading.search(text)
    assert begin, f"there is no class to add to: {place}"
    after = re.compile(r"^(?=\S)|\Z", re.MULTILINE).search(text, begin.end())
    assert after
    own = text[: after.start()].rstrip()
    return f"{imports}{own}\n\n{members}\n{text[after.start() :]}"


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}


class Finished(NamedTuple):
    code: int
    stdout: str
    stderr: str


def run(command: str | list[str], cwd: Path, stdin: str = "") -> Finished:
    """Run a line for the shell, or a program with its arguments."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        shell=isinstance(command, str),
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def succeed(command: str | list[str], cwd: Path, stdin: str = "") -> str:
    """Run it, and return what it writes to stdout; it must not fail."""
    done = run(command, cwd, stdin)
    assert done.code == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
