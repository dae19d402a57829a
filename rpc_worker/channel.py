"""One conversation over one pipe: what came is answered, each request exactly once.

The channel knows which requests are in flight, which batch an answer belongs to, and which sessions
there are. It takes chunks of bytes and gives out whole lines; it touches no file descriptor.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
from msgspec import UNSET

from rpc_worker.dispatch import error_object
from rpc_worker.errors import ErrorCode
from rpc_worker.executors import BURST, Call, Executors
from rpc_worker.limits import Limits
from rpc_worker.lines import LineBuffer, Oversized
from rpc_worker.messages import (
    NULL,
    Batch,
    ErrorObject,
    Invalid,
    Request,
    batch_parts,
    decode,
    decode_oversized,
    error_line,
    notification_line,
    result_line,
    result_parts,
)
from rpc_worker.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpc_worker.dispatch import Handler, Service
    from rpc_worker.lines import Line
    from rpc_worker.messages import Message

__all__ = ["Channel", "Output"]

_logger: Final = logging.getLogger("rpc_worker")

JOINED: Final = 64 * 1024
"""Bytes from which on a part of an answer is written as it is, not copied into a joined write."""


class Output(Protocol):
    """Where a channel writes to."""

    def write(self, *parts: bytes) -> None:
        """Take whole lines, in parts and in order. Never blocks and never raises."""

    @property
    def pending(self) -> int:
        """Bytes taken that the host has not taken yet."""
        ...


class Channel:
    """The worker's end of a conversation.

    Args:
        service: What is offered.
        output: Where lines go to.
        limits: How much is taken on.
        loop: The loop whose callbacks call this; it runs the handlers.

    Attributes:
        on_shutdown: Called when `system.shutdown` has been answered.
        on_backlog_taken: Called, while it is set, whenever waiting requests may have started.
    """

    def __init__(
        self,
        service: Service,
        output: Output,
        limits: Limits | None = None,
        *,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self.on_shutdown: Callable[[], None] = _ignore
        self.on_backlog_taken: Callable[[], None] | None = None
        self._service = service
        self._output = output
        self._limits = limits = limits or Limits()
        self._loop = loop
        self._lines = LineBuffer(limits.message_bytes)
        self._executors = Executors(self, limits, loop)
        self._in_flight: dict[bytes, Call] = {}
        self._notifications: set[Call] = set()
        self._system = System(service, limits)
        self._small = min(JOINED, limits.response_bytes)
        self._batched = 0
        self._replies: list[bytes] = []
        self._has_large_reply = False
        self._stopping = False
        self._idle: asyncio.Future[None] | None = None

    # ------------------------------------------------------------------ for the transport

    @property
    def backlog(self) -> int:
        """Bytes of requests that wait for their turn, and of answers that wait for their batch."""
        return self._executors.backlog + self._batched

    @property
    def busy_threads(self) -> int:
        """Handlers that still run in threads, whether or not they have been answered."""
        return len(self._executors.threads)

    def announce(self) -> None:
        """Write `$/ready`, the first line of all (protocol, section 4)."""
        self._put((notification_line("$/ready", self._service.identity()),))
        self.flush()

    def receive(self, chunk: bytes) -> None:
        """Take bytes of any shape; start what they ask for."""
        self._receive_lines(self._lines.feed(chunk))

    def receive_end(self) -> None:
        """Take note that no more comes. A last line that nothing ended counts."""
        self._receive_lines(self._lines.end())

    def output_taken(self) -> None:
        """Go on: the host has taken enough of the output."""
        self._executors.blocked = False
        self._executors.resume()

    def stop_intake(self) -> None:
        """Answer every new request with -32802 from now on."""
        self._stopping = True

    def cancel_all(self) -> None:
        """Cancel everything that waits or runs; all of it is answered."""
        for call in (*self._in_flight.values(), *self._notifications):
            self._executors.cancel(call)
        self.flush()

    async def idle(self) -> None:
        """Return when nothing is in flight."""
        while self._in_flight or self._notifications:
            self._idle = self._loop.create_future()
            await self._idle

    # --------------------------------------------------------------------------- receiving

    def _receive_lines(self, lines: Sequence[Line | Oversized]) -> None:
        handlers, in_flight, executors = self._service.handlers, self._in_flight, self._executors
        queue = executors.queue
        hurried = not self._stopping and len(queue) + len(lines) <= self._limits.queued_requests
        for line in lines:
            message: Message
            if isinstance(line, Oversized):
                message = decode_oversized(line, self._limits.message_bytes)
            else:
                message = decode(line)
            if isinstance(message, Request):
                # What most lines are is written out here; `_receive_request` knows all the rest.
                identity = message.id
                handler = handlers[message.method]
                if handler and hurried and identity is not UNSET and identity not in in_flight:
                    size = len(line)
                    in_flight[identity] = call = Call(identity, handler, message.params, size)
                    queue.append(call)
                    executors.backlog += size
                else:
                    self._receive_request(message, len(line), None)
            elif isinstance(message, Batch):
                self._receive_batch(message)
                hurried = False  # It may have filled the queue.
            elif isinstance(message, Invalid):
                self._refuse(message, None)
            # What looks like an answer is an answer to nothing: it is ignored.
        executors.pump()
        if self._system.shutdown_asked:
            self._system.shutdown_asked = False
            self.on_shutdown()

    def _receive_batch(self, batch: Batch) -> None:
        count, limit = len(batch.entries), self._limits.batch_entries
        if count > limit:
            error = ErrorObject(
                ErrorCode.BATCH_TOO_LARGE,
                f"Batch too large: {count} entries, the limit is {limit}",
                {"limit": limit, "received": count},
            )
            self._put((error_line(NULL, error),))
            return
        answers = _BatchAnswers()
        for entry in batch.entries:
            message = decode(bytes(entry))
            if isinstance(message, Request):
                self._receive_request(message, len(entry), answers)
            elif isinstance(message, Batch):
                error = ErrorObject(
                    ErrorCode.INVALID_REQUEST, "Invalid Request: a batch within a batch"
                )
                self._refuse(Invalid(NULL, error), answers)
            elif isinstance(message, Invalid):
                self._refuse(message, answers)
        self._close_batch_entry(answers)

    def _receive_request(self, request: Request, size: int, answers: _BatchAnswers | None) -> None:
        identity = request.id
        handler = self._service.handlers[request.method]
        if identity is UNSET:
            self._receive_notification(request, handler, size)
            return
        if answers is not None:
            answers.waiting += 1
        if identity in self._in_flight:
            self._answer_duplicate(identity, answers)
        elif self._stopping:
            error = ErrorObject(ErrorCode.SHUTTING_DOWN, "The worker is shutting down")
            self._answer(identity, answers, error_line(identity, error))
        elif handler is None:
            self._answer(identity, answers, self._system.answer(request, identity))
        elif len(self._executors.queue) >= self._limits.queued_requests:
            self._answer(identity, answers, error_line(identity, self._busy()))
        else:
            call = Call(identity, handler, request.params, size, answers)
            self._in_flight[identity] = call
            self._executors.submit(call)

    def _receive_notification(self, request: Request, handler: Handler | None, size: int) -> None:
        if handler is None:
            # What the protocol itself offers happens; what nobody offers is ignored.
            if request.method in self._system.methods:
                self._system.answer(request, NULL)
        elif self._stopping or len(self._executors.queue) >= self._limits.queued_requests:
            _logger.warning("the notification %s was dropped: busy", request.method)
        else:
            call = Call(None, handler, request.params, size, None)
            self._notifications.add(call)
            self._executors.submit(call)

    def _refuse(self, invalid: Invalid, answers: _BatchAnswers | None) -> None:
        """Answer what is no request. An id in flight stays the first request's."""
        if answers is not None:
            answers.waiting += 1
        identity = NULL if invalid.id in self._in_flight else invalid.id
        self._answer(identity, answers, error_line(identity, invalid.error))

    def _answer_duplicate(self, identity: bytes, answers: _BatchAnswers | None) -> None:
        shown = identity.decode()
        message = f"Invalid Request: the id {shown} is in flight already"
        error = ErrorObject(ErrorCode.INVALID_REQUEST, message, {"id": msgspec.Raw(identity)})
        self._answer(NULL, answers, error_line(NULL, error))

    def _busy(self) -> ErrorObject:
        limit = self._limits.queued_requests
        message = f"Busy: {limit} requests wait already"
        return ErrorObject(ErrorCode.BUSY, message, {"limit": limit, "received": limit + 1})

    # --------------------------------------------------------------------------- answering

    def finished(self, call: Call, result: Any) -> None:
        """Answer a call with what its handler returned."""
        if call.answered:
            return
        try:
            body = call.handler.encode(result)
        except BaseException as error:  # noqa: BLE001 - a value's own methods may raise anything
            self.failed(call, error)
            return
        identity = call.id
        if identity is None or call.answers is not None or len(body) > self._small:
            self._finish_otherwise(call, body)
            return
        call.answered = True
        del self._in_flight[identity]
        self._replies.append(result_line(identity, body))

    def _finish_otherwise(self, call: Call, body: bytes) -> None:
        """Finish what is not one small answer on a line of its own."""
        identity = call.id or NULL
        if len(body) > self._limits.response_bytes:
            self._settle(call, error_line(identity, self._too_large(len(body))))
        elif len(body) > JOINED:
            self._settle(call, *result_parts(identity, body))
        else:
            self._settle(call, result_line(identity, body))

    def failed(self, call: Call, error: BaseException) -> None:
        """Answer a call with what its handler raised."""
        if call.answered:
            return
        identity = call.id or NULL
        if call.cancelled and isinstance(error, asyncio.CancelledError):
            line = error_line(identity, ErrorObject(ErrorCode.CANCELLED, "Cancelled"))
        else:
            line = self._error_line(call, identity, error)
        self._settle(call, line)

    def _error_line(self, call: Call, identity: bytes, error: BaseException) -> bytes:
        try:
            told = error_object(error, debug=self._service.debug)
            line = error_line(identity, told)
        except BaseException as reason:  # noqa: BLE001 - the data's own methods may raise anything
            told = ErrorObject(
                ErrorCode.INTERNAL_ERROR,
                f"Internal error: telling of {type(error).__name__} raised {type(reason).__name__}",
            )
            line = error_line(identity, told)
        if len(line) > self._limits.response_bytes:
            line = error_line(identity, self._too_large(len(line)))
        if call.id is None or told.code in _WORTH_LOGGING:
            _log(call, error)
        return line

    def flush(self) -> None:
        """Write the replies that have come together, and note whether the host takes them."""
        if replies := self._replies:
            self._replies = []
            if self._has_large_reply:
                self._has_large_reply = False
                self._output.write(*replies)
            elif len(replies) == 1:
                self._output.write(replies[0])
            else:
                for start in range(0, len(replies), BURST):
                    self._output.write(b"".join(replies[start : start + BURST]))
            if self._output.pending > self._limits.soft_output_bytes:
                self._executors.blocked = True
        if self.on_backlog_taken is not None:
            self.on_backlog_taken()
        if self._idle is not None and not self._in_flight and not self._notifications:
            if not self._idle.done():
                self._idle.set_result(None)
            self._idle = None

    def _settle(self, call: Call, *parts: bytes) -> None:
        call.answered = True
        if call.id is None:
            self._notifications.discard(call)
            return
        del self._in_flight[call.id]
        self._answer(call.id, call.answers, *parts)

    def _answer(self, identity: bytes, answers: _BatchAnswers | None, *parts: bytes) -> None:
        if answers is None:
            self._put(parts)
            return
        line = b"".join(parts)
        if answers.size + len(line) > self._limits.response_bytes:
            line = error_line(identity, self._too_large(answers.size + len(line)))
        answers.lines.append(line)
        answers.size += len(line)
        self._batched += len(line)
        self._close_batch_entry(answers)

    def _close_batch_entry(self, answers: _BatchAnswers) -> None:
        """Write a batch's answer once everything in it has been read and answered."""
        answers.waiting -= 1
        if answers.waiting == 0 and answers.lines:
            self._batched -= answers.size
            self._put(batch_parts(answers.lines))

    def _too_large(self, size: int) -> ErrorObject:
        limit = self._limits.response_bytes
        message = f"Response too large: {size} bytes, the limit is {limit}"
        return ErrorObject(
            ErrorCode.RESPONSE_TOO_LARGE, message, {"limit": limit, "received": size}
        )

    def _put(self, parts: tuple[bytes, ...]) -> None:
        if len(parts) > 1:
            self._has_large_reply = True
        self._replies.extend(parts)


_WORTH_LOGGING: Final = frozenset({ErrorCode.INTERNAL_ERROR, ErrorCode.UNENCODABLE_RESULT})
"""What the author of the worker must mend, and not its caller."""


class _BatchAnswers(msgspec.Struct, eq=False):
    """The answers to a batch, until all of them are there.

    Attributes:
        waiting: Entries without an answer, and one more while the batch is being read.
        lines: The answers, each a whole line.
        size: Their bytes.
    """

    waiting: int = 1
    lines: list[bytes] = []
    size: int = 0


def _ignore() -> None:
    """Stand in for a hook that nobody has set."""


def _log(call: Call, error: BaseException) -> None:
    # An exception may itself raise while it is formatted, and anything at all.
    with suppress(BaseException):
        name, kind = call.handler.method.wire, type(error).__name__
        _logger.error("%s raised %s", name, kind, exc_info=error)
