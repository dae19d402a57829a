"""`serve()`: the whole of a user's worker. It composes the rooms, and ends the process."""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from rpc_worker.arguments import (
    check_contract,
    check_frontend,
    check_options,
)
from rpc_worker.collecting import at_rest
from rpc_worker.fatal import StartError, explain, fatal_line
from rpc_worker.importing import module_being_imported
from rpc_worker.limits import Limits
from rpc_worker.parent import HostWatch
from rpc_worker.signals import end_at_exit, exit_at_once
from rpc_worker.stdio import take

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager
    from types import ModuleType

    from rpc_worker.dispatch import Service
    from rpc_worker.lifecycle import Life
    from rpc_worker.middleware import Middleware
    from rpc_worker.stdio import Wire

__all__ = ["StartError", "run", "serve"]

TELLING: Final = 5.0
"""Seconds that a host has to take the line that says why the worker does not start."""

Lifespan: TypeAlias = "Callable[[], AbstractAsyncContextManager[object]]"
Load: TypeAlias = "Callable[[], tuple[object, type[Any] | None, type[Any] | None]]"
"""Returns the implementation, its contract and the frontend's, the latter two where they are given.
"""


def serve(
    implementation: object,
    contract: type[Any] | None = None,
    *,
    frontend: type[Any] | None = None,
    lifespan: Lifespan | None = None,
    middleware: Sequence[Middleware] = (),
    limits: Limits | None = None,
    grace: float = 5.0,
    name: str | None = None,
    version: str = "0.0.0",
    debug: bool = False,
    debugger: bool = False,
) -> NoReturn:
    """Serve an implementation on stdin and stdout, until the host has had enough of it.

    From the call on, stdin and stdout belong to the protocol: what is printed goes to stderr, and
    who reads stdin sees its end. Never returns: it ends the process, with 0 after a clean end, 1 if
    the start failed or the host did not take all output, 128 + n at a second signal n (protocol,
    section 4). Children that still run are then sent SIGTERM, but for those in a session of their
    own.

    Args:
        implementation: The object whose methods are called.
        contract: The typed class that it implements; by default the Protocol that its class
            inherits, else its own class.
        frontend: The typed class of what the windows offer the worker; `caller(frontend)` in a
            handler is the calling window's.
        lifespan: Makes an asynchronous context manager, entered before the first request and left
            after the last; a function with `@contextlib.asynccontextmanager`. What it yields is
            `current_call().state`.
        middleware: What stands around every handler, the first outermost: `async def m(call,
            proceed)`, which returns `await proceed()` or something else in its place.
        limits: How much is taken on; see `Limits`.
        grace: Seconds that running handlers have when the worker ends.
        name: The worker's name for people; the contract's name by default.
        version: The worker's own version.
        debug: Whether errors carry their traceback to the caller.
        debugger: Whether `breakpoint()` waits for somebody to attach; so does it where the
            environment has RPC_WORKER_DEBUGGER=1. Deadlines do not end what is looked at then.

    Raises:
        RuntimeError: Called where nothing can be served: in a thread, in a running event loop, or
            in a child process of multiprocessing.
        StartError: Called in a module that the `rpc-worker` command imports.
    """
    module = module_being_imported()
    if module is not None:
        raise StartError(
            f"serve() was called while rpc-worker imported {module}; write it below "
            '`if __name__ == "__main__":`'
        )
    run(
        lambda: (implementation, contract, frontend),
        lifespan=lifespan,
        middleware=middleware,
        limits=limits,
        grace=grace,
        name=name,
        version=version,
        debug=debug,
        debugger=debugger,
    )


def run(
    load: Load,
    *,
    lifespan: Lifespan | None = None,
    middleware: Sequence[Middleware] = (),
    limits: Limits | None = None,
    grace: float = 5.0,
    name: str | None = None,
    version: str = "0.0.0",
    debug: bool = False,
    debugger: bool = False,
) -> NoReturn:
    """Serve what `load` returns, an implementation and perhaps its contract.

    As `serve`, but stdin and stdout are the protocol's before the user's modules are imported, and
    whatever `load` raises is told to the host with `$/fatal`: `StartError` by its message alone.
    """
    _check_place()
    wire = take()
    watch = HostWatch(terminal=wire.terminal)
    end_at_exit()
    try:
        check_options(lifespan, middleware, limits, grace)
        _prepare_breakpoints(enabled=debugger)
        implementation, contract, frontend = load()
        service = _service(
            implementation, contract, frontend, name=name, version=version, debug=debug
        )
        if wire.terminal:
            _greet(service)
    except KeyboardInterrupt:
        _leave(watch, 130)
    except BaseException as error:  # noqa: BLE001 - SystemExit in a module is a failed start too
        wire.output.write_at_once(fatal_line(error, debug=debug), TELLING)
        wire.close()
        explain(error)
        _leave(watch, 1)
    life = _live(service, wire, lifespan, middleware, frontend, limits or Limits(), grace)
    _leave(watch, life.code, clean=life.clean)


