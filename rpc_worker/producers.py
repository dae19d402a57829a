"""A stream that the peer pulls from us (protocol, section 6).

One task a stream advances its iterator, from the first item to the last `finally`; it runs ahead of
what was sent by a window. What is asked for by `$/enumerator/next` is answered here. Which messages
those are, and where the items come from, is not known here.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from rpc_worker import failures, refusals
from rpc_worker.errors import ErrorCode, RpcError, SessionEnded
from rpc_worker.messages import ErrorObject
from rpc_worker.references import session_of
from rpc_worker.scalars import UnencodableResult
from rpc_worker.sources import ThreadItems, close

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.calls import Call
    from rpc_worker.interfaces import Asking
    from rpc_worker.sessions import Session
    from rpc_worker.sources import Source

__all__ = ["Producer"]

WINDOW: Final = 1_024
"""Items that a stream runs ahead of what was sent, at most."""

WINDOW_BYTES: Final = 256 * 1024
"""The same in bytes: with large items, memory is what counts."""

IDLE: float = 60.0
"""Seconds without a `next` after which whoever pulls has gone (protocol, section 6)."""

SLICE: Final = 0.005
"""Seconds after which the loop gets its turn even if a generator never suspends."""

_FRAME: Final = 64
"""Bytes that an answer has around its values, and more."""


class Producer:
    """One stream, from its start to its end.

    Args:
        session: Whose it is.
        source: Where the items come from.
        encode: Checks an item against its declared type, and encodes it.
        name: What the stream is a result of, for the log.
        call: The call that returned it, which ends with it; None for an argument of ours, which
            ends with the call that it was given to, and which may wait for ever.

    Attributes:
        token: Its name in the session, as JSON text.

    Raises:
        RpcError: The session has as many streams as it may have (-32009).
    """

    def __init__(
        self,
        session: Session,
        source: Source,
        encode: Callable[[Any], bytes],
        name: str,
        call: Call | None,
    ) -> None:
        _check_limit(session)
        self.token = session.new_token()
        self._session = session
        self._loop = session.loop
        self._encode = encode
        self._name = name
        self._call = call
        self._buffer: list[bytes] = []
        self._size = 0
        self._count = 0
        self._sent = self._sent_size = 0
        self._window = 1
        self._limit = session.limits.response_bytes - _FRAME
        self._room: asyncio.Future[None] | None = None
        self._thread: ThreadItems | None = None
        self._scope: Any = None
        # What its end has been, once the iterator is left: then `_failure` answers a `next`.
        self._over = False
        self._failure: ErrorObject | None = None
        # Whether the peer can know the token. An argument's goes out with its call, at once.
        self._given = call is None
        self._closed = False
        # Whatever is written is no part of the call whose context the iterator has.
        self._outside = copy_context()
        self._reply: Asking | None = None
        self._delivering = False
        self._unblocking: asyncio.Task[None] | None = None
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None
        session.streams[self.token] = self
        # The task is nobody's but the loop's, which keeps weak references only.
        self._task = asyncio.Task(
            self._run(source), loop=self._loop, name="rpc-worker", context=source.context
        )
        session.tasks.add(self._task)
        self._task.add_done_callback(session.tasks.discard)
        left, source.on_left = source.on_left, None
        if left is not None:
            self._task.add_done_callback(lambda _: left())

    @staticmethod
    def start(call: Call, source: Source, answer: Callable[[bytes], None]) -> None:
        """Start the stream that a call returned, and answer the call after a pass of the loop.

        The call's end is the stream's from then on, if the answer has a token.

        Args:
            call: One that a request made, and that is not answered yet.
            source: What its handler returned.
            answer: Called with the JSON text of the stream.

        Raises:
            RpcError: The session has as many streams as it may have (-32009).
        """
        handler = call.handler
        producer = Producer(session_of(call), source, handler.encode, handler.method.wire, call)
        call.attach(producer)
        # The task's first step is one of this pass, and was asked for before.
        producer._loop.call_soon(producer._answer, answer)

    # -------------------------------------------------------------------------- what it is asked

    def next(self, reply: Asking) -> None:
        """Answer with the values that there are, or as soon as there is one, or the end."""
        if not self._given:
            # A guess: what there is belongs to the answer to the call.
            message = "Unknown stream: its call has not been answered yet"
            reply.error(ErrorObject(ErrorCode.UNKNOWN_TOKEN, message))
            return
        if self._reply is not None:
            message = "Invalid Request: another next of this stream has not been answered yet"
            reply.error(ErrorObject(ErrorCode.INVALID_REQUEST, message))
            return
        if len(self._buffer) >= self._window:
            self._window = min(2 * self._window, WINDOW)
        self._reply = reply
        reply.on_cancel = self._withdraw
        self._deliver()

    def abort(self) -> None:
        """Leave the iterator; whoever waits for an item is told that it was cancelled.

        Before the peer can know the token, the call is to be answered first.
        """
        if self._given:
            self._close()

    def end(self) -> None:
        """End with the call that the stream belongs to.

        If that had a deadline, the next `next` is told so; otherwise nobody is left to be told.
        """
        if self._closed:
            return
        if self._given and self._call is not None and self._call.expired:
            self._leave()
            self._failure, self._over = refusals.EXPIRED, True
            if self._reply is not None:
                # At once, even if the host takes no output.
                reply, self._reply = self._reply, None
                reply.error(self._failure)
                self._close()
        else:
            self._close()

    # ----------------------------------------------------------------------------- what it says

    def _answer(self, answer: Callable[[bytes], None]) -> None:
        if self._closed:
            return
        carried = self._call is None or self._call.dialect.carries_items
        values = b",".join(self._take()) if carried else b""
        if carried and self._over and self._failure is None and not self._buffer:
            # All there is goes with the answer: nothing is open, and the call ends with it.
            self._call = None
            self._close()
            answer(b'{"values":[%b]}' % values if values else b"{}")
            return
        self._given = True
        self._since = self._loop.time()
        self._timer = self._loop.call_later(IDLE, self._look_for_reader)
        answer(b'{"token":%b%b}' % (self.token, b',"values":[%b]' % values if values else b""))
        if self._session.silent:
            self._close()  # No `next` can come any more.

    def _deliver(self) -> None:
        """Answer the `next` that waits, if there is something to answer and somebody takes it."""
        self._delivering = False
        reply = self._reply
        if reply is None or not (self._buffer or self._over):
            return
        if not self._session.has_room:
            self._wait_for_reader()
            return
        self._reply = None
        self._since = self._loop.time()
        if self._buffer:
            values = b",".join(self._take(reply.most))
            finished = self._over and self._failure is None and not self._buffer
            reply.result(b'{"values":[%b]%b}' % (values, b',"finished":true' if finished else b""))
        elif self._failure is None:
            finished = True
            reply.result(b'{"values":[],"finished":true}')
        else:
            finished = True
            reply.error(self._failure)
        if finished:
            self._close()

    def _take(self, most: int | None = None) -> list[bytes]:
        """Return the items that there are, as far as an answer may hold them; go on meanwhile.

        Args:
            most: How many are wanted; None for all.
        """
        buffer, self._buffer, size, self._size = self._buffer, [], self._size, 0
        if size + len(buffer) > self._limit or (most is not None and len(buffer) > most):
            count, size = self._fitting(buffer[:most])
            buffer, self._buffer = buffer[:count], buffer[count:]
            self._size = sum(map(len, self._buffer))
        self._sent += len(buffer)
        self._sent_size += size
        if self._room is not None:
            if not self._room.done():
                self._room.set_result(None)
            self._room = None
        if self._thread is not None:
            self._thread.allow(self._sent + self._window, self._sent_size + WINDOW_BYTES)
        return buffer

    def _fitting(self, buffer: list[bytes]) -> tuple[int, int]:
        """Return how many items an answer may hold, and their bytes. Each fits by itself."""
        count = size = 0
        for body in buffer:
            if size + len(body) + count > self._limit:
                break
            count += 1
            size += len(body)
        return count, size

    def _wait_for_reader(self) -> None:
        """Answer when the host takes its output again."""
        if self._unblocking is None:
            self._unblocking = self._loop.create_task(self._unblock())

    async def _unblock(self) -> None:
        # The session's end ends this stream, too.
        with suppress(SessionEnded):
            await self._session.room()
            self._unblocking = None
            self._deliver()

    def _withdraw(self) -> None:
        """Forget the `next` that waits: it was cancelled, and is answered by whoever did that."""
        self._reply = None
        self._since = self._loop.time()

    def _look_for_reader(self) -> None:
        """Close the stream if nobody has wanted anything of it for long."""
        idle = 0.0 if self._reply is not None else self._loop.time() - self._since
        if idle >= IDLE:
            self._close()
        else:
            self._timer = self._loop.call_later(IDLE - idle, self._look_for_reader)

    # -------------------------------------------------------------------------------- the items

    async def _run(self, source: Source) -> None:
        """Advance the iterator to its end, or until it is left."""
        error: BaseException | None = None
        try:
            if source.threaded:
                await self._run_in_thread(source)
            else:
                await self._run_here(source)
        except BaseException as reason:  # noqa: BLE001 - whatever it raises answers a `next`
            error = reason
        if self._closed or self._over:
            if error is not None and not isinstance(error, asyncio.CancelledError):
                self._log(error)
            return
        if error is not None:
            self._failure = failures.told(error, debug=self._session.debug)
            if failures.must_be_mended(self._failure):
                self._log(error)
        self._over = True
        self._deliver_soon()

    def _log(self, error: BaseException) -> None:
        failures.log(f"the stream of {self._name}", error, self._session)

    async def _run_here(self, source: Source) -> None:
        encode, until = self._encode_item, monotonic() + SLICE
        iterator = source.iterate()
        try:
            async for item in iterator:
                body = encode(item)
                self._buffer.append(body)
                self._size += len(body)
                if self._reply is not None and not self._delivering:
                    self._deliver_soon()
                if len(self._buffer) >= self._window or self._size >= WINDOW_BYTES:
                    if self._closed or self._over:
                        break
                    await self._wait_for_room()
                elif monotonic() > until:
                    await asyncio.sleep(0)
                else:
                    continue
                until = monotonic() + SLICE
        finally:
            await close(iterator)

    async def _wait_for_room(self) -> None:
        """Wait for a `next`; a call that others wait for lets them go on meanwhile."""
        self._room, call, host = self._loop.create_future(), self._call, self._session.host
        if call is None or not call.handler.exclusive:
            await self._room
            return
        host.give_up_slot(call)
        try:
            await self._room
        finally:
            host.take_slot(call)

    async def _run_in_thread(self, source: Source) -> None:
        # Only here: anyio is not cheap to import, and only threads need it.
        from anyio import CancelScope  # noqa: PLC0415 - as said

        items = ThreadItems(source, self._encode_item, self._arrived, self._loop)
        self._thread = items
        items.allow(self._window, WINDOW_BYTES)
        with CancelScope() as self._scope:
            rest = partial(self._session.rest, call=self._call)
            await self._session.run_in_thread(items.drive, rest, call=self._call)
        self._arrived(items.take())

    def _encode_item(self, item: Any) -> bytes:
        try:
            body = self._encode(item)
        except UnencodableResult as error:
            raise error.within(f"[{self._count}]") from None
        self._count += 1
        if len(body) > self._limit:
            raise _too_large(len(body), self._session.limits.response_bytes)
        return body

    def _arrived(self, bodies: list[bytes]) -> None:
        """Take what a thread has made."""
        if not self._closed and not self._over and bodies:
            self._buffer += bodies
            self._size += sum(map(len, bodies))
            if self._reply is not None:
                self._deliver_soon()

    def _deliver_soon(self) -> None:
        """Answer once the iterator has made what it makes without a pause."""
        if not self._delivering:
            self._delivering = True
            self._loop.call_soon(self._deliver, context=self._outside)

    # --------------------------------------------------------------------------------- its end

    def _close(self) -> None:
        """Forget the stream, and end its call. The iterator may take its time to unwind."""
        if self._closed:
            return
        self._closed = True
        self._session.streams.pop(self.token, None)
        self._leave()
        for waiting in (self._timer, self._unblocking):
            if waiting is not None:
                waiting.cancel()
        if self._reply is not None:
            reply, self._reply = self._reply, None
            session = self._session
            ending = session.silent and not session.ended
            reply.error(refusals.ENDED if ending else refusals.CANCELLED)
        if self._call is not None:
            self._call.end()

    def _leave(self) -> None:
        """Have the iterator unwind, and forget what it has made."""
        self._buffer, self._size, self._window = [], 0, 0
        if self._over or self._task.done():
            return
        if self._call is not None:
            # Nobody waits any more, which a thread may ask.
            self._call.cancelled = True
        if self._thread is not None:
            self._thread.stop()
            self._scope.cancel()
        else:
            self._task.cancel()


def _check_limit(session: Session) -> None:
    limit = session.limits.streams
    if len(session.streams) >= limit:
        message = f"Busy: the session has {limit} open streams already"
        data = {"limit": limit, "received": limit + 1}
        raise RpcError(message, code=ErrorCode.BUSY, data=data)


def _too_large(size: int, limit: int) -> RpcError:
    message = f"Response too large: an item of {size} bytes, the limit is {limit}"
    data = {"limit": limit, "received": size}
    return RpcError(message, code=ErrorCode.RESPONSE_TOO_LARGE, data=data)
