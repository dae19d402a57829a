"""`rpc-worker generate`: contracts read, files written or checked, and what is said about it."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rpc_worker.cli.contracts import ImportingError, read_contracts
from rpc_worker.cli.wording import UsageError, did_you_mean
from rpc_worker.codegen.files import Difference, compare, with_maps_there, write
from rpc_worker.codegen.plan import Frontend, command_of, plan, target_of
from rpc_worker.codegen.runtime import sources, transports
from rpc_worker.errors import ContractError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Sequence


class Outcome(msgspec.Struct):
    """What became of a run.

    Attributes:
        code: The exit code.
        folder: As it was named.
        wrote: The files that were written, by their paths from here.
        removed: Those that were removed.
        complaints: What is wrong, and warnings.
    """

    code: int = 0
    folder: str = ""
    wrote: list[str] = []
    removed: list[str] = []
    complaints: list[str] = []

    def lines(self) -> list[str]:
        """Return what was done: a line for each file, or that there was nothing to do."""
        done = [f"wrote {name}" for name in self.wrote]
        done += [f"removed {name}" for name in self.removed]
        return done or ([] if self.code else [f"{self.folder} is up to date"])


def generate(options: argparse.Namespace) -> int:
    """Write or check the client of the contracts; return the exit code.

    Raises:
        UsageError: The command line is wrong.
    """
    outcome = produce(options)
    complain(outcome.complaints)
    sys.stdout.write("".join(f"{line}\n" for line in outcome.lines()))
    return outcome.code


def complain(complaints: Iterable[str]) -> None:
    """Say on stderr what is wrong."""
    sys.stderr.write("".join(f"rpc-worker generate: {text}\n" for text in complaints))


def produce(options: argparse.Namespace) -> Outcome:
    """Do the same, and leave it to the caller to tell of it.

    Raises:
        UsageError: The command line is wrong.
    """
    folder = _folder(options.out)
    targets = sorted({*options.contracts})
    warnings: list[str] = []
    try:
        io = _transports(options.io)
        command = _command(targets, options.frontend, folder, io)
        contracts, offered = read_contracts(targets, options.frontend, sources=True)
        frontend = None if offered is None else Frontend(options.frontend, offered)
        runtime = sources(io)
        planned = plan(contracts, runtime, command, frontend, folder=folder)
        warnings += (f"warning: {warning}" for warning in planned.warnings)
        if options.check:
            there = _command_there(folder, planned.files, command)
            expected = plan(contracts, runtime, there, frontend, folder=folder).files
            difference = compare(folder, with_maps_there(folder, expected))
            outcome = _check(folder, difference, command)
        else:
            difference = compare(folder, planned.files)
            if others := _others(folder, difference):
                together = _command(*_joined(targets, options.frontend, others), folder, io)
                outcome = _refuse_others(folder, others, "" if together == command else together)
            else:
                outcome = _write(folder, planned.files, difference)
    except (ContractError, ImportingError) as error:
        outcome = Outcome(1, complaints=[str(error)])
    except OSError as error:
        text = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        outcome = Outcome(1, complaints=[text])
    outcome.complaints[:0] = warnings
    return outcome


def _folder(out: str | None) -> Path:
    if out is None:
        raise UsageError("say where to write to: add --out and a folder, such as --out src/rpc")
    if not out.isprintable() or not out:
        raise UsageError(f"--out {out!r} is no name for a folder; write one such as --out src/rpc")
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {out} is a file; name a folder, such as --out src/rpc")
    return folder


def _transports(text: str) -> tuple[str, ...]:
    known = transports()
    names = {name.strip() for name in text.split(",")} - {""}
    for name in sorted(names - {*known}):
        guess = did_you_mean(name, known)
        raise UsageError(
            f"--io {name}: there is no such transport. {guess}".rstrip()
            + f" There are: {', '.join(known)}"
        )
    return tuple(sorted(names))


def _command(targets: Sequence[str], frontend: str | None, folder: Path, io: Sequence[str]) -> str:
    """Return the command that does the same again, on every machine.

    An absolute folder is told relative to the current one, from which modules are imported too.
    """
    try:
        out = Path(os.path.relpath(folder)).as_posix()
    except ValueError:  # Windows has no relative path from one drive to another.
        out = folder.as_posix()
    words = ["rpc-worker", "generate", *targets]
    words += ["--frontend", frontend] if frontend is not None else []
    words += ["--out", out]
    return shlex.join([*words, "--io", ",".join(io)] if io else words)


def _command_there(folder: Path, files: Iterable[str], command: str) -> str:
    """Return the command that the files tell, if it is this one, given in another folder."""
    for name in files:
        if (folder / name).is_file():
            with (folder / name).open(encoding="utf-8-sig", errors="replace") as file:
                there = command_of(file.readline())
            if there and _without_out(there) == _without_out(command):
                return there
    return command


def _without_out(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:  # Somebody has edited it.
        return []
    return [word for before, word in zip(["", *words], words, strict=False) if before != "--out"]


class _Other(msgspec.Struct):
    """A contract of an earlier run into the same folder."""

    is_frontend: bool
    files: list[str]


def _others(folder: Path, difference: Difference) -> dict[str, _Other]:
    """Return the contracts of which there are files in the folder that would be removed.

    Two runs into one folder share its runtime, so one of them must know of both.
    """
    others: dict[str, _Other] = {}
    for name in difference.left_over:
        if "/" not in name and not name.endswith(".map"):
            with (folder / name).open(encoding="utf-8-sig", errors="replace") as file:
                header = file.readline()
            target = target_of(header)
            is_frontend = f" --frontend {shlex.quote(target)} " in command_of(header)
            others.setdefault(target, _Other(is_frontend, [])).files.append(name)
    return others


def _joined(
    targets: Sequence[str], frontend: str | None, others: dict[str, _Other]
) -> tuple[list[str], str | None]:
    """Return the contracts of both runs; the frontend is this one's, if it has one."""
    backends = {target for target, other in others.items() if not other.is_frontend}
    frontends = sorted({*others} - backends)
    return sorted({*targets, *backends}), frontend or next(iter(frontends), None)