def _service(
    implementation: object,
    contract: type[Any] | None,
    frontend: type[Any] | None,
    *,
    name: str | None,
    version: str,
    debug: bool,
) -> Service:
    """Read the contract and bind the implementation to it.

    Raises:
        ContractError: They do not fit.
        StartError: They are not what can be served at all.
    """
    check_contract(implementation, contract)
    check_frontend(frontend)
    with at_rest():
        from rpc_worker.contract import read_contract  # noqa: PLC0415 - after `take`
        from rpc_worker.dispatch import Service  # noqa: PLC0415
        from rpc_worker.fit import offered  # noqa: PLC0415

        # Whoever mounts functions has imported what can.
        mounting = sys.modules.get("rpc_worker.mounting")
        offer = offered if mounting is None else mounting.offer
        promised, bindings = offer(implementation, contract)
        return Service(
            promised,
            bindings,
            frontend=None if frontend is None else read_contract(frontend, frontend=True),
            name=name,
            version=version,
            debug=debug,
        )


def _prepare_breakpoints(*, enabled: bool) -> None:
    from rpc_worker import debugger  # noqa: PLC0415 - after `take`

    debugger.install(enabled)


def _live(
    service: Service,
    wire: Wire,
    lifespan: Lifespan | None,
    middleware: Sequence[Middleware],
    frontend: type[Any] | None,
    limits: Limits,
    grace: float,
) -> Life:
    with at_rest():
        import asyncio  # noqa: PLC0415 - a start that fails needs no loop

        from rpc_worker.lifecycle import Life  # noqa: PLC0415

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    offered = None
    if frontend is not None and service.frontend is not None:
        from rpc_worker.frontend import Frontend  # noqa: PLC0415 - few workers have one

        offered = Frontend(frontend, service.frontend)
    life = Life(
        service,
        wire,
        lifespan=lifespan,
        middleware=middleware,
        frontend=offered,
        limits=limits,
        grace=grace,
        loop=loop,
    )
    try:
        loop.run_until_complete(life.run())
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a callback or task of the user's
        _report(error)
    wire.close()
    if life.clean:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        life.signals.close(loop)
    return life


def _report(error: BaseException) -> None:
    import traceback  # noqa: PLC0415 - only on failure

    traceback.print_exception(error)
    sys.stderr.write("rpc-worker: that was raised outside of any handler; ending.\n")


def _leave(watch: HostWatch, code: int, *, clean: bool = True) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):  # Closed or replaced by the user.
            stream.flush()
    watch.settle()
    if not clean:
        # A handler's thread or a task that will not end would hold up the interpreter for ever.
        exit_at_once(code)
    sys.exit(code)


def _check_place() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError(
            "serve() was called in a thread: signals reach the main thread only; call it there"
        )
    if "asyncio" in sys.modules and _in_running_loop():
        raise RuntimeError(
            "serve() was called in a running event loop: it runs one of its own; call it from "
            "plain code, and put what needs the loop into its lifespan="
        )
    multiprocessing = sys.modules.get("multiprocessing.process")
    if multiprocessing is not None and _is_child(multiprocessing):
        raise RuntimeError(
            "serve() was called in a child process of multiprocessing, which imports the main "
            'module again; write it below `if __name__ == "__main__":`'
        )


def _is_child(multiprocessing: ModuleType) -> bool:
    # While a child imports the main module, it does not know its parent yet.
    importing = getattr(multiprocessing.current_process(), "_inheriting", False)
    return bool(importing) or multiprocessing.parent_process() is not None


def _in_running_loop() -> bool:
    import asyncio  # noqa: PLC0415 - it is there already

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _greet(service: Service) -> None:
    """Tell the person at the terminal what this is, and how to call it."""
    first = next((m for m in service.contract.methods.values() if not m.parameters), None)
    method = first.wire if first else "system.ping"
    sys.stderr.write(
        f"rpc-worker: {service.name} {service.version} speaks JSON-RPC 2.0 here, one JSON text a "
        "line. A program is meant to type it, but you can too; paste a line:\n"
        f'  {{"jsonrpc":"2.0","id":1,"method":"{method}"}}\n'
        '  {"jsonrpc":"2.0","id":2,"method":"rpc.discover"}\n'
        "The second describes every method. Ctrl-D ends it.\n"
    )
