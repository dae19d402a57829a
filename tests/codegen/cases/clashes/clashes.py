"""Types of a contract that are called like the runtime's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from rpc_worker import Event, Progress, Struct


class Stream(Struct):
    width: float


class CallOptions(Struct):
    called: bool


class EventFeed(Struct):
    fed: bool


class RuntimeEventFeed(Struct):
    stream: Stream


class Iterable(Struct):
    endless: bool


class AsyncIterable(Struct):
    endless: bool


class DescriptorAPI(Protocol):
    stream: Event[Stream]

    async def event(self, options: CallOptions, feed: EventFeed) -> RuntimeEventFeed: ...
    async def callback(self, callback: Callable[[Stream], Awaitable[Stream]]) -> None: ...
    async def notice(self, notice: Callable[[Stream], None]) -> None: ...
    async def progress(self, progress: Progress[Iterable]) -> None: ...
    async def takes(self, stream: AsyncIterator[AsyncIterable]) -> None: ...
    def returns(self, params: int, method: int) -> AsyncIterator[Stream]: ...


class EventAPI(Protocol):
    """Its constant is called like a function of the runtime's."""

    happened: Event[str]


class StreamAPI(Protocol):
    """Its interface and its constant are called like the runtime's."""

    def items(self, items: AsyncIterator[int]) -> AsyncIterator[int]: ...


class IncomingCall(Struct):
    caller: str


class Exposed(Struct):
    call: IncomingCall


class ExposeAPI(Protocol):
    """Its function is called like the one of the runtime's that it calls."""

    async def incoming(self, call: IncomingCall, *, options: int, exposed: Exposed) -> Exposed: ...


CONTRACTS = ("DescriptorAPI", "EventAPI", "StreamAPI")
FRONTEND = "ExposeAPI"
