"""Runs functions in processes of the worker's own, which can be ended in the middle of one.

A process is kept for the next function; one that was cancelled is killed, and another one is
started when it is needed. What crosses is pickled: the function by its name, a method with its
object, arguments, results and exceptions. A process reads a pipe whose other end the worker holds:
when the worker is gone, however that came, the process ends at once.

They are started as `multiprocessing` spawns its own, so the main module is imported once more under
another name. In a frozen app the interpreter is the app itself: its main module must call
`multiprocessing.freeze_support()` before anything else.

anyio's worker processes are not used: they speak on file descriptor 1, where a stray write of C
code or of a child's breaks them, lose what is printed, cannot import a main module that was started
with `-m`, and stay to the end of their function when the worker is killed.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import sys
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from rpc_worker.errors import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextvars import Context
    from multiprocessing.connection import Connection
    from queue import SimpleQueue

__all__ = ["Ending", "Processes", "Work"]

CLOSING: Final = 1.0
"""Seconds for which the end of killed processes is awaited: the system needs a moment to do it."""


class Work:
    """A function to be called with its arguments, in a thread or in another process.

    Args:
        context: What it runs in; None after a journey, since a context does not pickle.
    """

    __slots__ = ("_args", "_context", "_function", "_kwargs")

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        context: Context | None = None,
    ) -> None:
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._context = context

    def __call__(self) -> Ending:
        # An exception goes back as a value: a future refuses StopIteration, and the loop would
        # take KeyboardInterrupt and SystemExit for its own.
        try:
            if self._context is None:
                return Ending(None, self._function(*self._args, **self._kwargs))
            run = self._context.run
            return Ending(None, run(self._function, *self._args, **self._kwargs))
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is its answer
            return Ending(error, None)

    def __reduce__(self) -> tuple[Any, ...]:
        return Work, (self._function, self._args, self._kwargs)


class Ending:
    """How a function ended. An exception that does not pickle arrives as a description."""

    __slots__ = ("_error", "_result")

    def __init__(self, error: BaseException | None, result: Any) -> None:
        self._error = error
        self._result = result

    def value(self) -> Any:
        """Return what the function returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def __reduce__(self) -> tuple[Any, ...]:
        if self._error is None:
            return Ending, (None, self._result)
        return _failed, (_portable(self._error), _traceback(self._error))


class _ChildTraceback(Exception):  # noqa: N818 - it is shown as the cause of an error
    """Where an exception was raised in another process; its own traceback does not pickle."""


def _failed(error: bytes, where: str) -> Ending:
    found: BaseException = pickle.loads(error)  # noqa: S301 - from a process of our own
    found.__cause__ = _ChildTraceback(f"\n{where}")
    return Ending(found, None)


def _portable(error: BaseException) -> bytes:
    try:
        pickled = pickle.dumps(error)
        # Most exceptions that cannot be rebuilt say so only now.
        pickle.loads(pickled)  # noqa: S301 - our own, a moment ago
    except BaseException as reason:  # noqa: BLE001 - __reduce__ and __init__ may raise anything
        kind = type(error).__name__
        problem = f"the exception itself does not pickle: {type(reason).__name__}"
        return pickle.dumps(RuntimeError(f"{kind}: {text_of(error)} ({problem})"))
    return pickled


def _traceback(error: BaseException) -> str:
    with suppress(BaseException):  # Formatting calls __str__ and __repr__.
        return "".join(traceback.format_exception(error))
    return f"{type(error).__name__}, whose traceback cannot be shown"


