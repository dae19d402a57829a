"""`rpc-worker run`: an object of the user's, served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from rpc_worker.cli.target import load, load_class
from rpc_worker.cli.wording import UsageError
from rpc_worker.worker import StartError
from rpc_worker.worker import run as run_worker

if TYPE_CHECKING:
    import argparse


def run(options: argparse.Namespace) -> NoReturn:
    """Serve what the command line names. Ends the process.

    stdin and stdout are the protocol's before the user's module is imported, so whatever is wrong
    with it is told to the host as well.
    """
    run_worker(
        lambda: _load(options.target, options.contract),
        grace=options.grace,
        name=options.name,
        version=options.worker_version,
        debug=options.debug,
    )


def _load(target: str, contract: str | None) -> tuple[object, type[Any] | None]:
    try:
        implementation = load(target, "backend")
        if isinstance(implementation, type):
            name = implementation.__name__
            module = target.partition(":")[0]
            raise StartError(
                f"{target} is a class, and an object is served. Write in {module}: "
                f"{name.lower()} = {name}(), and on the command line: {module}:{name.lower()}"
            )
        return implementation, None if contract is None else load_class(contract)
    except UsageError as error:
        raise StartError(str(error)) from None
