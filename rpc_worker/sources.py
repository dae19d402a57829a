"""Where the items of a stream come from: an opened iterator, on the loop or in a thread.

A handler that returns a stream is opened like any other handler runs, and its iterator is advanced
later, in the same context. What becomes of the items, and when more are wanted, is the sink's.
"""

from __future__ import annotations

import threading
from collections import deque
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from rpc_worker.scalars import expected

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from contextvars import Context

__all__ = ["Source", "ThreadItems", "close", "opener"]


class Source:
    """A stream's iterator, and the context that it is advanced in.

    Attributes:
        iterate: Returns the iterator: an async one, or a plain one if `threaded`, which is made in
            the thread that then advances it. SQLite's cursors, for one, insist on that.
        on_left: What is to be called once the iterator has been left; whoever advances it takes it.
    """

    __slots__ = ("context", "iterate", "on_left", "threaded")

    def __init__(self, iterate: Callable[[], Any], *, threaded: bool) -> None:
        self.iterate = iterate
        self.context: Context = copy_context()
        self.threaded = threaded
        self.on_left: Callable[[], None] | None = None


def opener(
    function: Callable[..., Any], *, threaded: bool
) -> Callable[..., Coroutine[Any, Any, Source]]:
    """Return a coroutine function that opens the stream which a function returns."""

    async def open_in_thread(*args: Any, **kwargs: Any) -> Source:
        return Source(partial(_plain_iterator, function, *args, **kwargs), threaded=True)

    async def open_on_loop(*args: Any, **kwargs: Any) -> Source:
        iterable: Any = function(*args, **kwargs)
        if not hasattr(iterable, "__aiter__"):
            raise expected("an async iterator", iterable)
        iterator = aiter(iterable)
        return Source(lambda: iterator, threaded=False)

    return open_in_thread if threaded else open_on_loop


def _plain_iterator(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[Any]:
    iterable: Any = function(*args, **kwargs)
    if not hasattr(iterable, "__iter__"):
        raise expected("an iterator", iterable)
    return iter(iterable)


async def close(iterator: AsyncIterator[Any]) -> None:
    """Have the `finally` blocks of a generator run; other iterators may have nothing to close."""
    aclose = getattr(iterator, "aclose", None)
    if aclose is not None:
        await aclose()


class ThreadItems:
    """The items of a plain iterator, on their way from its thread to the loop.

    The thread may run ahead to so many items and bytes; the loop raises those numbers. Both sides
    only ever append, take and compare, so no lock is needed.

    Args:
        source: A threaded one.
        encode: Called in the thread.
        arrived: Called on the loop with what has come since.
    """

    def __init__(
        self,
        source: Source,
        encode: Callable[[Any], bytes],
        arrived: Callable[[list[bytes]], None],
        loop: AbstractEventLoop,
    ) -> None:
        self._source = source
        self._encode = encode
        self._arrived = arrived
        self._loop = loop
        self._items: deque[bytes] = deque()
        self._announced = False
        self._made = self._made_size = 0
        self._allowed = self._allowed_size = 0
        self._stopped = False
        self._go = threading.Event()

    def allow(self, count: int, size: int) -> None:
        """Let the thread go on until it has made so many items, or bytes of them, in all."""
        self._allowed, self._allowed_size = count, size
        self._go.set()

    def stop(self) -> None:
        """Have the thread leave the iterator before its next item."""
        self._stopped = True
        self._go.set()

    def drive(self, rest: Callable[[Callable[[], object]], None]) -> None:
        """Advance the iterator from its first item to its last. This is the thread's work.

        Args:
            rest: Calls something that blocks, and lets another thread run meanwhile.
        """
        iterator = self._source.iterate()
        try:
            while self._may_go_on(rest):
                try:
                    item = next(iterator)
                except StopIteration:
                    break
                self._put(self._encode(item))
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()

    def take(self) -> list[bytes]:
        """Return what has come, on the loop."""
        self._announced = False
        items, count = self._items, len(self._items)
        return [items.popleft() for _ in range(count)]

    def _may_go_on(self, rest: Callable[[Callable[[], object]], None]) -> bool:
        while self._is_ahead() and not self._stopped:
            self._go.clear()
            # It may have been allowed just before that.
            if self._is_ahead() and not self._stopped:
                rest(self._go.wait)
        return not self._stopped

    def _is_ahead(self) -> bool:
        return self._made >= self._allowed or self._made_size >= self._allowed_size

    def _put(self, body: bytes) -> None:
        self._made += 1
        self._made_size += len(body)
        self._items.append(body)
        if not self._announced:
            self._announced = True
            self._loop.call_soon_threadsafe(self._collect)

    def _collect(self) -> None:
        self._arrived(self.take())
