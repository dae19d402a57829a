"""One conversation over one pipe: what came is answered, each request exactly once.

The channel knows which requests are in flight, which batch an answer belongs to, and whose each
line is. It takes chunks of bytes and gives out whole lines; it touches no file descriptor. What the
protocol's own methods do is not known here.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec import UNSET

from rpc_worker import refusals
from rpc_worker.answering import Answering
from rpc_worker.calls import Trace
from rpc_worker.dispatch import error_object
from rpc_worker.executors import Call, Executors
from rpc_worker.limits import Limits
from rpc_worker.lines import LineBuffer
from rpc_worker.messages import (
    JOINED,
    NULL,
    Batch,
    Foreign,
    Invalid,
    Request,
    decode,
    decode_lines,
    error_line,
    milliseconds,
    notification_line,
    result_line,
    text,
)
from rpc_worker.outbox import BatchAnswers
from rpc_worker.protocol_methods import CANCEL, ProtocolMethods
from rpc_worker.replies import Reply
from rpc_worker.session_table import SessionTable, name_in, session_ended
from rpc_worker.sessions import Session
from rpc_worker.system import System

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from msgspec import Raw, UnsetType

    from rpc_worker.dialects.kkrpc import Kkrpc
    from rpc_worker.dispatch import Handler, Service
    from rpc_worker.frontend import Frontend
    from rpc_worker.interfaces import Output, Watch
    from rpc_worker.lines import Line, Oversized
    from rpc_worker.messages import ErrorObject, Message, Response
    from rpc_worker.middleware import Middleware
    from rpc_worker.protocol_methods import Own

__all__ = ["Channel"]

_logger: Final = logging.getLogger("rpc_worker")

T = TypeVar("T")

RESTING: Final = 1.0
"""Seconds after which a deadline that has passed while a debugger was attached is looked at again.
"""

CROWD: Final = 1024
"""Calls that wait, past which the params of one more are copied: as they come, they are a view of
their line, which is two or three times as long and lives as long as they do."""


class Channel(Answering):
    """The worker's end of a conversation.

    Args:
        service: What is offered.
        output: Where lines go to.
        limits: How much is taken on.
        loop: The loop whose callbacks call this; it runs the handlers.
        middleware: What stands around every handler, the first outermost.
        frontend: What the clients offer, if the worker calls anything there.

    Attributes:
        sessions: The clients.
        tasks: What advances the iterators of their streams, and of those that have ended.
        on_shutdown: Called when `system.shutdown` has been answered.
        on_log_levels: Called with the lowest level of log records that a session asks for, in the
            numbers of `logging`, whenever that has changed; with 0 if none asks.
        on_room: Called when the host takes the output again.
        watch: Woken when there are calls in flight, if it is not awake.
    """

    def __init__(
        self,
        service: Service,
        output: Output,
        limits: Limits | None = None,
        *,
        loop: asyncio.AbstractEventLoop,
        middleware: Sequence[Middleware] = (),
        frontend: Frontend | None = None,
    ) -> None:
        limits = limits or Limits()
        super().__init__(service, output, limits, loop, surrounded=bool(middleware))
        self.on_shutdown: Callable[[], None] = _ignore
        self.on_log_levels: Callable[[int], None] = _ignore_level
        self.on_room: Callable[[], None] = _ignore
        self.watch: Watch = _Nobody()
        self.frontend = frontend
        self._lines = LineBuffer(limits.message_bytes)
        self._queued_requests = limits.queued_requests
        self._executors = Executors(self, limits, loop, middleware=middleware)
        self.tasks: set[asyncio.Task[None]] = set()
        self.sessions = SessionTable(
            self._make_session, self._log_levels_changed, self._session_ended
        )
        self._log_level = 0
        self._system = System(service, limits, self.sessions)
        self._protocol = ProtocolMethods(self)
        self._announced = False
        self._foreign: Kkrpc | None = None
        # What is told of a `next` that is cancelled.
        self._withdrawn = refusals.CANCELLED
        self._stopping = False
        if service.events:
            from rpc_worker.emitting import Emitter  # noqa: PLC0415 - not every worker has events

            for wire, event in service.events.items():
                event.bind(Emitter(self, service.contract.events[wire]).emit)

    # ------------------------------------------------------------------ for the transport

    @property
    def backlog(self) -> int:
        """Bytes of requests that wait for their turn, and of answers that wait for their batch."""
        return self._executors.backlog + self._outbox.batched

    @property
    def busy_elsewhere(self) -> int:
        """Handlers and iterators that still run off the loop, whether or not they are answered."""
        return len(self._executors.busy_elsewhere)

    def announce(self, state: Any = None) -> None:
        """Write `$/ready`, the first line of all (protocol, section 4).

        Args:
            state: What the lifespan yielded, for `current_call().state`.
        """
        self._executors.begin(state)
        self._announced = True
        identity = msgspec.json.encode(self.service.identity())
        self._outbox.put(notification_line("$/ready", identity))
        self.flush()

    def receive(self, chunk: bytes) -> None:
        """Take bytes of any shape; start what they ask for."""
        self._receive_lines(self._lines.feed(chunk))

    def receive_end(self) -> None:
        """Take note that no more comes. A last line that nothing ended counts."""
        self._receive_lines(self._lines.end())
        for session in self.sessions:
            session.silence()

    def output_taken(self) -> None:
        """Go on: the host has taken enough of the output."""
        if self._executors.blocked:
            self._executors.blocked = False
            for session in self.sessions:
                session.wake()
            self.on_room()
        self._executors.resume()

    def stop_intake(self) -> None:
        """Answer every new request with -32802 from now on."""
        self._stopping = True

    def cancel_all(self) -> None:
        """Cancel everything that waits or runs; all of it is answered, and every stream ends."""
        self._withdrawn = refusals.ENDED
        for entry in (*self._in_flight.values(), *self._notifications):
            self.cancel(entry)
        for session in self.sessions:
            session.silence()
        self.flush()

    def close(self) -> None:
        """End all sessions, and the processes that run handlers."""
        for session in self.sessions:
            session.end()
        self._executors.close()

    def is_busy(self) -> bool:
        """Tell whether anything is in flight."""
        return bool(self._in_flight or self._notifications)

    async def idle(self) -> None:
        """Return when nothing is in flight."""
        while self._in_flight or self._notifications:
            self._idle = self._loop.create_future()
            await self._idle

    async def over(self) -> None:
        """Return when nothing is in flight, and no stream is open."""
        while True:
            await self.idle()
            if self.tasks:
                await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
            elif not any(session.streams for session in self.sessions):
                return
            else:
                # All made, and not all asked for: no task is left to wait for.
                self._idle = self._loop.create_future()
                await self._idle

    # --------------------------------------------------------------------------- receiving

    def _receive_lines(self, lines: Sequence[Line | Oversized]) -> None:
        if self._foreign is not None:
            # Somebody speaks another dialect, and perhaps not everybody does.
            lines = self._foreign.receive(lines)
        handlers, in_flight, executors = self.service.handlers, self._in_flight, self._executors
        queue, sessions = executors.queue, self.sessions
        prefix, session = sessions.prefix, sessions.current
        hurried = (
            len(queue) + len(lines) <= self._queued_requests
            and not executors.exclusive.waiting
            and not self._stopping
        )
        crowded = len(queue) > CROWD
        messages: Sequence[Message]
        if len(lines) == 1 and isinstance(lines[0], bytes):
            # What comes while one call after the other is made, and what takes most for each.
            messages = (decode(lines[0]),)
        else:
            messages = decode_lines(lines, self._limits.message_bytes)
        taken = at = 0
        for message in messages:
            # By index: for the one line that most chunks are, `zip` takes longer than all of this.
            line = lines[at]
            at += 1
            if isinstance(message, Request):
                # What most lines are is written out here; `_receive_request` knows all the rest.
                identity = message.id
                handler = handlers[message.method]
                if (
                    handler
                    and hurried
                    and identity is not UNSET
                    and identity not in in_flight
                    and (not prefix or identity.startswith(prefix))
                    and message.timeout is UNSET
                    and message.traceparent is UNSET
                ):
                    size = len(line)
                    params: Raw | bytes | UnsetType = message.params
                    if crowded and params is not UNSET:
                        params = bytes(params)
                    call = Call(identity, handler, params, size, None, session, True)
                    in_flight[identity] = call
                    queue.append(call)
                    taken += size
                    continue
                self._receive_request(message, len(line), None)
            elif isinstance(message, Batch):
                self._receive_batch(message)
                hurried = False  # It may have filled the queue.
            elif isinstance(message, Invalid):
                self._refuse(message, None)
            elif isinstance(message, Foreign):
                self._receive_foreign(message)
            else:
                self._receive_response(message)
            # Somebody may have said hello, or ended; and the next line is often of the same one.
            prefix, session = sessions.prefix, sessions.current
        executors.backlog += taken
        if not self.watch.awake and in_flight:
            self.watch.wake()
        executors.pump()

    def _receive_batch(self, batch: Batch) -> None:
        count = len(batch.entries)
        if count > self._limits.batch_entries:
            error = refusals.batch_too_large(count, self._limits)
            self._outbox.put(error_line(NULL, error))
            return
        answers, cancels = BatchAnswers(), list[Request]()
        for entry in batch.entries:
            message = decode(bytes(entry))
            if isinstance(message, Request):
                if message.method == CANCEL and message.id is UNSET:
                    # It applies to the batch that it is in, wherever it stands.
                    cancels.append(message)
                else:
                    self._receive_request(message, len(entry), answers)
            elif isinstance(message, Batch):
                self._refuse(Invalid(NULL, refusals.WITHIN_BATCH), answers)
            elif isinstance(message, Invalid):
                self._refuse(message, answers)
            elif isinstance(message, Foreign):
                # Other dialects know no batch.
                self._refuse(Invalid(NULL, refusals.NOT_JSON_RPC), answers)
            else:
                self._receive_response(message)
        for cancel in cancels:
            self._receive_notification(cancel, None, 0)
        self._outbox.close_entry(answers)

    def _receive_request(self, request: Request, size: int, answers: BatchAnswers | None) -> None:
        identity = request.id
        handler = self.service.handlers[request.method]
        if identity is UNSET:
            self._receive_notification(request, handler, size)
            return
        if answers is not None:
            answers.waiting += 1
        if identity in self._in_flight:
            line = error_line(NULL, refusals.in_flight_already(identity))
            self._outbox.answer(NULL, answers, line)
            return
        session = self.sessions.find(identity)
        own = self._protocol.find(request.method)
        if request.timeout is not UNSET and milliseconds(request.timeout) is None:
            error = refusals.bad_timeout(request.timeout)
        elif self._stopping and own is None:
            # What runs may still ask for what it needs to come to its end.
            error = refusals.SHUTTING_DOWN
        elif session is None:
            error = error_object(session_ended(name_in(identity)))
        elif own is not None:
            self._start_own(own, request, Reply(self, session, identity, answers))
            return
        elif handler is None:
            answer = self.answer_for_system(request.method, request.params)
            if isinstance(answer, bytes):
                self._outbox.answer(identity, answers, result_line(identity, answer))
                return
            error = answer
        elif self._executors.waiting >= self._limits.queued_requests:
            error = refusals.busy(self._limits)
        else:
            call = Call(identity, handler, request.params, size, answers, session)
            self._start(call)
            self._mark(call, request)
            return
        self._outbox.answer(identity, answers, error_line(identity, error))

    def _receive_notification(self, request: Request, handler: Handler | None, size: int) -> None:
        session = self.sessions.find_noted(request.session)
        if session is None:
            return
        own = self._protocol.find(request.method)
        if own is not None:
            own(session, request, None)
        elif handler is None:
            # What the protocol itself offers happens; what nobody offers is ignored.
            if request.method in self._system.methods:
                self.answer_for_system(request.method, request.params)
        elif self._stopping or self._executors.waiting >= self._limits.queued_requests:
            _logger.warning("the notification %s was dropped: busy", request.method)
        else:
            call = Call(None, handler, request.params, size, None, session)
            self._start(call)
            self._mark(call, request)

    def _receive_response(self, response: Response) -> None:
        session = self.sessions.find(response.id)
        if session is not None:
            session.answered(response.id, response.result, response.error)

    def _refuse(self, invalid: Invalid, answers: BatchAnswers | None) -> None:
        """Answer what is no request. An id in flight stays the first request's."""
        if answers is not None:
            answers.waiting += 1
        identity = NULL if invalid.id in self._in_flight else invalid.id
        self._outbox.answer(identity, answers, error_line(identity, invalid.error))

    def _receive_foreign(self, foreign: Foreign) -> None:
        """Have what knows the other dialects act on a line; the first one brings it in."""
        if self._foreign is None:
            from rpc_worker.dialects.kkrpc import Kkrpc  # noqa: PLC0415 - most workers meet none

            self._foreign = Kkrpc(self, self.service, self._limits, self._loop)
        self._foreign.take(foreign)

    def _start(self, call: Call) -> None:
        if call.id is None:
            self._notifications.add(call)
        else:
            self._in_flight[call.id] = call
        self._executors.submit(call)

    def _mark(self, entry: Call | Reply, request: Request) -> None:
        """Note what a request says of itself: its deadline, and where it is in a trace."""
        if request.timeout is not UNSET:
            seconds = (milliseconds(request.timeout) or 0.0) / 1000
            if isinstance(entry, Call):
                entry.deadline = self._loop.time() + seconds
            entry.timer = self._loop.call_later(seconds, self._expire, entry)
        parent = text(request.traceparent)
        if parent is not None and isinstance(entry, Call):
            entry.trace = Trace(parent, text(request.tracestate))

    def _start_own(self, own: Own, request: Request, reply: Reply) -> None:
        """Have one of the protocol's own methods act on a request."""
        identity, session = reply.identity, reply.session
        self._in_flight[identity] = reply
        own(session, request, reply)
        # A callback's has become a call by now, and what could be answered at once has been.
        entry = self._in_flight.get(identity)
        if entry is not None:
            self._mark(entry, request)

    # ------------------------------------------------------------------ cancels and deadlines

    def find_in_flight(self, identity: bytes) -> Call | Reply | None:
        """Return what has an id of exactly these bytes: in flight, or its stream is open."""
        return self._in_flight.get(identity) or self._streaming.get(identity)

    def cancel(self, entry: Call | Reply) -> None:
        """Cancel what is in flight; it is answered all the same."""
        if isinstance(entry, Reply):
            entry.cancel(self._withdrawn)
        elif entry.answered:
            entry.cancelled = True
            entry.end()
        elif entry in self._opening:
            # Its handler has returned: nothing is left to unwind but the stream.
            entry.cancelled = True
            self.failed(entry, asyncio.CancelledError())
        else:
            self._executors.cancel(entry)

    def _expire(self, entry: Call | Reply) -> None:
        from rpc_worker import debugger  # noqa: PLC0415 - few deadlines pass

        if debugger.attached():
            # Whoever looks at a handler step by step must not lose it.
            entry.timer = self._loop.call_later(RESTING, self._expire, entry)
            return
        entry.timer = None
        if isinstance(entry, Reply):
            entry.cancel(refusals.EXPIRED)
        elif entry.answered:
            entry.expired = True
            entry.end()
        else:
            self._executors.expire(entry)
        self.flush()

    def _block(self) -> None:
        self._executors.blocked = True

    # --------------------------------------------------------------- for the other dialects

    def admit(self, calls: Sequence[Call]) -> None:
        """Start calls that did not come as JSON-RPC; what is not taken on is answered at once."""
        in_flight, executors, limit = self._in_flight, self._executors, self._queued_requests
        if (
            self._stopping
            or executors.exclusive.waiting
            or len(executors.queue) + len(calls) > limit
        ):
            for call in calls:
                self._admit(call)
            return
        queue, taken = executors.queue, 0
        for call in calls:
            identity = call.id or NULL
            if identity in in_flight:
                self._admit(call)
                continue
            in_flight[identity] = call
            queue.append(call)
            taken += call.size
        executors.backlog += taken

    def _admit(self, call: Call) -> None:
        identity = call.id or NULL
        if identity in self._in_flight:
            # An answer with the id would be taken for the first one's.
            identity, error = NULL, refusals.in_flight_already(identity.strip())
        elif self._stopping:
            error = refusals.SHUTTING_DOWN
        elif self._executors.waiting >= self._limits.queued_requests:
            error = refusals.busy(self._limits)
        else:
            self._start(call)
            return
        call.answered = True
        call.end()
        self.answer(call.dialect.error(identity, error))

    def answer(self, *parts: bytes) -> None:
        """Write the answer to what never was in flight."""
        self._outbox.put(*parts)
        self._flush_soon()

    def answer_for_system(self, method: str, params: Raw | UnsetType) -> bytes | ErrorObject:
        """Return what a method that no handler has is answered with, as JSON text."""
        answer = self._system.answer(method, params)
        if self._system.shutdown_asked:
            self._system.shutdown_asked = False
            # After this has been answered.
            self._loop.call_soon(self.on_shutdown)
        return answer

    # -------------------------------------------------------------------- for the sessions

    @property
    def debug(self) -> bool:
        """Whether errors carry their traceback."""
        return self.service.debug

    @property
    def has_room(self) -> bool:
        """Whether the host takes the output."""
        return not self._executors.blocked

    @property
    def is_overfull(self) -> bool:
        """Whether the host has left so much unread that what nobody waits for is dropped."""
        return self._outbox.unread > self._limits.hard_bytes

    def send(self, *parts: bytes) -> None:
        """Write a line, together with what else is written in this pass of the loop."""
        if not self._announced:
            return  # Nothing precedes `$/ready`, and nobody is there to hear it.
        outbox = self._outbox
        outbox.put(*parts)
        outbox.unsolicited += sum(map(len, parts))
        if outbox.unsolicited > JOINED:
            self.flush()
        else:
            self._flush_soon()

    def write_log(self, params: bytes) -> None:
        """Write `$/log` with these params to all sessions."""
        self.send(notification_line("$/log", params))

    def invoke(
        self, session: Session, handler: Handler, params: Raw | UnsetType, identity: bytes | None
    ) -> None:
        """Have a function run as a call of a session's."""
        # The protocol's request becomes the function's.
        answers = None if identity is None else self._in_flight.pop(identity).answers
        if self._executors.waiting < self._limits.queued_requests:
            size = 0 if params is UNSET else len(bytes(params))
            self._start(Call(identity, handler, params, size, answers, session))
        elif identity is None:
            _logger.warning("a call of %s was dropped: busy", handler.method.wire)
        else:
            line = error_line(identity, refusals.busy(self._limits))
            self._outbox.answer(identity, answers, line)

    def give_up_slot(self, call: Call) -> None:
        """Let another call run while this one waits for its peer."""
        self._executors.give_up_slot(call)

    def take_slot(self, call: Call) -> None:
        """Count a call as running again."""
        self._executors.take_slot(call)

    async def run_in_thread(
        self, function: Callable[..., T], *args: Any, call: Call | None = None
    ) -> T:
        """Run a function in one of the threads of handlers."""
        return await self._executors.run_in_thread(function, *args, call=call)

    def rest(self, wait: Callable[[], object], call: Call | None = None) -> None:
        """Wait, in one of the threads of handlers, while another one may run."""
        self._executors.rest(wait, call)

    def _make_session(self, name: str | None, window: str | None) -> Session:
        return Session(self, self._loop, self._limits, name=name, window=window)

    def _session_ended(self, session: Session) -> None:
        """Cancel what a session has in flight, and drop the rest of it."""
        for entry in (*self._in_flight.values(), *self._notifications):
            if entry.session is session:
                self.cancel(entry)
        session.end()
        self._log_levels_changed()
        self._flush_soon()

    def _log_levels_changed(self) -> None:
        """Tell who logs of the lowest level that a session asks for, if it is another one now."""
        level = min((session.log for session in self.sessions if session.log), default=0)
        if level != self._log_level:
            self._log_level = level
            self.on_log_levels(level)


class _Nobody:
    """Stands in for who watches: it is never to be woken."""

    awake = True

    def wake(self) -> None: ...


def _ignore() -> None:
    """Stand in for a hook that nobody has set."""


def _ignore_level(_level: int) -> None:
    """Stand in for who logs."""
