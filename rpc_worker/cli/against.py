"""`rpc-worker generate --against`: what has changed, and whom it breaks. Nothing is written."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from rpc_worker.breaking import changes, read
from rpc_worker.cli.contracts import ImportingError, read_contracts
from rpc_worker.cli.openrpc import written
from rpc_worker.cli.revision import documents_at
from rpc_worker.cli.wording import UsageError
from rpc_worker.errors import ContractError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from rpc_worker.breaking import Change, Document

__all__ = ["against"]


def against(options: argparse.Namespace) -> int:
    """Tell what has changed; return the exit code, 1 if anything breaks what was generated before.

    Raises:
        UsageError: The command line is wrong, or there is nothing to compare with.
    """
    _refuse_others(options)
    targets = sorted({*options.contracts})
    try:
        contracts, frontend = read_contracts(targets, options.frontend)
    except (ContractError, ImportingError) as error:
        sys.stderr.write(f"rpc-worker generate: {error}\n")
        return 1
    news = {target: read(written(contracts[target], frontend)) for target in targets}
    olds = _documents(options.against, targets, options.frontend)
    found = {target: changes(olds[target], news[target]) for target in targets}
    for target, changed in found.items():
        sys.stdout.write(_report(target, options.against, changed))
    return int(any(change.breaks for changed in found.values() for change in changed))


def _refuse_others(options: argparse.Namespace) -> None:
    given = {
        "--out": options.out is not None,
        "--io": bool(options.io),
        "--check": options.check,
        "--watch": options.watch,
    }
    for option in (option for option, is_given in given.items() if is_given):
        raise UsageError(f"--against compares, and writes nothing: leave out {option}")
    if not options.against:
        raise UsageError("--against names nothing; write a file, or a revision such as main")


def _documents(name: str, targets: Sequence[str], frontend: str | None) -> dict[str, Document]:
    """Return what is compared with: from the file, or from git if there is none."""
    file = Path(name)
    if not file.is_file():
        found = documents_at(name, targets, frontend)
        return {target: read(text) for target, text in found.items()}
    if len(targets) > 1:
        raise UsageError(f"--against {name} has one contract; compare one with it, not all at once")
    try:
        document = read(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--against {name} is no document that rpc-worker openrpc wrote: {error}. If a "
            f"revision of git is meant, write refs/heads/{name} or refs/tags/{name}"
        ) from None
    if frontend is not None and not document.frontend.methods:
        sys.stderr.write(
            f"rpc-worker generate: {name} has no frontend, so all of it is new; if it was written "
            "without --frontend, write it with that\n"
        )
    return {targets[0]: document}


def _report(target: str, name: str, changed: Sequence[Change]) -> str:
    blocks = [
        "".join(f"{_verdict(change)}  {change.member}: {change.text}\n" for change in of_member)
        for _, of_member in groupby(changed, lambda change: change.member)
    ]
    breaking = sum(change.breaks for change in changed)
    fitting = len(changed) - breaking
    if not changed:
        summary = "nothing has changed on the wire"
    else:
        breaks = f"{breaking} change{'s break' if breaking != 1 else ' breaks'}"
        others = f"{fitting} do{'' if fitting != 1 else 'es'} not"
        summary = f"{breaks} what was generated before, {others}"
    return "\n".join([*blocks, f"{target} against {name}: {summary}\n"])


def _verdict(change: Change) -> str:
    return "breaks" if change.breaks else "fits  "
