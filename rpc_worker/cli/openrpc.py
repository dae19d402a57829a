"""`rpc-worker openrpc`: the document that a worker answers `rpc.discover` with."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from rpc_worker.cli.contracts import ImportingError, read_contracts
from rpc_worker.cli.wording import UsageError
from rpc_worker.errors import ContractError
from rpc_worker.openrpc import document

if TYPE_CHECKING:
    import argparse

    from rpc_worker.contract import Contract

__all__ = ["openrpc", "written"]


def openrpc(options: argparse.Namespace) -> int:
    """Write the document of a contract; return the exit code.

    Raises:
        UsageError: The command line is wrong.
    """
    try:
        # What the user's module prints is no part of the document.
        with redirect_stdout(sys.stderr):
            contracts, frontend = read_contracts([options.contract], options.frontend)
        text = written(contracts[options.contract], frontend)
        if options.out is None:
            sys.stdout.flush()
            sys.stdout.buffer.write(text)
        else:
            _write(options.out, text)
    except (ContractError, ImportingError) as error:
        sys.stderr.write(f"rpc-worker openrpc: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"rpc-worker openrpc: {error.filename}: {error.strerror}\n")
        return 1
    return 0


def written(contract: Contract, frontend: Contract | None) -> bytes:
    """Return the document as it is committed: what a worker without a name or a version says."""
    described = document(contract, name=contract.name, version="0.0.0", frontend=frontend)
    return msgspec.json.format(msgspec.json.encode(described), indent=2) + b"\n"


def _write(out: str, text: bytes) -> None:
    file = Path(out)
    if file.is_dir():
        raise UsageError(f"--out {out} is a folder; name a file, such as {out}/contract.json")
    there = file.read_bytes().replace(b"\r\n", b"\n") if file.exists() else None
    if there == text:
        sys.stdout.write(f"{file.as_posix()} is up to date\n")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text)
    sys.stdout.write(f"wrote {file.as_posix()}\n")
