"""A plan and a folder: what differs, and making them the same.

Only files that carry our mark are replaced or removed; whatever else is in the folder is the
user's.
"""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen import maps
from rpc_worker.codegen.plan import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAP: Final = ".types.d.ts.map"


class Difference(msgspec.Struct, frozen=True):
    """How a folder differs from a plan. All paths are within the folder, with `/`.

    Attributes:
        missing: Files of the plan that are not there.
        changed: Files of the plan whose text is another.
        left_over: Files that carry our mark and are not in the plan.
        in_the_way: What is not ours and stands where a file of the plan has its place.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    left_over: tuple[str, ...]
    in_the_way: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.left_over or self.in_the_way)


def compare(folder: Path, files: Mapping[str, str]) -> Difference:
    """Return how the folder differs from the plan. Nothing is written."""
    missing: list[str] = []
    changed: list[str] = []
    in_the_way: list[str] = []
    for name, text in files.items():
        path = folder / name
        obstacle = _obstacle(folder, name)
        if obstacle is not None:
            in_the_way.append(obstacle)
        elif not path.exists():
            missing.append(name)
        elif (found := _read(path)) != text.encode():
            (changed if _is_ours(found) else in_the_way).append(name)
    left_over = [
        name
        for path in _candidates(folder)
        if (name := path.relative_to(folder).as_posix()) not in files and _is_ours(_read(path))
    ]
    return Difference(
        tuple(missing), tuple(changed), tuple(left_over), tuple(dict.fromkeys(in_the_way))
    )


def with_maps_there(folder: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return a plan with those of our maps that are in the folder, wherever they lead.

    They name lines of the contract's sources, which move with every edit there: a check that fails
    for that would fail for what changes nothing.
    """
    kept = dict(files)
    for name in files:
        path = folder / name
        if name.endswith(_MAP) and path.is_file() and _is_ours(found := _read(path)):
            kept[name] = found.decode(errors="replace")
    return kept


def write(folder: Path, files: Mapping[str, str], difference: Difference) -> None:
    """Make the folder what the plan says, file by file, each at once.

    Raises:
        OSError: A file cannot be written; those before it are in place.
    """
    for name in (*difference.missing, *difference.changed):
        _replace(folder / name, files[name])
    for name in difference.left_over:
        path = folder / name
        path.unlink()
        if path.parent != folder and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _candidates(folder: Path) -> Iterator[Path]:
    """Return where a file of an earlier run can be: not in folders that are the user's."""
    for pattern in ("*.ts", f"*{_MAP}", "*.types.js", "runtime/*.[jt]s", "runtime/io/*.ts"):
        yield from sorted(path for path in folder.glob(pattern) if path.is_file())


def _obstacle(folder: Path, name: str) -> str | None:
    """Return the path of a folder in a file's place, or of a file in a folder's."""
    parts = name.split("/")
    for depth in range(1, len(parts)):
        outer = "/".join(parts[:depth])
        if (folder / outer).exists() and not (folder / outer).is_dir():
            return outer
    return name if (folder / name).is_dir() else None


def _read(path: Path) -> bytes:
    # A checkout or an editor on Windows may have turned the line ends, and put a mark in front.
    return path.read_bytes().removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")


def _is_ours(content: bytes) -> bool:
    return content.startswith((MARK.encode(), maps.MARK.encode()))


def _replace(path: Path, text: str) -> None:
    """Write a file so that whoever reads it meets the old text or the new, and nothing between."""
    # The file that a link leads to, and a loop of links leads nowhere: then it is replaced.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        temporary.write_bytes(text.encode())
        temporary.replace(target)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            # The temporary file is of no interest, and some errors name no file at all.
            error.filename, error.filename2 = str(path), None
        raise
