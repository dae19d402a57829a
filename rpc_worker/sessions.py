"""One client's life, from its hello to its end: what is addressed to it, and what it has open.

A session is an address, not a protection (protocol, section 3). Its tables are empty when nothing
is open. Streams and callbacks keep theirs here, and nothing here knows what is in them but that it
can be ended. Which lines belong to which session is the channel's knowledge.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from msgspec import UNSET

from rpc_worker.errors import ErrorCode, RemoteError, SessionEnded
from rpc_worker.messages import notification_line, request_line
from rpc_worker.pending import Pending, remote_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from msgspec import Raw, UnsetType

    from rpc_worker.callbacks import Exposed
    from rpc_worker.calls import Call
    from rpc_worker.dispatch import Handler
    from rpc_worker.interfaces import Host
    from rpc_worker.limits import Limits
    from rpc_worker.pending import Outbound
    from rpc_worker.producers import Producer

__all__ = ["Session"]

T = TypeVar("T")

HANDLES: Final = 2**52
"""Handles begin at random below this, so that two clients' never meet; counting up from there, they
stay exact in JavaScript."""

FOREVER: Final = float("inf")
"""The deadline of what has none."""

LATE: Final = 1.0
"""Seconds after our deadline until which the peer's word that it has passed is held back."""


Listener: TypeAlias = "Callable[[Raw], None]"


