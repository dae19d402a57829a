"""The pages of the documentation as the tests see them: blocks of code, and commands to run.

A block with a title is a file. `sh` and `console` blocks are commands; a `console` block shows what
they print as well.
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
            file = folder / block.title
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")


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
