"""A contract as it was at a revision of git: read from the tree that the revision has.

The tree is laid out in a temporary folder, through an index of its own, so that neither the user's
index nor a list of worktrees knows of it; and the contract is read there, by a fresh interpreter
that finds in that tree whatever this one finds in the working tree.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rpc_worker.cli.contracts import ImportingError, read_contracts
from rpc_worker.cli.fresh import NoAnswerError, call
from rpc_worker.cli.openrpc import written
from rpc_worker.cli.reading import SourcesRead
from rpc_worker.cli.target import load_frontend
from rpc_worker.cli.wording import UsageError
from rpc_worker.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["documents_at", "read_there"]


def documents_at(revision: str, targets: Sequence[str], frontend: str | None) -> dict[str, str]:
    """Return the documents of contracts as they were, by what they are called.

    Raises:
        UsageError: There is no such revision, or no such contract in it, or it cannot be read.
    """
    top, commit = _found(revision)
    here = Path.cwd().resolve()
    try:
        with tempfile.TemporaryDirectory(prefix="rpc-worker-") as temporary:
            tree = _lay_out(commit, top, Path(temporary).resolve())
            there = tree / here.relative_to(top)
            if not there.is_dir():
                raise UsageError(f"--against {revision}: it has no folder {here.relative_to(top)}")
            argument = {
                "targets": targets,
                "frontend": frontend,
                "top": str(top),
                "tree": str(tree),
            }
            path = [_moved(entry, top, tree) for entry in sys.path]
            answer = call(f"{__name__}:read_there", argument, path=path, folder=there)
    except (NoAnswerError, _GitError) as error:
        raise UsageError(f"--against {revision}: {error}") from None
    if "failed" in answer:
        reason = answer["failed"].replace(f"{tree}{os.sep}", f"{revision}:")
        reason = reason.replace(str(tree), revision)
        raise UsageError(f"--against {revision}: the contract cannot be read there: {reason}")
    documents: dict[str, str] = answer["documents"]
    return documents


class _GitError(Exception):
    """git has failed, or is not there."""


def _found(revision: str) -> tuple[Path, str]:
    """Return the folder of the repository, and the commit."""
    neither = f"--against {revision}: there is no such file in {Path.cwd()}, and "
    advice = "Name a document that rpc-worker openrpc wrote, or a revision of git, such as main"
    try:
        top = Path(_git("rev-parse", "--show-toplevel")).resolve()
    except _GitError as error:
        raise UsageError(f"{neither}no repository to look for it: {error}. {advice}") from None
    try:
        return top, _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    except _GitError:
        raise UsageError(f"{neither}git knows no such revision. {advice}") from None


def _lay_out(commit: str, top: Path, folder: Path) -> Path:
    """Return a folder that has the files of a commit."""
    tree, index = folder / "tree", str(folder / "index")
    tree.mkdir()
    _git("read-tree", commit, folder=top, index=index)
    prefix = f"--prefix={tree.as_posix()}/"
    _git("checkout-index", "--all", "--quiet", prefix, folder=top, index=index)
    return tree


def _git(*arguments: str, folder: Path | None = None, index: str | None = None) -> str:
    # Large files would be fetched, and no contract is read from them.
    environment = {**os.environ, "GIT_LFS_SKIP_SMUDGE": "1"}
    if index is not None:
        environment["GIT_INDEX_FILE"] = index
    try:
        done = subprocess.run(  # noqa: S603 - no shell is asked
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
    except OSError as error:
        raise _GitError(f"git cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        said = done.stderr.strip().removeprefix("fatal: ")
        raise _GitError(said or f"git {arguments[0]} has failed")
    return done.stdout.removesuffix("\n")


def _moved(entry: str, top: Path, tree: Path) -> str:
    """Return where modules are found in the tree that are found in `entry` now."""
    real = Path(entry).resolve()
    if real.is_relative_to(top) and (moved := tree / real.relative_to(top)).is_dir():
        return str(moved)
    # What the revision lacks is not the project's own, a virtual environment, or was not there yet.
    return entry


def read_there(argument: dict[str, Any]) -> dict[str, Any]:
    """Return the documents, or what has failed, in the process that reads them."""
    sources = SourcesRead()
    targets, frontend = argument["targets"], argument["frontend"]
    try:
        contracts, offered = read_contracts(targets, None)
        if frontend is not None and _is_there(frontend, targets):
            contracts, offered = read_contracts(targets, frontend)
    except (UsageError, ContractError, ImportingError) as error:
        return {"failed": str(error)}
    for file in sources.files():
        if file.is_relative_to(argument["top"]) and not file.is_relative_to(argument["tree"]):
            reason = f"Python imports {file} instead, which is in the working tree"
            return {"failed": f"{reason}: it is installed from there, or new"}
    return {"documents": {t: written(c, offered).decode() for t, c in contracts.items()}}


def _is_there(frontend: str, targets: Sequence[str]) -> bool:
    """Whether there was a class of what the page offers; a contract can begin without one."""
    try:
        load_frontend(frontend, targets)
    except UsageError:
        return False
    except BaseException:  # noqa: BLE001 - whoever reads it tells of it
        return True
    return True
