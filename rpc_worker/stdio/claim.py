"""Takes file descriptors 0 and 1 away from everything else in the process.

Afterwards a handler that reads its stdin sees end of file, and what anybody prints, in Python, in C
or in a child process, goes to stderr: 0 is the null device and 1 is a copy of 2. The descriptors
of the wire are high, not inherited by what is executed, and closed in what is forked.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

if sys.platform == "win32":
    from rpc_worker.stdio import windows
else:
    import fcntl

if TYPE_CHECKING:
    from typing import TextIO

    from typing_extensions import Buffer

__all__ = ["Claim", "claim"]

FIRST: Final = 100
"""The wire's descriptors are at least this high, out of the way of shells and of programs that give
the first few a meaning of their own."""


class Claim(msgspec.Struct, frozen=True):
    """The two ends of the wire; None for one that the worker was started without.

    Attributes:
        terminal: Whether a person types the requests.
    """

    input: int | None
    output: int | None
    terminal: bool


def claim() -> Claim:
    """Take the descriptors. To be called once, before anything of the user's runs if possible."""
    absent = {fd for fd, stream in enumerate(_at_start()) if stream is None}
    _fill()
    terminal = 0 not in absent and os.isatty(0)
    source = None if 0 in absent else _move(0)
    sink = None if 1 in absent else _move(1)
    if source is not None:
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
    if sink is not None:
        os.dup2(2, 1)
    if sys.platform == "win32":
        windows.adopt(source, sink)
    _rebuild()
    return Claim(source, sink, terminal)


def _at_start() -> tuple[TextIO | None, TextIO | None, TextIO | None]:
    """Return what the interpreter made of 0, 1 and 2: None where it found them closed.

    A descriptor that was closed then and is open now is a file of somebody else's, left alone.
    """
    return sys.__stdin__, sys.__stdout__, sys.__stderr__


def _fill() -> None:
    """Open the null device wherever 0, 1 or 2 is closed, so that no other file lands there."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, fd)
            if null != fd:
                os.close(null)
            os.set_inheritable(fd, True)


def _move(fd: int) -> int:
    """Duplicate a descriptor to a high one that is not inherited."""
    if sys.platform != "win32":
        with suppress(OSError):  # The process may not have that many descriptors.
            return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST)
    return os.dup(fd)


class _Unbreakable(io.FileIO):
    """A descriptor that takes whatever is written.

    A host may close the worker's stderr, or leave it full and non-blocking; neither is a reason for
    a handler's `print` to raise. What cannot be written is lost.
    """

    def write(self, data: Buffer, /) -> int:
        size = memoryview(data).nbytes
        try:
            written = super().write(data)
        except OSError:
            return size
        # None stands for "would block"; typeshed does not know it.
        return size if written is None else written  # pyright: ignore[reportUnnecessaryComparison]


def _rebuild() -> None:
    """Make the standard streams anew: UTF-8 whatever the locale, and never a reason to raise.

    A stream that the user has replaced stays; its text ends up in stderr all the same.
    """
    options: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace"}
    reader = io.FileIO(0, "r", closefd=False)
    _replace("stdin", io.TextIOWrapper(io.BufferedReader(reader), **options))
    for name, fd in (("stdout", 1), ("stderr", 2)):
        writer = _Unbreakable(fd, "w", closefd=False)
        stream = io.TextIOWrapper(io.BufferedWriter(writer), line_buffering=True, **options)
        _replace(name, stream)


def _replace(name: str, stream: io.TextIOWrapper) -> None:
    original = getattr(sys, f"__{name}__")
    if isinstance(original, io.TextIOWrapper) and name != "stdin":
        # What was printed before now goes to stderr with the rest, and so does what is printed by
        # those who still hold the interpreter's own stream, a logging handler for instance.
        with suppress(OSError, ValueError):  # A dead stderr, or a stream that somebody has closed.
            original.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    if getattr(sys, name) is original:
        setattr(sys, name, stream)
    setattr(sys, f"__{name}__", stream)
