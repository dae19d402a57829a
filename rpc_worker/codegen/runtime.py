"""The TypeScript runtime that a generated client runs on: where its sources are."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_PLACES: Final = (
    _HERE / "typescript",  # In the wheel, as package data.
    _HERE.parents[1] / "frontend-adapter" / "src",  # In a checkout.
)


_DECLARED: Final = ("declared.d.ts", "declared.js")
"""What makes the classes of errors: the generated JavaScript imports it, and no TypeScript does."""

_IMPORTED: Final = re.compile(r'from "(\.[^"]*)\.js"')


def transports() -> tuple[str, ...]:
    """Return the names that `--io` takes, sorted."""
    return tuple(sorted(path.stem for path in (_folder() / "io").glob("*.ts")))


def sources(io: tuple[str, ...]) -> dict[str, str]:
    """Return the text of the runtime's files by their path within it.

    Args:
        io: The transports to include; the rest of the runtime imports none of them.
    """
    folder = _folder()
    texts: dict[str, str] = {}
    wanted = ["index.ts", *_DECLARED, *(f"io/{name}.ts" for name in io)]
    while wanted:
        name = wanted.pop()
        if name not in texts:
            texts[name] = (folder / name).read_text(encoding="utf-8")
            inner = posixpath.dirname(name)
            for imported in _IMPORTED.findall(texts[name]):
                path = posixpath.normpath(posixpath.join(inner, imported))
                wanted.append(f"{path}.ts" if (folder / f"{path}.ts").is_file() else f"{path}.d.ts")
    return dict(sorted(texts.items()))


def _folder() -> Path:
    for place in _PLACES:
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"rpc-worker is not installed completely: its TypeScript runtime is not in {_PLACES[0]}. "
        "Install it again."
    )
