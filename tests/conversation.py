"""A channel in memory: what is fed to it, and the lines that it answers with."""

# pyright: reportPrivateUsage=false
# The tables inside must be seen to be empty.

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

from rpc_worker.channel import Channel
from rpc_worker.contract import find_contract, read_contract
from rpc_worker.dispatch import Service
from rpc_worker.fit import bind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rpc_worker.limits import Limits

T = TypeVar("T")

DEADLINE = 20.0
"""Seconds after which a test that waits has failed."""


def request(identity: object, method: str, params: object = None) -> bytes:
    """Return the line of a request; without params if they are None."""
    message: dict[str, object] = {"jsonrpc": "2.0", "id": identity, "method": method}
    if params is not None:
        message["params"] = params
    return json.dumps(message).encode() + b"\n"


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
        self, implementation: object, *, limits: Limits | None = None, debug: bool = False
    ) -> None:
        contract = read_contract(find_contract(type(implementation)))
        self.service = Service(contract, bind(contract, implementation), debug=debug)
        self.output = Sink()
        self.channel = Channel(self.service, self.output, limits, loop=asyncio.get_running_loop())

    async def say(self, *chunks: bytes) -> list[bytes]:
        """Feed chunks; return all lines written once nothing is in flight.

        In a callback of the loop, as a transport does it: not in a task.
        """
        fed = asyncio.get_running_loop().create_future()

        def feed() -> None:
            for chunk in chunks:
                self.channel.receive(chunk)
            fed.set_result(None)

        asyncio.get_running_loop().call_soon(feed)
        await fed
        async with asyncio.timeout(DEADLINE):
            await self.channel.idle()
        return self.output.lines

    def assert_at_rest(self) -> None:
        """See that no table holds anything, and that no task or thread is left."""
        channel, executors = self.channel, self.channel._executors
        assert (channel._in_flight, channel._notifications, channel._replies) == ({}, set(), [])
        assert (list(executors.queue), executors.backlog, executors._suspended) == ([], 0, 0)
        assert executors.threads == set()


def talk(
    implementation: object, *chunks: bytes, limits: Limits | None = None, debug: bool = False
) -> list[Any]:
    """Return the answers to chunks, decoded, in the order in which they came."""

    async def main(conversation: Conversation) -> list[bytes]:
        return await conversation.say(*chunks)

    lines = converse(main, implementation, limits=limits, debug=debug)
    return [json.loads(line) for line in lines]


def converse(
    main: Callable[[Conversation], Awaitable[T]],
    implementation: object,
    *,
    limits: Limits | None = None,
    debug: bool = False,
) -> T:
    """Run `main` with a conversation on a loop of its own; see that nothing is left behind."""

    async def run() -> T:
        problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, problem: problems.append(problem)
        )
        conversation = Conversation(implementation, limits=limits, debug=debug)
        result = await main(conversation)
        conversation.assert_at_rest()
        assert problems == []
        return result

    return asyncio.run(run())
