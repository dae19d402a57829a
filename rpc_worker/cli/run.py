"""`rpc-worker run`: an object of the user's, served."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

from rpc_worker.arguments import described, is_without_methods
from rpc_worker.cli.target import (
    import_module,
    is_class_of_user,
    load,
    load_class,
    load_frontend,
    names_module_only,
)
from rpc_worker.cli.wording import UsageError
from rpc_worker.worker import StartError
from rpc_worker.worker import run as run_worker

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection


def run(options: argparse.Namespace) -> NoReturn:
    """Serve what the command line names. Ends the process.

    stdin and stdout are the protocol's before the user's module is imported, so whatever is wrong
    with it is told to the host as well.
    """
    run_worker(
        lambda: _load(options.target, options.contract, options.frontend),
        grace=options.grace,
        name=options.name,
        version=options.worker_version,
        debug=options.debug,
        debugger=options.debugger,
    )


def _load(
    target: str, contract: str | None, frontend: str | None
) -> tuple[object, type[Any] | None, type[Any] | None]:
    try:
        implementation = _app(target) or load(target, "backend", _is_servable)
        reason = _not_servable(target, implementation, promised=contract is not None)
        if reason is not None:
            raise StartError(reason)
        return (
            implementation,
            None if contract is None else load_class(contract),
            None if frontend is None else load_frontend(frontend, (contract or "",)),
        )
    except UsageError as error:
        raise StartError(str(error)) from None


def _app(target: str) -> object | None:
    """Return the jsonrpcserver app that a module is, if that is what the command line names.

    What it has mounted itself is that, with the context that only the module knows.

    Raises:
        StartError: It has mounted several, or nothing in it could be.
        UsageError: There is no such module.
    """
    if not import_module(target):
        return None
    if not _marked():
        only = names_module_only(target, "backend")
        raise StartError(f"{only}. A module alone is served if jsonrpcserver's @method is in it")
    from rpc_worker.interop.jsonrpcserver import Mounted  # noqa: PLC0415 - few workers are one

    found = {name: m for name, m in vars(sys.modules[target]).items() if isinstance(m, Mounted)}
    if len({*map(id, found.values())}) > 1:
        names = ", ".join(f"{target}:{name}" for name in found)
        raise StartError(f"{target} mounts several apps; name one of them: {names}")
    mounted = next(iter(found.values()), None)
    if mounted is None and any(each is Mounted for each in vars(sys.modules[target]).values()):
        # What it mounts when it is run by itself may well have a context.
        sys.stderr.write(
            f"rpc-worker: {target} mounts nothing while it is imported: its functions are served "
            "without a context. Write mounted = Mounted(…) outside of any function, and of "
            'if __name__ == "__main__".\n'
        )
    return mounted or Mounted()


def _marked() -> Collection[object]:
    """Return the functions that jsonrpcserver's @method has marked, if anybody has imported it."""
    registered: Any = sys.modules.get("jsonrpcserver.methods")
    return () if registered is None else registered.global_methods.values()


def _is_servable(found: object) -> bool:
    return is_class_of_user(type(found)) and not is_without_methods(found, promised=False)


def _not_servable(target: str, found: object, *, promised: bool) -> str | None:
    """Return what is wrong with what the command line names, and what to write instead."""
    what = described(found)
    if what == "a class":
        name, module = getattr(found, "__name__", ""), target.partition(":")[0]
        return (
            f"{target} is a class, and an object is served. Write in {module}: "
            f"{name.lower()} = {name}(), and on the command line: {module}:{name.lower()}"
        )
    if any(function is found for function in _marked()):
        module = target.partition(":")[0]
        return f"{target} is a function of a jsonrpcserver app; name its module alone: {module}"
    wanted, base = "an object with methods", ""
    if what == "a Protocol":
        wanted, base = "an object that implements it", f"({getattr(found, '__name__', '')})"
    elif not is_without_methods(found, promised=promised):
        return None
    return (
        f"{target} is {what}, and {wanted} is served. Write in a module of yours: "
        f"class Backend{base}: …, and backend = Backend(); and on the command line: module:backend"
    )
