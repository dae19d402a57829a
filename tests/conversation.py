"""A channel in memory: what is fed to it, and the lines that it answers with."""

# pyright: reportPrivateUsage=false
# The tables inside must be seen to be empty.

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from rpc_worker.channel import Channel
from rpc_worker.contract import read_contract
from rpc_worker.dispatch import Service
from rpc_worker.frontend import Frontend
from rpc_worker.mounting import offer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rpc_worker.limits import Limits
    from rpc_worker.middleware import Middleware

T = TypeVar("T")

DEADLINE = 20.0
"""Seconds after which a test that waits has failed."""


def request(identity: object, method: str, params: object = None, **more: object) -> bytes:
    """Return the line of a request; without params if they are None."""
    message: dict[str, object] = {"jsonrpc": "2.0", "id": identity, "method": method}
    if params is not None:
        message["params"] = params
    return json.dumps({**message, **more}).encode() + b"\n"


def notification(method: str, params: object = None, **more: object) -> bytes:
    """Return the line of a notification."""
    line = json.loads(request(0, method, params, **more))
    del line["id"]
    return json.dumps(line).encode() + b"\n"


def answer(identity: object, result: object) -> bytes:
    """Return the line of the peer's answer to a request of the worker's."""
    return json.dumps({"jsonrpc": "2.0", "id": identity, "result": result}).encode() + b"\n"


def refusal(identity: object, code: int, message: str = "no", data: object = None) -> bytes:
    """Return the line of the peer's error answer to a request of the worker's."""
    error = {"code": code, "message": message, "data": data}
    return json.dumps({"jsonrpc": "2.0", "id": identity, "error": error}).encode() + b"\n"


def is_batch(answer: Any) -> TypeGuard[list[Any]]:
    """Tell the answer to a batch from an answer by itself."""
    return isinstance(answer, list)


async def turns(count: int) -> None:
    """Let the loop go round."""
    for _ in range(count):
        await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    """Let the loop go round until something holds that no event tells of."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110 - threads and counters set no asyncio.Event
            await asyncio.sleep(0)


class Sink:
    """An output that keeps what is written, and holds as much of it back as a test says."""

    def __init__(self) -> None:
        self.written = b""
        self.writes = 0
        self.pending = 0
        self._changed = asyncio.Event()

    def write(self, *parts: bytes) -> None:
        self.written += b"".join(parts)
        self.writes += 1
        self._changed.set()

    @property
    def lines(self) -> list[bytes]:
        assert self.written.endswith(b"\n") or not self.written
        lines = self.written.split(b"\n")[:-1]
        for line in lines:
            json.loads(line)
        return lines

    async def until(self, count: int) -> list[bytes]:
        """Return the lines once there are `count` of them."""
        async with asyncio.timeout(DEADLINE):
            while len(self.written.split(b"\n")) - 1 < count:
                self._changed.clear()
                await self._changed.wait()
        assert len(self.lines) == count
        return self.lines


class Conversation:
    """One channel on the running loop, with its output."""

    def __init__(
        self,
        implementation: object,
        *,
        frontend: type[Any] | None = None,
        limits: Limits | None = None,
        middleware: Sequence[Middleware] = (),
        debug: bool = False,
    ) -> None:
        self.implementation: Any = implementation
        contract, bindings = offer(implementation)
        self.service = Service(
            contract,
            bindings,
            frontend=None if frontend is None else read_contract(frontend),
            debug=debug,
        )
        self.output = Sink()
        loop = asyncio.get_running_loop()
        self.channel = Channel(
            self.service,
            self.output,
            limits,
            loop=loop,
            middleware=middleware,
            frontend=_frontend(frontend, self.service),
        )
        # The first line is no answer: most tests are not about it.
        self.channel.announce()
        self.ready, self.output.written = self.output.written, b""

    def feed(self, *lines: bytes) -> None:
        """Feed lines in the loop's next pass, in a callback of it, as a transport does it."""
        for line in lines:
            asyncio.get_running_loop().call_soon(self.channel.receive, line)

    async def say_at_once(self, line: bytes) -> list[bytes]:
        """Feed a line; return all lines written some passes of the loop later."""
        self.feed(line)
        await turns(5)
        return self.output.lines

    async def say(self, *chunks: bytes) -> list[bytes]:
        """Feed chunks; return all lines written once nothing is in flight.

        In a callback of the loop, as a transport does it: not in a task.
        """
        fed = asyncio.get_running_loop().create_future()

        def feed() -> None:
            try:
                for chunk in chunks:
                    self.channel.receive(chunk)
            except Exception as error:  # noqa: BLE001 - who waits for it is told
                fed.set_exception(error)
            else:
                fed.set_result(None)

        asyncio.get_running_loop().call_soon(feed)
        await fed
        async with asyncio.timeout(DEADLINE):
            await self.channel.idle()
        return self.output.lines

    def assert_at_rest(self) -> None:
        """See that no table holds anything, and that no task or thread is left."""
        channel, executors = self.channel, self.channel._executors
        assert (channel._in_flight, channel._notifications, channel._opening) == ({}, set(), set())
        assert channel._streaming == {}
        assert (channel._outbox.lines, channel._outbox.batched) == ([], 0)
        for session in channel.sessions:
            assert (session.streams, session.progress, session.handles) == ({}, {}, {})
            assert (session.pending, session.tasks) == ({}, set())
            # What only the session of other dialects has: a page's functions and streams.
            assert not vars(session).get("functions")
            assert not vars(session).get("drawn")
        assert (list(executors.queue), executors.backlog, executors._suspended) == ([], 0, 0)
        assert executors.busy_elsewhere == set()


def _frontend(cls: type[Any] | None, service: Service) -> Frontend | None:
    return None if cls is None or service.frontend is None else Frontend(cls, service.frontend)


def talk(
    implementation: object,
    *chunks: bytes,
    frontend: type[Any] | None = None,
    limits: Limits | None = None,
    middleware: Sequence[Middleware] = (),
    debug: bool = False,
) -> list[Any]:
    """Return the answers to chunks, decoded, in the order in which they came."""

    async def main(conversation: Conversation) -> list[bytes]:
        return await conversation.say(*chunks)

    lines = converse(
        main,
        implementation,
        frontend=frontend,
        limits=limits,
        middleware=middleware,
        debug=debug,
    )
    return [json.loads(line) for line in lines]


def converse(
    main: Callable[[Conversation], Awaitable[T]],
    implementation: object,
    *,
    frontend: type[Any] | None = None,
    limits: Limits | None = None,
    middleware: Sequence[Middleware] = (),
    debug: bool = False,
) -> T:
    """Run `main` with a conversation on a loop of its own; see that nothing is left behind."""

    async def run() -> T:
        problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, problem: problems.append(problem)
        )
        conversation = Conversation(
            implementation, frontend=frontend, limits=limits, middleware=middleware, debug=debug
        )
        try:
            result = await main(conversation)
            conversation.assert_at_rest()
        finally:
            conversation.channel.close()
        assert problems == []
        return result

    return asyncio.run(run())
