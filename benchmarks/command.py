"""What the commands that measure have in common: where workers run, and how figures are told."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tables import marks, write

if TYPE_CHECKING:
    import argparse

CHECKOUT: Final = Path(__file__).parents[1]


def environment() -> dict[str, str]:
    """Return one with the checkout's own package, whatever is installed."""
    variables = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    # Whoever starts a worker twice has its bytecode; compiling would be most of the start.
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    return variables


def machine() -> str:
    return f"{platform.system()} on {platform.machine()}, {os.cpu_count()} CPUs"


def say(line: str) -> None:
    """Tell how far it is, beside the figures."""
    print(line, file=sys.stderr, flush=True)


def add_markdown(parser: argparse.ArgumentParser, name: str) -> None:
    """Add the option that has `publish` write into a document."""
    parser.add_argument(
        "--markdown",
        type=Path,
        metavar="FILE",
        help=f"also write what is printed there, between {' and '.join(marks(name))}",
    )


def publish(tables: str, name: str, document: Path | None) -> None:
    """Print tables; also write them between the marks of this name in a document."""
    print(tables)
    if document is None:
        return
    try:
        write(document, name, tables)
    except ValueError as error:
        sys.exit(str(error))
    say(f"written to {document}")