class Processes:
    """The processes of one worker: at most one for each processor."""

    def __init__(self) -> None:
        from anyio import CapacityLimiter  # noqa: PLC0415 - it is not there in a child

        self._limiter = CapacityLimiter(os.cpu_count() or 2)
        # Each process has a thread that waits for it; those are limited already.
        self._threads = CapacityLimiter(math.inf)
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()

    async def run(
        self,
        name: str,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        """Call a function in a process, and return what it returns. Cancelling kills the process.

        Args:
            name: The method's name, for the text of an error.
            function: It, its arguments and its result have to pickle.
            args: By position.
            kwargs: By name.

        Raises:
            TypeError: The function, an argument or the result does not pickle.
            RuntimeError: The process has died.
            BaseException: Whatever the function raised.
        """
        from anyio.to_thread import run_sync  # noqa: PLC0415 - as above

        payload = _pickled(name, function, args, kwargs)
        async with self._limiter:
            process = self._take()
            try:
                reply = await run_sync(
                    process.run, name, payload, abandon_on_cancel=True, limiter=self._threads
                )
            except BaseException:
                self._all.discard(process)
                process.kill()
                raise
            self._idle.append(process)
        ending: Ending = pickle.loads(reply)  # noqa: S301 - from a process of our own
        return ending.value()

    def close(self) -> None:
        """End all of them."""
        for process in self._all:
            process.kill()
        for process in self._idle:
            process.bury()
        self._all.clear()
        self._idle.clear()

    def _take(self) -> _Process:
        while self._idle:
            process = self._idle.pop()
            if process.is_alive():
                return process
            self._all.discard(process)
            process.bury()
        process = _Process()
        self._all.add(process)
        return process


def _pickled(
    name: str, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> bytes:
    try:
        return pickle.dumps(Work(function, args, kwargs))
    except BaseException as error:  # noqa: BLE001 - __reduce__ may raise anything
        reason = f"{type(error).__name__}: {text_of(error)}"
    own = getattr(function, "__self__", None)
    what, advice = "its function or its arguments", "make it a function of a module"
    with suppress(BaseException):
        pickle.dumps(function)
        what, advice = "its arguments", "take what does, or run it in a thread"
    if what != "its arguments" and own is not None and not isinstance(own, type):
        what = f"it takes its {type(own).__name__} object along, which"
        advice = "mark it @staticmethod, above @in_process, and give it what it needs as arguments"
        raise TypeError(
            f"{name} cannot run in a process: {what} does not pickle ({reason}); {advice}"
        )
    raise TypeError(f"{name} cannot run in a process: {what} do not pickle ({reason}); {advice}")


class _Process:
    """One process, seen from the worker. It is started by its first function."""

    def __init__(self) -> None:
        from multiprocessing import get_context  # noqa: PLC0415 - few workers need it

        context = get_context("spawn")
        self._connection, self._theirs = context.Pipe()
        # A daemon, so that the interpreter does not wait for it at its own end.
        self._process = context.Process(
            target=_serve, args=(self._theirs,), name="rpc-worker", daemon=True
        )
        self._killed = False

    def run(self, name: str, payload: bytes) -> bytes:
        """Return the answer to some work. Blocks; to be called in a thread.

        Raises:
            RuntimeError: The process has died.
        """
        try:
            if self._process.pid is None:
                self._start(name)
            self._connection.send_bytes(payload)
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            self.bury()
        how = _end(self._process.exitcode)
        raise RuntimeError(f"the process that ran {name} {how}, and with it what it was doing")

    def _start(self, name: str) -> None:
        self._process.start()
        self._theirs.close()
        if self._killed:
            self.kill()
        try:
            self._connection.recv_bytes()
        except (EOFError, OSError):
            self.bury()
            how = _end(self._process.exitcode)
            raise RuntimeError(
                f"the process that was to run {name} {how} before it began: it imports the main "
                'module again, where serve() belongs below `if __name__ == "__main__":`; stderr '
                "says more"
            ) from None

    def kill(self) -> None:
        """End the process, even if it is only just being started."""
        self._killed = True
        if self._process.pid is not None:
            self._process.kill()

    def bury(self) -> None:
        """Let go of a process that has ended, or ends now."""
        if self._process.pid is not None:
            self._process.join(CLOSING)
        self._connection.close()

    def is_alive(self) -> bool:
        return self._process.is_alive()


def _end(code: int | None) -> str:
    if code is None:
        return "has ended"
    if code >= 0:
        return f"has ended with exit code {code}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-code).name}"
    return f"was ended by signal {-code}"


# ---------------------------------------------------------------------------- in the process


def _serve(connection: Connection) -> NoReturn:
    """Say that this has begun; do what comes, one after the other, until the worker is gone."""
    import queue  # noqa: PLC0415 - the worker has no use for it
    import threading  # noqa: PLC0415

    # Ctrl-C at a terminal is for the worker, which ends this process if it has to.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    payloads: SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, payloads), daemon=True).start()
    connection.send_bytes(b"")
    while True:
        reply = _reply(payloads.get())
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError, AttributeError):  # Closed or replaced by the user.
                stream.flush()
        connection.send_bytes(reply)


def _receive(connection: Connection, payloads: SimpleQueue[bytes]) -> None:
    while True:
        try:
            payloads.put(connection.recv_bytes())
        except (EOFError, OSError):
            # Whatever runs here, nobody waits for it.
            os._exit(0)


def _reply(payload: bytes) -> bytes:
    try:
        work: Work = pickle.loads(payload)  # noqa: S301 - from the worker
    except BaseException as error:  # noqa: BLE001 - importing a module may raise anything
        return pickle.dumps(Ending(error, None))
    ending = work()
    try:
        return pickle.dumps(ending)
    except BaseException as error:  # noqa: BLE001 - __reduce__ may raise anything
        reason = f"its result does not pickle ({type(error).__name__}: {text_of(error)})"
        return pickle.dumps(Ending(TypeError(reason), None))