def _refuse_others(folder: Path, others: dict[str, _Other], command: str) -> Outcome:
    files = [(folder / name).as_posix() for other in others.values() for name in other.files]
    made_from = ", ".join(others)
    lines = [f"{folder.as_posix()} has what was made from {made_from} too; nothing was written."]
    if command:
        lines.append(f"Contracts that share a folder are named in one command: {command}")
    lines.append(f"If that contract is gone, delete what was made from it: {' '.join(files)}")
    return Outcome(1, complaints=["\n".join(lines)])


def _check(folder: Path, difference: Difference, command: str) -> Outcome:
    if not difference:
        return Outcome(folder=folder.as_posix())
    lines = [f"{folder.as_posix()} is not up to date:"]
    lines += [f"  missing: {name}" for name in difference.missing]
    lines += [f"  changed: {name}" for name in difference.changed]
    lines += [f"  left over: {name}" for name in difference.left_over]
    lines += [f"  not ours, in the way: {name}" for name in difference.in_the_way]
    lines.append(f"Write it again: {command}")
    return Outcome(1, complaints=["\n".join(lines)])


def _write(folder: Path, files: dict[str, str], difference: Difference) -> Outcome:
    if difference.in_the_way:
        names = ", ".join((folder / name).as_posix() for name in difference.in_the_way)
        reason = (
            f"{names}: not generated by rpc-worker, and in the way of what is. Nothing was "
            "written. Move it, or choose another folder with --out"
        )
        return Outcome(1, complaints=[reason])
    write(folder, files, difference)
    written = sorted((*difference.missing, *difference.changed))
    return Outcome(
        folder=folder.as_posix(),
        wrote=[(folder / name).as_posix() for name in written],
        removed=[(folder / name).as_posix() for name in difference.left_over],
    )
