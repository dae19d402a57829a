"""The TypeScript runtime that a generated client runs on: where its sources are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent
_PLACES: Final = (
    _HERE / "typescript",  # In the wheel, as package data.
    _HERE.parents[1] / "frontend-adapter" / "src",  # In a checkout.
)


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
    for path in sorted({*folder.rglob("*.ts"), *folder.rglob("*.js")}):
        name = path.relative_to(folder)
        if name.parts[0] != "io" or name.stem in io:
            texts[name.as_posix()] = path.read_text(encoding="utf-8")
    return texts


def _folder() -> Path:
    for place in _PLACES:
        if place.is_dir():
            return place
    raise FileNotFoundError(
        f"rpc-worker is not installed completely: its TypeScript runtime is not in {_PLACES[0]}. "
        "Install it again."
    )
