"""`breakpoint()` in a worker, whose stdin and stdout belong to the protocol.

Python's own would read end of file and end the handler. Here it says where it stands and goes on,
or, if the worker was started for it, waits until somebody attaches from another terminal. Who has
chosen a debugger already, with `PYTHONBREAKPOINT` or an editor's, keeps it.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pdb import Pdb
    from types import FrameType

__all__ = ["ENABLED", "attached", "install"]

ENABLED: Final = "RPC_WORKER_DEBUGGER"
"""The environment variable that, as `1`, enables the debugger: a host's is easier to set than the
worker's arguments."""

_enabled = False
"""Whether `breakpoint()` stops. A process has one."""

_sessions: Final = threading.local()
"""The debugger of each thread, while somebody is attached to it."""


def install(enabled: bool) -> None:
    """Make `breakpoint()` fit for a worker.

    Args:
        enabled: Whether it stops there, and waits for somebody to attach. Anybody on this machine
            can, and can do then what the worker can.
    """
    global _enabled  # noqa: PLW0603 - as said there
    _enabled = enabled or os.environ.get(ENABLED) == "1"
    if sys.breakpointhook is sys.__breakpointhook__ and not os.environ.get("PYTHONBREAKPOINT"):
        sys.breakpointhook = _stop if _enabled else _pass_over


def attached() -> bool:
    """Tell whether somebody may be going through the worker step by step, so that clocks rest."""
    if _enabled:
        return True
    debugpy, pydevd = sys.modules.get("debugpy"), sys.modules.get("pydevd")
    if debugpy is not None:
        connected: Callable[[], bool] | None = getattr(debugpy, "is_client_connected", None)
        return connected is not None and connected()
    return bool(getattr(pydevd, "connected", False))


def _pass_over(*_args: Any, **_kwargs: Any) -> None:
    frame = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - documented
    _say(
        f"breakpoint() at {_place(frame)} was passed over: nobody can type here. To stop there, "
        f"start the worker with {ENABLED}=1 in its environment, with serve(…, debugger=True) or "
        "with rpc-worker run --debugger"
    )


def _stop(*_args: Any, **_kwargs: Any) -> None:
    frame = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as above
    session: Pdb | None = getattr(_sessions, "current", None)
    if session is None:
        from rpc_worker.breakpoints import wait_for_terminal  # noqa: PLC0415 - pdb is large

        place = _place(frame)
        session = wait_for_terminal(
            lambda port: _say(
                f"breakpoint() at {place} waits for you. In a terminal: rpc-worker attach {port}"
            ),
            detached=_forget,
        )
        _sessions.current = session
    # If it goes on to a breakpoint of its own, it is tracing, and would stop in itself here.
    sys.settrace(None)
    session.set_trace(frame)


def _forget() -> None:
    _sessions.current = None


def _place(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _say(text: str) -> None:
    with suppress(OSError, ValueError, AttributeError):  # Closed or replaced by the user.
        sys.stderr.write(f"rpc-worker: {text}.\n")
        sys.stderr.flush()
