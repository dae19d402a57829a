"""A function of ours, run in a fresh interpreter: what a module was imported from stays imported.

The child finds modules where this process does, or where it is told to. Whatever the user's modules
print goes to stderr. It ends with this process, however that ends, and so does what it has started.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["NoAnswerError", "call", "serve"]

_MAIN: Final = """\
import json, sys
request = json.loads(sys.argv[1])
sys.path[:] = request["own"]
from rpc_worker.cli.fresh import serve
serve(request)
"""


class NoAnswerError(Exception):
    """The child ended before it had answered; it says on stderr why."""


def call(
    function: str, argument: Any, *, path: Sequence[str] | None = None, folder: Path | None = None
) -> Any:
    """Return what a function returns in a fresh interpreter.

    Args:
        function: `module:function`, of one argument; this and the result are made of what JSON has.
        argument: What it is given.
        path: Where modules are found; as here if None.
        folder: The working directory; this one if None.

    Raises:
        NoAnswerError: It has not returned.
    """
    request = {
        "own": sys.path,  # This package is the same one, whatever is found instead by `path`.
        "path": sys.path if path is None else path,
        "call": function,
        "argument": argument,
    }
    # No bytecode: it knows its source's time to the second, and an edit can be quicker than that.
    command = [sys.executable, "-B", "-P", "-c", _MAIN, msgspec.json.encode(request).decode()]
    with subprocess.Popen(  # noqa: S603 - it is this interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        process_group=0,  # Ctrl-C is this process's affair.
    ) as child:
        assert child.stdout is not None  # noqa: S101 - it is a pipe
        try:
            answer = child.stdout.read()
        finally:
            _end(child)
    if not answer:
        raise NoAnswerError("the process that should read the contract ended early")
    return msgspec.json.decode(answer)


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child, if it has not ended, and whatever a module of the user's has started in it."""
    if sys.platform == "win32":
        child.kill()
    else:
        # macOS forbids to end what has ended.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)


def serve(request: dict[str, Any]) -> None:
    """Answer the one call that this process was started for, and end it."""
    parent, answer = _take_pipes()
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    sys.argv[:], sys.path[:] = ["rpc-worker"], request["path"]
    module, _, name = request["call"].partition(":")
    returned = getattr(importlib.import_module(module), name)(request["argument"])
    sys.stdout.flush()
    sys.stderr.flush()
    with open(answer, "wb") as pipe:  # noqa: PTH123 - it has no path
        pipe.write(msgspec.json.encode(returned))
    # Threads of the user's may never end.
    os._exit(0)


def _take_pipes() -> tuple[int, int]:
    """Return what ends with the parent, and where it reads the answer; 0 and 1 are the user's."""
    parent, answer = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return parent, answer


def _end_with(parent: int) -> None:
    with suppress(OSError):
        while os.read(parent, 1):
            pass
    if sys.platform != "win32":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
