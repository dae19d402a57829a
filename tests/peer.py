"""The other end of a conversation in memory: it asks, answers and listens."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.conversation import DEADLINE, Conversation, turns, until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from rpc_worker.limits import Limits
    from rpc_worker.sessions import Session

Message = dict[str, Any]


class Peer:
    """A client that said no hello.

    Attributes:
        problems: What the loop was told that nobody else was.
    """

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.channel = conversation.channel
        self.problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _, problem: self.problems.append(problem)
        )
        self._asked = 0
        self._read = 0
        self._unheard: list[Message] = []
        if not conversation.output.written:
            self.channel.announce()
        self._read = len(conversation.output.written)

    @property
    def session(self) -> Session:
        return self.channel.sessions.anonymous

    def say(self, *messages: object) -> None:
        """Send messages in one chunk, from a callback of the loop."""
        lines = [json.dumps(message).encode() + b"\n" for message in messages]
        asyncio.get_running_loop().call_soon(self.channel.receive, b"".join(lines))

    def request(self, method: str, params: object = None, **members: object) -> int:
        """Send a request; return its id."""
        self._asked += 1
        self.say(request(self._asked, method, params, **members))
        return self._asked

    def notify(self, method: str, params: object) -> None:
        self.say({"jsonrpc": "2.0", "method": method, "params": params})

    def answer(self, asked: Message, result: object) -> None:
        """Answer one of the worker's requests."""
        self.say({"jsonrpc": "2.0", "id": asked["id"], "result": result})

    def refuse(self, asked: Message, code: int, message: str) -> None:
        error = {"code": code, "message": message}
        self.say({"jsonrpc": "2.0", "id": asked["id"], "error": error})

    async def ask(self, method: str, params: object = None, **members: object) -> Any:
        """Send a request; return its result, or the code of its error."""
        return outcome(await self.answered(self.request(method, params, **members)))

    async def answered(self, identity: object) -> Message:
        """Return the answer to a request, once it is there."""
        return await self.hear(lambda m: "method" not in m and m["id"] == identity)

    async def heard(self, method: str) -> Message:
        """Return the first request or notification of a method that has not been returned yet."""
        return await self.hear(lambda m: m.get("method") == method)

    def unheard(self) -> list[Message]:
        """Return all that was written and has not been returned yet."""
        written = self.conversation.output.written
        lines = written[self._read :].split(b"\n")[:-1]
        self._read = len(written)
        self._unheard += map(json.loads, lines)
        return self._unheard

    async def rest(self) -> list[Message]:
        """Let the loop come to rest; return what has not been heard."""
        for _ in range(20):
            await asyncio.sleep(0)
        return self.unheard()

    async def hear(self, wanted: Callable[[Message], bool]) -> Message:
        """Return the first message of a kind that has not been returned yet."""
        async with asyncio.timeout(DEADLINE):
            while not self.problems:
                for index, message in enumerate(self.unheard()):
                    if wanted(message):
                        return self._unheard.pop(index)
                await asyncio.sleep(0)
        raise AssertionError(self.problems)


def request(identity: object, method: str, params: object = None, **members: object) -> Message:
    message: Message = {"jsonrpc": "2.0", "id": identity, "method": method, **members}
    return message if params is None else {**message, "params": params}


def outcome(answer: Message) -> Any:
    """Return an answer's result, or the code of its error."""
    return answer["error"]["code"] if "error" in answer else answer["result"]


def play(
    main: Callable[[Peer], Awaitable[None]],
    implementation: object,
    *,
    limits: Limits | None = None,
    frontend: type | None = None,
) -> None:
    """Run `main` with a peer; see that nothing is left behind."""

    async def run() -> None:
        conversation = Conversation(implementation, limits=limits, frontend=frontend)
        peer = Peer(conversation)
        try:
            await main(peer)
            await peer.rest()
            async with asyncio.timeout(DEADLINE):
                await conversation.channel.over()
                # A thread is answered for at once, and comes to its end in its own time.
                await until(lambda: not conversation.channel.busy_elsewhere)
                await turns(5)
            conversation.assert_at_rest()
        finally:
            conversation.channel.close()
        assert peer.problems == []

    asyncio.run(run())
