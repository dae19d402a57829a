"""Writes whole lines in order, without ever blocking the loop and without copying large parts.

A blocking write would freeze every handler as soon as the host does not read, so whatever the
descriptor does not take at once is queued, and the size of the queue is known to all who could add
to it. Which descriptor can be written in which way is not known here.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Sequence

__all__ = ["Part", "PollWriter", "ThreadWriter", "Writer", "send_all"]

MAX_PARTS: Final = 1024
"""Parts of one `writev`: POSIX's IOV_MAX everywhere that matters."""

Part: TypeAlias = bytes | memoryview
Send: TypeAlias = "Callable[[Sequence[Part]], int]"
"""Writes what can be written at once, and returns how many bytes that was."""


class Writer:
    """What the two ways of writing have in common.

    Attributes:
        pending: Bytes that were accepted and that the host has not taken.
        dropped: Whether anything was lost, because the host stopped taking it.
        broken: Whether nothing can be written any more.
        on_taken: Called on the loop when `pending` has fallen.
        on_broken: Called on the loop, once, when nothing can be written any more.
    """

    def __init__(self, fd: int, close: Callable[[], None] | None = None) -> None:
        self.fd = fd
        self._close = close or partial(os.close, fd)
        self.pending = 0
        self.dropped = False
        self.broken = False
        self.on_taken: Callable[[], None] = _nothing
        self.on_broken: Callable[[], None] = _nothing
        self._loop: asyncio.AbstractEventLoop | None = None

    def attach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say which loop `write` will be called on."""
        self._loop = loop

    def write(self, *parts: bytes) -> None:
        """Write whole lines, now or as soon as the host takes them. Never blocks, never raises."""
        raise NotImplementedError

    def write_at_once(self, line: bytes, timeout: float) -> None:
        """Write one line where there is no loop yet, waiting `timeout` seconds at most."""
        raise NotImplementedError

    def give_up(self) -> None:
        """Drop what the host has not taken; nothing is written any more."""
        self.broken = True
        self.dropped = self.dropped or self.pending > 0
        self.pending = 0

    def hang_up(self) -> None:
        """Learn that the host has closed its end."""
        if not self.broken:
            self.give_up()
            if self._loop is not None:
                # Not at once: who writes is in the middle of something.
                self._loop.call_soon(self._tell_broken)

    def close(self) -> None:
        """Close the descriptor: in a process that is ending, and in a forked child."""
        self.broken = True
        with suppress(OSError):  # Somebody who closes every descriptor was here before.
            self._close()

    def _tell_broken(self) -> None:
        self.on_broken()


class PollWriter(Writer):
    """Writes at once, and queues what is not taken until the loop says that there is room."""

    def __init__(self, fd: int, send: Send, close: Callable[[], None] | None = None) -> None:
        super().__init__(fd, close)
        self._send = send
        self._queue: deque[Part] = deque()

    def write(self, *parts: bytes) -> None:
        if self.broken:
            self.dropped = True
            return
        size = len(parts[0]) if len(parts) == 1 else sum(map(len, parts))
        if self._queue:
            self._queue.extend(parts)
            self.pending += size
            return
        sent = self._try(parts)
        if sent < size and not self.broken:
            self._queue.extend(parts)
            self.pending = size
            self._took(sent)
            if self._loop is not None:
                self._loop.add_writer(self.fd, self._writable)
        elif sent < size:
            self.dropped = True

    def write_at_once(self, line: bytes, timeout: float) -> None:
        from select import select  # noqa: PLC0415 - only a start that fails needs it
        from time import monotonic  # noqa: PLC0415

        until = monotonic() + timeout
        self.write(line)
        while self._queue and (left := until - monotonic()) > 0:
            select([], [self.fd], [], left)
            self._took(self._try([*islice(self._queue, MAX_PARTS)]))
        self.give_up()

    def give_up(self) -> None:
        super().give_up()
        if self._queue and self._loop is not None:
            self._loop.remove_writer(self.fd)
        self._queue.clear()

    def _try(self, parts: Sequence[Part]) -> int:
        try:
            return self._send(parts if len(parts) <= MAX_PARTS else parts[:MAX_PARTS])
        except BlockingIOError:
            return 0
        except OSError:
            # The host has closed its end, or the disk is full: no way back from either.
            self.hang_up()
            return 0

    def _writable(self) -> None:
        self._took(self._try([*islice(self._queue, MAX_PARTS)]))
        if not self._queue and not self.broken and self._loop is not None:
            self._loop.remove_writer(self.fd)
        self.on_taken()

    def _took(self, sent: int) -> None:
        """Take the first `sent` bytes off the queue."""
        if self.broken:
            return
        self.pending -= sent
        queue = self._queue
        while sent:
            part = queue[0]
            if len(part) > sent:
                queue[0] = memoryview(part)[sent:]
                return
            sent -= len(part)
            queue.popleft()


class ThreadWriter(Writer):
    """Leaves the blocking to a thread, where the descriptor cannot be written without."""

    def __init__(self, fd: int) -> None:
        super().__init__(fd)
        self._queue: SimpleQueue[tuple[bytes, ...]] = SimpleQueue()
        self._started = False

    def write(self, *parts: bytes) -> None:
        if self.broken:
            self.dropped = True
            return
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="rpc-worker writes", daemon=True).start()
        self.pending += sum(map(len, parts))
        self._queue.put(parts)

    def write_at_once(self, line: bytes, timeout: float) -> None:
        write = partial(send_all, self.fd, [line])
        thread = threading.Thread(target=_quietly, args=(write,), daemon=True)
        thread.start()
        thread.join(timeout)
        self.give_up()

    def _run(self) -> None:
        while not self.broken:
            parts = self._queue.get()
            try:
                sent = send_all(self.fd, parts)
            except OSError:
                self._tell(self.hang_up)
                return
            self._tell(partial(self._taken, sent))

    def _tell(self, what: Callable[[], None]) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # The loop is closed: the process is ending.
                self._loop.call_soon_threadsafe(what)

    def _taken(self, sent: int) -> None:
        if not self.broken:
            self.pending -= sent
            self.on_taken()


def send_all(fd: int, parts: Sequence[Part]) -> int:
    """Write everything, blocking; return how many bytes that was."""
    total = 0
    for part in parts:
        left = memoryview(part)
        while left:
            sent = os.write(fd, left)
            total += sent
            left = left[sent:]
    return total


def _quietly(write: Callable[[], object]) -> None:
    with suppress(OSError):  # Nobody is left to be told.
        write()


def _nothing() -> None:
    """Stand in until somebody wants to know."""