class Session:
    """One client.

    Attributes:
        host: The channel.
        name: The part of its ids before the first `:`; None for the anonymous session, whose
            clients said no hello.
        window: What the client called its window; it survives reloads.
        log: The lowest level of log records that it asked for, in the numbers of `logging`; 0 for
            none.
        ended: Whether it has ended. Nothing is sent to it then.
        streams: Streams that the client pulls from us, by the JSON text of their token.
        silent: Whether no answer can come any more: the input has ended.
        progress: Who listens to the progress of our calls, by the JSON text of the token.
        handles: Callbacks that we gave out.
        pending: Our requests to it, by the JSON text of their id.
        tasks: What advances the iterators of streams, until the last `finally` has run. The end of
            a session does not wait for it, so they are the channel's.
    """

    def __init__(
        self,
        host: Host,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        *,
        name: str | None = None,
        window: str | None = None,
    ) -> None:
        self.name = name
        self.window = window
        self.log = 0
        self.ended = False
        self.silent = False
        self.loop = loop
        self.limits = limits
        self.streams: dict[bytes, Producer] = {}
        self.progress: dict[bytes, Listener] = {}
        self.handles: dict[int, Exposed] = {}
        self.pending: dict[bytes, Pending] = {}
        self.tasks = host.tasks
        self.host = host
        self._prefix = b'"w' if name is None else b'"%b:w' % name.encode()
        self._requests = 0
        self._tokens = 0
        # Not by `random`, which takes a millisecond to import.
        self._handle = int.from_bytes(os.urandom(8), "big") % HANDLES
        self._room: asyncio.Future[None] | None = None

    def new_token(self) -> bytes:
        """Return the JSON text of a token that this session has not had."""
        self._tokens += 1
        return b"%d" % self._tokens

    def new_handle(self) -> int:
        """Return a handle that this session has not had."""
        self._handle += 1
        return self._handle

    # ------------------------------------------------------------------------- what is sent

    def notify(self, method: str, params: bytes) -> None:
        """Write a notification to this client alone; nothing, if it is gone.

        Args:
            method: The name on the wire.
            params: JSON text.
        """
        if not self.ended:
            self.host.send(notification_line(method, params, self.name))

    async def request(
        self, method: str, params: bytes, call: Call | None = None, *, scope: Outbound | None = None
    ) -> Raw:
        """Call a method of the client, and return its result, undecoded.

        Its deadline is the nearer of the call's and the anyio cancel scope's around this. Whoever
        cancels this cancels the request, and its late answer is dropped.

        Args:
            method: The name on the wire.
            params: JSON text.
            call: The call on whose behalf this is: its slot is free meanwhile, its trace goes on.
            scope: What ends with this request.

        Raises:
            RemoteError: The answer is an error.
            SessionEnded: The client is gone, or goes before it answers.
        """
        if self.ended or self.silent:
            if scope is not None:
                scope.end()
            raise SessionEnded(self.name)
        if call is not None and call.ended:
            call = None  # A task of the handler's that outlives it: nothing of the call is its own.
        self._requests += 1
        identity = b'%b%d"' % (self._prefix, self._requests)
        answer: asyncio.Future[Raw] = self.loop.create_future()
        deadline = self._deadline(call)
        left = None if deadline == FOREVER else max(0.0, (deadline - self.loop.time()) * 1000)
        self.pending[identity] = Pending(method, answer, scope, deadline)
        try:
            self._ask(identity, method, params, left, call)
        except BaseException:
            self.pending.pop(identity, None)
            if scope is not None:
                scope.end()
            raise
        if call is not None:
            self.host.give_up_slot(call)
        try:
            return await answer
        except asyncio.CancelledError:
            pending = self.pending.pop(identity, None)
            if pending is not None and pending.late is not None:
                pending.late.cancel()  # The peer has ended it already.
            # With a stream in the answer, the call has not ended there, and nobody will read it.
            elif pending is not None or (scope is not None and scope.held):
                self.notify("$/cancelRequest", b'{"id":%b}' % identity)
                if scope is not None:
                    scope.end()
            raise
        finally:
            if call is not None:
                self.host.take_slot(call)

    def _ask(
        self, identity: bytes, method: str, params: bytes, left: float | None, call: Call | None
    ) -> None:
        """Write a request of ours, which `answered` is to answer."""
        trace = None if call is None else call.trace
        self.host.send(request_line(identity, method, params, left, trace))

    def answered(self, identity: bytes, result: Raw | UnsetType, error: Raw | UnsetType) -> None:
        """Take the client's answer to one of our requests; ignore one that nobody waits for."""
        pending = self.pending.get(identity)
        if pending is None or pending.late is not None:
            return
        answer, scope = pending.answer, pending.scope
        failed = error is not UNSET or result is UNSET
        if scope is not None and (failed or not scope.held):
            scope.end()
        if error is not UNSET:
            failure = remote_error(error, pending.method)
            if failure.code == ErrorCode.DEADLINE_EXCEEDED and not answer.done():
                late = pending.deadline + LATE - self.loop.time()
                if 0 < late < FOREVER:
                    # Its clock may be ahead of ours, and whoever set the deadline is to learn of
                    # it as from any other that passes: by a cancel.
                    pending.late = self.loop.call_later(late, self._fail, identity, failure)
                    return
            self._fail(identity, failure)
        elif result is UNSET:
            text = f"the answer to {pending.method} could not be read, or was too large"
            self._fail(identity, RemoteError(text, method=pending.method))
        else:
            del self.pending[identity]
            if not answer.done():
                answer.set_result(result)

    def _fail(self, identity: bytes, error: Exception) -> None:
        """Raise an error where an answer is awaited."""
        pending = self.pending.pop(identity)
        # Whoever waited may have been cancelled, and not come to its end yet.
        if not pending.answer.done():
            pending.answer.set_exception(error)

    def invoke(self, handler: Handler, params: Raw | UnsetType, identity: bytes | None) -> None:
        """Have a callback of ours run, as a call of this session's."""
        self.host.invoke(self, handler, params, identity)

    async def run_in_thread(
        self, function: Callable[..., T], *args: Any, call: Call | None = None
    ) -> T:
        """Run a function in one of the threads of handlers."""
        return await self.host.run_in_thread(function, *args, call=call)

    def rest(self, wait: Callable[[], object], call: Call | None = None) -> None:
        """Have such a thread wait, while another one may run. To be called in that thread."""
        self.host.rest(wait, call)

    @property
    def debug(self) -> bool:
        """Whether errors carry their traceback."""
        return self.host.debug

    def _deadline(self, call: Call | None) -> float:
        """Return the nearer deadline, of the call's and of the scope's around."""
        deadline = FOREVER
        if call is not None and call.deadline:
            deadline = call.deadline
        # Who has not imported anyio is in none of its scopes, and importing it is not free.
        if "anyio" in sys.modules:
            from anyio import current_effective_deadline  # noqa: PLC0415 - as said

            deadline = min(deadline, current_effective_deadline())
        return deadline

    # ------------------------------------------------------------------------------- the flow

    @property
    def has_room(self) -> bool:
        """Whether the host takes the output."""
        return self.host.has_room

    @property
    def is_overfull(self) -> bool:
        """Whether the host has left so much unread that what nobody waits for is dropped."""
        return self.host.is_overfull

    async def room(self) -> None:
        """Return when the host takes the output.

        Raises:
            SessionEnded: The client is gone, or goes meanwhile.
        """
        while not self.ended and not self.host.has_room:
            if self._room is None:
                self._room = self.loop.create_future()
            # Several may wait, and one that is cancelled must not cancel the others.
            await asyncio.shield(self._room)
        if self.ended:
            raise SessionEnded(self.name)

    def wake(self) -> None:
        """Let those go on that wait for room."""
        if self._room is not None:
            self._room.set_result(None)
            self._room = None

    # -------------------------------------------------------------------------------- its end

    def silence(self) -> None:
        """Take note that nothing comes from the client any more, though it may still read."""
        self.silent = True
        for identity, pending in [*self.pending.items()]:
            if pending.late is not None:
                pending.late.cancel()
            self._fail(identity, SessionEnded(self.name))
            if pending.scope is not None:
                pending.scope.end()
        for stream in [*self.streams.values()]:
            stream.abort()
        self.progress.clear()
        self.handles.clear()

    def end(self) -> None:
        """End: nothing is sent any more, and whoever waits for the client is told."""
        self.ended = True
        self.log = 0
        self.silence()
        self.wake()
