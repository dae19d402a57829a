"""What parts of the worker need of each other, where they do not know each other.

For type checkers and readers only: no worker imports it, as to make a Protocol takes time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from msgspec import Raw, UnsetType

    from rpc_worker.calls import Call
    from rpc_worker.dispatch import Handler
    from rpc_worker.frontend import Frontend
    from rpc_worker.messages import ErrorObject
    from rpc_worker.replies import Reply
    from rpc_worker.session_table import SessionTable
    from rpc_worker.sessions import Session

__all__ = [
    "Asking",
    "Attached",
    "Audience",
    "Cancellable",
    "Dialect",
    "Host",
    "InFlight",
    "LogOutput",
    "Outcome",
    "Output",
    "Replying",
    "Serving",
    "Watch",
]

T = TypeVar("T")


class Output(Protocol):
    """Where a channel writes to."""

    def write(self, *parts: bytes) -> None:
        """Take whole lines, in parts and in order. Never blocks and never raises."""

    @property
    def pending(self) -> int:
        """Bytes taken that the host has not taken yet."""
        ...


class Host(Protocol):
    """What a session needs of the channel that it is part of.

    Attributes:
        frontend: What its clients offer, if the worker knows of anything.
        sessions: All sessions.
        tasks: What advances the iterators of their streams.
    """

    frontend: Frontend | None
    sessions: SessionTable
    tasks: set[asyncio.Task[None]]

    @property
    def debug(self) -> bool:
        """Whether errors carry their traceback."""
        ...

    @property
    def has_room(self) -> bool:
        """Whether the host takes the output."""
        ...

    @property
    def is_overfull(self) -> bool:
        """Whether the host has left so much unread that what nobody waits for is dropped."""
        ...

    def send(self, *parts: bytes) -> None:
        """Write a line, together with what else is written in this pass of the loop."""
        ...

    def invoke(
        self, session: Session, handler: Handler, params: Raw | UnsetType, identity: bytes | None
    ) -> None:
        """Have a function run as a call of this session."""
        ...

    def give_up_slot(self, call: Call) -> None:
        """Let another call run while this one waits for its peer."""
        ...

    def take_slot(self, call: Call) -> None:
        """Count a call as running again."""
        ...

    async def run_in_thread(
        self, function: Callable[..., T], *args: Any, call: Call | None = None
    ) -> T:
        """Run a function in one of the threads of handlers."""
        ...

    def rest(self, wait: Callable[[], object], call: Call | None = None) -> None:
        """Have one of the threads wait, while another one may run."""
        ...


class Watch(Protocol):
    """Who watches the loop while calls are in flight."""

    awake: bool

    def wake(self) -> None: ...


class Outcome(Protocol):
    """Who is told how calls end, and when a burst of them is over."""

    def finished(self, call: Call, result: Any) -> None: ...
    def failed(self, call: Call, error: BaseException) -> None: ...
    def flush(self) -> None: ...


class Dialect(Protocol):
    """How the answers to a call are written; which one it is, is the call's own property."""

    @property
    def carries_items(self) -> bool:
        """Whether the answer to a call that returns a stream has the items that there are."""
        ...

    def result(self, identity: bytes, body: bytes, /) -> tuple[bytes, ...]:
        """Return an answer's line from the JSON text of a result, in parts if that is long."""
        ...

    def stream(self, identity: bytes, form: bytes, /) -> bytes:
        """Return an answer's line from what stands for a stream, `{token?, values?}`."""
        ...

    def error(self, identity: bytes, error: ErrorObject, /) -> bytes:
        """Return the line of an answer that says what went wrong."""
        ...


class Serving(Protocol):
    """What is asked of the channel that serves."""

    frontend: Frontend | None
    sessions: SessionTable


class Audience(Protocol):
    """What an emitter needs of the channel."""

    sessions: SessionTable


class InFlight(Protocol):
    """What the methods need of the channel."""

    sessions: SessionTable

    def find_in_flight(self, identity: bytes) -> Call | Reply | None: ...
    def cancel(self, entry: Call | Reply) -> None: ...


class Replying(Protocol):
    """What a reply needs of the channel."""

    def reply(self, reply: Reply, *parts: bytes) -> None:
        """Answer it, unless it has been answered."""
        ...


class Asking(Protocol):
    """Who waits for items of a stream.

    Attributes:
        most: How many are wanted; None for all that there are.
        on_cancel: Called when it is cancelled.
    """

    most: int | None
    on_cancel: Callable[[], None] | None

    def result(self, body: bytes) -> None:
        """Answer with JSON text: `{values, finished?}`."""
        ...

    def error(self, error: ErrorObject) -> None:
        """Answer with an error."""
        ...


class Attached(Protocol):
    """What ends with a call: a stream among its arguments, a callback, a token."""

    def end(self) -> None: ...


class Cancellable(Protocol):
    """An anyio cancel scope, or a future of an executor."""

    def cancel(self) -> object: ...


class LogOutput(Protocol):
    """What the feed needs of a channel."""

    @property
    def has_room(self) -> bool:
        """Whether the host takes the output."""
        ...

    def write_log(self, params: bytes) -> None:
        """Write `$/log` with these params to all sessions."""
        ...
