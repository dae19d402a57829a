"""The mistakes that everybody makes once, each with the message it gets, whole.

`docs/messages.md` is the table: a section for each mistake. When a message has changed on purpose,
`python -m tests.test_newcomer` writes the page again; read the difference as its reader will.
"""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import Final

import pytest

from tests.pages import CHECKOUT, blocks, read, run, succeed, write_files

pytestmark = pytest.mark.process

PAGE: Final = "docs/messages.md"
GROUPS: Final = ("The contract", "The implementation", "The command line", "A call")

HOME: Final = "/home/you/notes"
PYTHON: Final = "/usr/bin/python3"
"""Where the project and the interpreter are, on the page."""


def sections() -> dict[str, str]:
    """Return the mistakes by title, each with the files that all have in common before it."""
    common, *parts = re.split(r"^##+ (.+)\n", read(PAGE), flags=re.MULTILINE)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {title: common + text for title, text in pairs if title not in GROUPS}


def printed(section: str, folder: Path) -> list[str]:
    """Return what the section's console and exchange blocks should show, in order."""
    write_files(section, folder)
    return [
        answered(block.text, folder)
        if block.title == "exchange"
        else complained(block.text, folder)
        for block in blocks(section)
        if block.language in {"console", "text"}
    ]


def complained(text: str, folder: Path) -> str:
    """Run commands of which the last one fails, and show them with what it writes to stderr."""
    *before, command = [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    for line in before:
        succeed(line, folder)
    done = run(command, folder)
    assert done.code in {1, 2}, f"{command}: {done}"
    message = done.stderr.replace(str(folder), HOME)
    message = re.sub(
        rf"{re.escape(str(Path(sys.executable).parent))}/python[\d.]*", PYTHON, message
    )
    return "".join(f"$ {line}\n" for line in [*before, command]) + message


def answered(text: str, folder: Path) -> str:
    """Send one line to the worker, and show it with the answer."""
    request = text.splitlines()[0].removeprefix("--> ")
    served = succeed(["rpc-worker", "run", "backend:notes"], folder, f"{request}\n")
    _ready, *answers = served.splitlines()
    return "".join([f"--> {request}\n", *(f"<-- {answer}\n" for answer in answers)])


def test_there_are_enough_of_every_kind() -> None:
    found = re.findall(r"^## (.+)$", read(PAGE), re.MULTILINE)
    assert tuple(found) == GROUPS
    titles = re.findall(r"^### (.+)$", read(PAGE), re.MULTILINE)
    assert len(titles) == len(set(titles)) == len(sections()) >= 75


@pytest.mark.parametrize("title", sections())
def test_the_message_is(title: str, tmp_path: Path) -> None:
    section = sections()[title]
    shown = [b.text for b in blocks(section) if b.language in {"console", "text"}]
    assert len(shown) == 1
    assert printed(section, tmp_path) == shown


def main() -> None:
    known = sections()
    parts = re.split(r"(?=^### )", read(PAGE), flags=re.MULTILINE)
    for index, part in enumerate(parts[1:], 1):
        title = part.splitlines()[0].removeprefix("### ")
        with tempfile.TemporaryDirectory() as folder:
            (found,) = printed(known[title], Path(folder).resolve())
        (shown,) = (b.text for b in blocks(part) if b.language in {"console", "text"})
        parts[index] = part.replace(shown, found)
    (CHECKOUT / PAGE).write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
