"""`rpc-worker generate`: contracts read, files written or checked, and what is said about it."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rpc_worker.cli.target import load_class, load_frontend
from rpc_worker.cli.wording import UsageError, did_you_mean
from rpc_worker.codegen.files import Difference, compare, with_maps_there, write
from rpc_worker.codegen.plan import Frontend, command_of, plan, target_of
from rpc_worker.codegen.runtime import sources, transports
from rpc_worker.contract import read_contract
from rpc_worker.errors import ContractError
from rpc_worker.fatal import StartError, frames_of_user

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Sequence

    from rpc_worker.contract import Contract
    from rpc_worker.errors import Misfit


def generate(options: argparse.Namespace) -> int:
    """Write or check the client of the contracts; return the exit code.

    Raises:
        UsageError: The command line is wrong.
    """
    folder = _folder(options.out)
    targets = sorted({*options.contracts})
    try:
        io = _transports(options.io)
        command = _command(targets, options.frontend, folder, io)
        contracts, frontend = _read_contracts(targets, options.frontend)
        runtime = sources(io)
        planned = plan(contracts, runtime, command, frontend, folder=folder)
        for warning in planned.warnings:
            _complain(f"warning: {warning}")
        if options.check:
            there = _command_there(folder, planned.files, command)
            expected = plan(contracts, runtime, there, frontend, folder=folder).files
            return _check(folder, compare(folder, with_maps_there(folder, expected)), command)
        difference = compare(folder, planned.files)
        if others := _others(folder, difference):
            together = _command(*_joined(targets, options.frontend, others), folder, io)
            return _refuse_others(folder, others, "" if together == command else together)
        return _write(folder, planned.files, difference)
    except (ContractError, _ImportingError) as error:
        _complain(str(error))
    except OSError as error:
        _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    return 1


class _ImportingError(Exception):
    """A module of the user's raised while it was imported."""


def _read_contracts(
    targets: Sequence[str], frontend: str | None
) -> tuple[dict[str, Contract], Frontend | None]:
    classes = {target: _import(target, load_class) for target in targets}
    if frontend is not None:
        classes[frontend] = _import(frontend, lambda target: load_frontend(target, targets))
    contracts: dict[str, Contract] = {}
    misfits: list[Misfit] = []
    for target, cls in classes.items():
        try:
            contracts[target] = read_contract(cls, frontend=target == frontend, sources=True)
        except ContractError as error:
            misfits += error.misfits
    if misfits:
        raise ContractError(misfits)
    return contracts, None if frontend is None else Frontend(frontend, contracts.pop(frontend))


def _import(target: str, load: Callable[[str], type]) -> type:
    try:
        return load(target)
    except (UsageError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - SystemExit in a module is one too
        module = target.partition(":")[0]
        reason = str(error) if isinstance(error, StartError) else f"{type(error).__name__}: {error}"
        raise _ImportingError(f"{module} cannot be imported: {reason}\n  {_place(error)}") from None


def _place(error: BaseException) -> str:
    """Return where in the user's code an import failed."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = frames_of_user(traceback.extract_tb(error.__traceback__))
    last = [f for f in frames if not f.filename.startswith("<")][-1]
    return f"{last.filename}, line {last.lineno}: {last.line}"


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


def _refuse_others(folder: Path, others: dict[str, _Other], command: str) -> int:
    files = [(folder / name).as_posix() for other in others.values() for name in other.files]
    made_from = ", ".join(others)
    lines = [f"{folder.as_posix()} has what was made from {made_from} too; nothing was written."]
    if command:
        lines.append(f"Contracts that share a folder are named in one command: {command}")
    lines.append(f"If that contract is gone, delete what was made from it: {' '.join(files)}")
    _complain("\n".join(lines))
    return 1


def _check(folder: Path, difference: Difference, command: str) -> int:
    if not difference:
        sys.stdout.write(f"{folder.as_posix()} is up to date\n")
        return 0
    lines = [f"{folder.as_posix()} is not up to date:"]
    lines += [f"  missing: {name}" for name in difference.missing]
    lines += [f"  changed: {name}" for name in difference.changed]
    lines += [f"  left over: {name}" for name in difference.left_over]
    lines += [f"  not ours, in the way: {name}" for name in difference.in_the_way]
    lines.append(f"Write it again: {command}")
    _complain("\n".join(lines))
    return 1


def _write(folder: Path, files: dict[str, str], difference: Difference) -> int:
    if difference.in_the_way:
        names = ", ".join((folder / name).as_posix() for name in difference.in_the_way)
        _complain(
            f"{names}: not generated by rpc-worker, and in the way of what is. Nothing was "
            "written. Move it, or choose another folder with --out"
        )
        return 1
    write(folder, files, difference)
    for name in sorted((*difference.missing, *difference.changed)):
        sys.stdout.write(f"wrote {(folder / name).as_posix()}\n")
    for name in difference.left_over:
        sys.stdout.write(f"removed {(folder / name).as_posix()}\n")
    if not difference:
        sys.stdout.write(f"{folder.as_posix()} is up to date\n")
    return 0


def _complain(text: str) -> None:
    sys.stderr.write(f"rpc-worker generate: {text}\n")
