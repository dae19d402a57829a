"""What is said when a worker cannot start: `$/fatal` to the host, and plain text on stderr."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.errors import ContractError
from rpc_worker.messages import notification_line

if TYPE_CHECKING:
    import traceback

__all__ = ["StartError", "explain", "fatal_line", "frames_of_user"]


class StartError(Exception):
    """A reason not to start that its message explains in full: no traceback is shown."""


def fatal_line(error: BaseException, *, debug: bool) -> bytes:
    """Return the notification `$/fatal {message, details}` (protocol, section 4)."""
    if isinstance(error, ContractError):
        details: object = error.misfits
    else:
        details = {"type": type(error).__name__}
        if debug:
            details = {"type": type(error).__name__, "stack": _stack(error)}
    params = {"message": f"The worker cannot start: {_text(error)}", "details": details}
    try:
        return notification_line("$/fatal", msgspec.json.encode(params))
    except (TypeError, ValueError):
        # A name in the user's code that UTF-8 does not know.
        plain = {"message": ascii(params["message"]), "details": {"type": "UnicodeEncodeError"}}
        return notification_line("$/fatal", msgspec.json.encode(plain))


def explain(error: BaseException) -> None:
    """Write on stderr why the worker does not start."""
    if not isinstance(error, (ContractError, StartError, SystemExit)):
        sys.stderr.write(_stack(error))
    sys.stderr.write(f"rpc-worker: the worker cannot start: {_text(error)}\n")
    sys.stderr.flush()


def _text(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception as reason:  # noqa: BLE001 - a broken __str__ must not hide the failure
        text = f"its __str__ raised {type(reason).__name__}"
    if isinstance(error, (ContractError, StartError)):
        return text
    if isinstance(error, SystemExit):
        return f"the module called sys.exit({error.code!r}) while it was imported"
    return f"{type(error).__name__}: {text}"


_OURS: Final = _text.__code__.co_filename.removesuffix("fatal.py")
_MACHINERY: Final = ("<frozen importlib", importlib.import_module.__code__.co_filename, _OURS)


def frames_of_user(frames: traceback.StackSummary) -> list[traceback.FrameSummary]:
    """Return what a traceback has between what imports the user's module and what that calls."""
    found = [*frames]
    while found and found[0].filename.startswith(_MACHINERY):
        del found[0]
    while found and found[-1].filename.startswith(_OURS):
        del found[-1]
    return found


def _stack(error: BaseException) -> str:
    import traceback  # noqa: PLC0415 - only on failure

    try:
        shown = traceback.TracebackException.from_exception(error)
        frames = frames_of_user(shown.stack)
        # A syntax error has its place in itself. Where else nothing is left, it is our own mistake.
        if frames or isinstance(error, SyntaxError):
            shown.stack = traceback.StackSummary.from_list(frames)
        return "".join(shown.format())
    except Exception as reason:  # noqa: BLE001 - formatting calls __str__
        return f"<no traceback: formatting it raised {type(reason).__name__}>\n"
