"""Sees the host close its ends while nobody reads or writes (Linux only).

An epoll reports a hang-up whatever else it was asked for, and can itself be waited for by the loop:
so an idle worker notices that its stdout has no reader, and one that has stopped reading notices
the end of its input, without being woken by what waits there. Other systems tell no sooner than
with the next write, or when reading goes on.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if sys.platform == "linux":
    import select

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from rpc_worker.stdio.writing import Writer

__all__ = ["HangupWatch"]


class HangupWatch:
    """Watches the output always, and the input while told to.

    Args:
        output: What `hang_up` is called of when the host closes its end.
        hung_up: Called when the host closes its end of the input.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, output: Writer, hung_up: Callable[[], None]
    ) -> None:
        self._output = output
        self._hung_up = hung_up
        if sys.platform == "linux":
            self._epoll = select.epoll()
            with suppress(OSError):  # A regular file or the null device, which never hang up.
                self._epoll.register(output.fd, 0)
            loop.add_reader(self._epoll.fileno(), self._happened)

    def watch_input(self, fd: int) -> None:
        """Notice from now on that the host closes its end of the input."""
        if sys.platform == "linux":
            with suppress(OSError):  # As above.
                self._epoll.register(fd, select.EPOLLRDHUP)

    def forget_input(self, fd: int) -> None:
        """Leave the input to who reads it."""
        if sys.platform == "linux":
            with suppress(OSError):  # Never registered, or forgotten when it hung up.
                self._epoll.unregister(fd)

    def _happened(self) -> None:
        if sys.platform == "linux":
            for fd, _events in self._epoll.poll(0):
                self._epoll.unregister(fd)
                if fd == self._output.fd:
                    self._output.hang_up()
                else:
                    self._hung_up()
