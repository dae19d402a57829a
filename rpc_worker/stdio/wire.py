"""The wire: the host's end of stdin and stdout, claimed once for the life of the process."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from rpc_worker.stdio.claim import claim
from rpc_worker.stdio.hangup import HangupWatch
from rpc_worker.stdio.output import grow, writer_for
from rpc_worker.stdio.reading import start_reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.stdio.claim import Claim
    from rpc_worker.stdio.reading import Reader
    from rpc_worker.stdio.strays import Strays
    from rpc_worker.stdio.writing import Writer

__all__ = ["Wire", "take"]

_taken: Wire | None = None


def take() -> Wire:
    """Take file descriptors 0 and 1 for the wire, if that has not been done; return the wire."""
    global _taken  # noqa: PLW0603 - a process has one stdin and one stdout
    if _taken is None:
        _taken = Wire(claim())
    return _taken


class Wire:
    """Both directions, and what the host does to them.

    Attributes:
        output: Where lines are written.
        terminal: Whether stdin is a terminal.
    """

    def __init__(self, claimed: Claim) -> None:
        self.terminal = claimed.terminal
        self.output: Writer = writer_for(claimed.output)
        self._input = claimed.input
        self._reader: Reader | None = None
        self._hangup: HangupWatch | None = None
        self._strays: list[Strays] = []
        if claimed.input is not None:
            grow(claimed.input)
        if sys.platform != "win32":
            os.register_at_fork(after_in_child=self._disown)

    def start(
        self,
        receive: Callable[[bytes], None],
        *,
        end: Callable[[], None],
        hung_up: Callable[[], None],
        gone: Callable[[], None],
    ) -> None:
        """Begin to read, on the running loop.

        Args:
            receive: Called with each chunk, of any shape.
            end: Called once when the input has ended.
            hung_up: Called when the input will end, after what waits there while reading is paused.
            gone: Called once when nothing can be written any more.
        """
        loop = asyncio.get_running_loop()
        self.output.on_broken = gone
        if self.output.broken:
            loop.call_soon(gone)
        else:
            self._hangup = HangupWatch(loop, self.output, hung_up)
        if self._input is None:
            loop.call_soon(end)
        else:
            self._reader = start_reading(self._input, loop, receive, end)

    @property
    def paused(self) -> bool:
        """Whether reading has been stopped, and the input not ended."""
        return self._reader is not None and self._reader.paused and not self._reader.ended

    def pause(self) -> None:
        """Stop reading: the pipe fills, and the host waits."""
        if self._reader is not None and not self._reader.paused:
            self._reader.pause()
            if self._hangup is not None:
                self._hangup.watch_input(self._reader.fd)

    def resume(self) -> None:
        """Read on."""
        if self._reader is not None and self._reader.paused:
            if self._hangup is not None:
                self._hangup.forget_input(self._reader.fd)
            self._reader.resume()

    async def drain(self, timeout: float) -> bool:  # noqa: ASYNC109 - its end is a value, not an error
        """Wait until the host has taken everything; say whether it has.

        What it has not taken after `timeout` seconds is dropped.
        """
        output = self.output
        taken = asyncio.Event()
        output.on_taken = output.on_broken = taken.set
        try:
            async with asyncio.timeout(timeout):
                while output.pending:
                    taken.clear()
                    await taken.wait()
        except TimeoutError:
            output.give_up()
        return not output.dropped

    def show_strays(self, take: Callable[[str], None] | None) -> None:
        """Have each line that strays to stdout taken, in a thread, besides going to stderr.

        Args:
            take: Called with each line; None ends it.
        """
        for strays in self._strays:
            strays.stop()
        # What is in their pipes must have been copied before the process ends.
        self._strays = [strays for strays in self._strays if not strays.emptied]
        if take is not None:
            from rpc_worker.stdio.strays import Strays  # noqa: PLC0415 - few ever ask for it

            started = Strays.start(take)
            if started is not None:
                self._strays.append(started)

    def close(self) -> None:
        """Close the output: the host sees its end. Nothing is written any more."""
        self.output.close()
        for strays in self._strays:
            strays.close()

    def _disown(self) -> None:
        """In a forked child: close the wire, so that the child neither uses nor holds it."""
        self.output.close()
        if self._input is not None:
            with suppress(OSError):  # Somebody who closes every descriptor was here before.
                os.close(self._input)
