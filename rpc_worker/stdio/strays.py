"""Shows what strays to file descriptor 1, line by line, while somebody wants to see it.

Without it, 1 is a copy of 2 (see `claim`). While lines are asked for, 1 is a pipe, and a thread
copies all that comes through it to 2. Nothing here knows what becomes of a line.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from rpc_worker.signals import held_back

if sys.platform != "win32":
    import select

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Strays"]

CHUNK: Final = 65536
"""Bytes of one read: what a pipe holds."""

LONGEST: Final = 8192
"""Bytes of one line; what is longer comes in pieces."""

FLUSHING: Final = 0.5
"""Seconds that a host has, at the end, to take what came before it."""


class Strays:
    """The pipe in the place of file descriptor 1, and the thread that empties it.

    One for each time that lines are asked for: what children still hold of an earlier one is copied
    until they end. (A child that outlives the worker writes to a broken pipe from then on.)

    Args:
        take: Called in the thread with each line, decoded, without its end.
    """

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take: Callable[[str], None] | None = take
        self._line = bytearray()
        self._emptied = threading.Event()
        self._input, output = os.pipe()
        self._woken, self._wake = os.pipe()
        os.dup2(output, 1)
        os.close(output)
        with held_back():
            threading.Thread(target=self._run, name="rpc-worker strays", daemon=True).start()

    @classmethod
    def start(cls, take: Callable[[str], None]) -> Strays | None:
        """Begin, where that is possible; None where it is not.

        It is not on Windows, whose pipes cannot be waited for together, nor if the user has put
        something else in the place of 1.
        """
        if sys.platform != "win32" and _same(1, 2):
            return cls(take)
        return None

    def stop(self) -> None:
        """Show nothing any more, and make 1 a copy of 2 again."""
        if self._take is None:
            return
        self._take = None
        if _same(1, self._input):
            os.dup2(2, 1)
        with suppress(BrokenPipeError):  # Nobody holds the other end of 1 any more: it is emptied.
            # Closing would not do: a forked child holds this end as well.
            os.write(self._wake, b"-")
        os.close(self._wake)

    @property
    def emptied(self) -> bool:
        """Whether all that came before `stop` is copied."""
        return self._emptied.is_set()

    def close(self) -> None:
        """Stop, and wait until what came before is copied."""
        self.stop()
        self._emptied.wait(FLUSHING)

    def _run(self) -> None:
        """Copy until nobody holds the other end."""
        if sys.platform != "win32":
            os.set_blocking(self._input, False)
            poll = select.poll()
            poll.register(self._input, select.POLLIN)
            poll.register(self._woken, select.POLLIN)
            while True:
                stopped = any(fd == self._woken for fd, _event in poll.poll())
                try:
                    chunk = os.read(self._input, CHUNK)
                except BlockingIOError:
                    if stopped:
                        poll.unregister(self._woken)
                        self._emptied.set()
                    continue
                if not chunk:
                    break
                _copy(chunk)
                self._show(chunk)
        self._emptied.set()
        os.close(self._input)
        os.close(self._woken)

    def _show(self, chunk: bytes) -> None:
        """Give out the lines that are complete, and what is too long to wait for its end."""
        self._line += chunk
        *lines, rest = self._line.split(b"\n")
        if len(rest) > LONGEST:
            lines.append(rest)
            rest = bytearray()
        self._line = rest
        for line in lines:
            for start in range(0, len(line), LONGEST):
                text = line[start : start + LONGEST].decode("utf-8", "replace").rstrip("\r")
                take = self._take
                if take is not None and text:
                    take(text)


def _copy(chunk: bytes) -> None:
    """Write to 2, for as long as that takes; what cannot be written is lost, as a print's text."""
    left = memoryview(chunk)
    with suppress(OSError):
        while left:
            left = left[os.write(2, left) :]


def _same(one: int, other: int) -> bool:
    try:
        return os.path.sameopenfile(one, other)
    except OSError:  # Closed by the user.
        return False
