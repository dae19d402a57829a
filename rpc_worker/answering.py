"""What is in flight, and how it is answered: each request exactly once.

Nothing here knows how requests come, or who runs them.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

from rpc_worker import failures, refusals
from rpc_worker.errors import RpcError
from rpc_worker.messages import JOINED, JSON_RPC, NULL, result_line
from rpc_worker.outbox import Outbox
from rpc_worker.scalars import UnencodableResult, expected
from rpc_worker.schema import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.calls import Call
    from rpc_worker.dispatch import Service
    from rpc_worker.interfaces import Output
    from rpc_worker.limits import Limits
    from rpc_worker.replies import Reply

__all__ = ["Answering"]

FRAME: Final = 1024
"""Bytes that a line has around its result, and more."""

FORGOTTEN: Final = "(does a middleware return what proceed() returned?)"


class Answering:
    """The part of a channel that answers.

    Args:
        service: What is offered.
        output: Where lines go to.
        limits: How much is taken on.
        loop: The loop whose callbacks call this.
        surrounded: Whether there is middleware around the handlers.

    Attributes:
        service: What is offered.
        on_backlog_taken: Called, while it is set, whenever waiting requests may have started.
    """

    def __init__(
        self,
        service: Service,
        output: Output,
        limits: Limits,
        loop: asyncio.AbstractEventLoop,
        *,
        surrounded: bool,
    ) -> None:
        self.service = service
        self.on_backlog_taken: Callable[[], None] | None = None
        self._surrounded = surrounded
        self._limits = limits
        self._loop = loop
        # Requests by id; a notification has none; a stream's call is answered before it ends.
        self._in_flight: dict[bytes, Call | Reply] = {}
        self._notifications: set[Call] = set()
        self._opening: set[Call] = set()
        self._streaming: dict[bytes, Call] = {}
        self._outbox = Outbox(output, limits)
        self._small = min(JOINED, limits.response_bytes)
        self._soft_output_bytes = limits.soft_output_bytes
        self._flushing = False
        self._idle: asyncio.Future[None] | None = None

    def finished(self, call: Call, result: Any) -> None:
        """Answer a call with what its handler returned."""
        if call.answered:
            return
        handler = call.handler
        try:
            if handler.streams:
                self._open_stream(call, result)
                return
            body = handler.encode(result)
        except BaseException as error:  # noqa: BLE001 - a value's own methods may raise anything
            if "jsonrpcserver.result" in sys.modules and self._settle_held(call, result):
                return
            if result is None and self._surrounded and isinstance(error, UnencodableResult):
                error = UnencodableResult(f"{error.problem} {FORGOTTEN}")
            self.failed(call, error)
            return
        identity = call.id
        if not call.plain or identity is None or len(body) > self._small:
            self._finish_otherwise(call, body)
            return
        call.answered = True
        del self._in_flight[identity]
        self._outbox.lines.append(result_line(identity, body))

    def _settle_held(self, call: Call, result: Any) -> bool:
        """Answer with what jsonrpcserver's `Success` or `Error` holds; tell whether it was one."""
        from rpc_worker.interop import jsonrpcserver_results  # noqa: PLC0415 - few workers have it

        try:
            value = jsonrpcserver_results.settled(result)
        except RpcError as error:
            self.failed(call, error)
            return True
        except BaseException:  # noqa: BLE001 - as above; what is told is why it was not encoded
            return False
        if value is result:
            return False
        self.finished(call, value)
        return True

    def _finish_otherwise(self, call: Call, body: bytes) -> None:
        """Finish what is not one small answer in JSON-RPC, on a line of its own."""
        identity, limit, size = call.id or NULL, self._limits.response_bytes, len(body)
        parts = call.dialect.result(identity, body) if size <= limit else ()
        if (
            len(parts) == 1
            and len(parts[0]) <= self._small
            and call.dialect is not JSON_RPC
            and call.attached is None
            and call.timer is None
        ):
            # Nothing belongs to it but a small answer, as to a plain one.
            call.answered = call.closed = True
            del self._in_flight[identity]
            self._outbox.lines += parts
            return
        # Another dialect may take more for the same.
        size = max(size, sum(map(len, parts)) - FRAME)
        if size > limit:
            error = refusals.response_too_large(size, self._limits)
            parts = (call.dialect.error(identity, error),)
        self._settle(call, *parts)

    def _open_stream(self, call: Call, source: Any) -> None:
        """Start the stream that a call returned; it is answered after a pass of the loop."""
        if call.id is None:
            self._settle(call)  # Nobody could ask for an item.
            return
        from rpc_worker.producers import Producer  # noqa: PLC0415 - most calls return no stream
        from rpc_worker.sources import Source  # noqa: PLC0415 - as above

        if not isinstance(source, Source):  # What middleware has returned in its place.
            raise expected(describe(call.handler.method.result), source)
        self._opening.add(call)

        def answer(form: bytes) -> None:
            if not call.answered:
                # With a token, the call ends with its stream, and can be cancelled until then.
                streaming = form.startswith(b'{"token"')
                if streaming:
                    call.attach(_Open(self._streaming, call, self._flush_soon))
                line = call.dialect.stream(call.id or NULL, form)
                self._settle(call, line, ends=not streaming)
                self.flush()

        Producer.start(call, source, answer)

    def failed(self, call: Call, error: BaseException) -> None:
        """Answer a call with what its handler raised."""
        if call.answered:
            return
        identity = call.id or NULL
        if call.cancelled and isinstance(error, asyncio.CancelledError):
            told = refusals.EXPIRED if call.expired else refusals.CANCELLED
            line = call.dialect.error(identity, told)
        else:
            line = self._error_line(call, identity, error)
        self._settle(call, line)

    def _error_line(self, call: Call, identity: bytes, error: BaseException) -> bytes:
        told = failures.told(error, debug=self.service.debug)
        line = call.dialect.error(identity, told)
        if len(line) > self._limits.response_bytes:
            line = call.dialect.error(
                identity, refusals.response_too_large(len(line), self._limits)
            )
        if call.id is None or failures.must_be_mended(told):
            failures.log(call.handler.method.wire, error, call.session)
        return line

    def _settle(self, call: Call, *parts: bytes, ends: bool = True) -> None:
        call.answered = True
        self._opening.discard(call)
        if ends:
            call.end()
        if call.id is None:
            self._notifications.discard(call)
            return
        del self._in_flight[call.id]
        self._outbox.answer(call.id, call.answers, *parts)

    def reply(self, reply: Reply, *parts: bytes) -> None:
        """Answer a request for one of the protocol's own methods. Once: the first answer counts."""
        if self._in_flight.get(reply.identity) is not reply:
            return
        del self._in_flight[reply.identity]
        if reply.timer is not None:
            reply.timer.cancel()
        self._outbox.answer(reply.identity, reply.answers, *parts)
        self._flush_soon()

    def flush(self) -> None:
        """Write what has come together, and note whether the host takes it."""
        if self._outbox.lines and self._outbox.write() > self._soft_output_bytes:
            self._block()
        if self.on_backlog_taken is not None:
            self.on_backlog_taken()
        if self._idle is not None and not self._in_flight and not self._notifications:
            if not self._idle.done():
                self._idle.set_result(None)
            self._idle = None

    def _block(self) -> None:
        """Start nothing new: the host does not take the output."""
        raise NotImplementedError

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush_late)

    def _flush_late(self) -> None:
        self._flushing = False
        self.flush()


class _Open:
    """The entry of a call whose stream is open, which goes with it."""

    __slots__ = ("_call", "_closed", "_table")

    def __init__(self, table: dict[bytes, Call], call: Call, closed: Callable[[], None]) -> None:
        self._table = table
        self._call = call
        self._closed = closed
        table[call.id or NULL] = call

    def end(self) -> None:
        # The id may have been used for another one since.
        identity = self._call.id or NULL
        if self._table.get(identity) is self._call:
            del self._table[identity]
        # A stream may close by itself: somebody may wait for the last one.
        self._closed()
