"""Cancels and deadlines (protocol, section 5): whatever a handler does, one answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator  # noqa: TC003 - its annotations are read at run time
from typing import Any

import pytest

from rpc_worker import current_call, debugger
from tests.conversation import Conversation, converse, notification, request, turns


class Backend:
    def __init__(self) -> None:
        self.left: list[str] = []
        self.gate = asyncio.Event()

    async def quick(self) -> int:
        return 1

    async def wait(self) -> None:
        try:
            await self.gate.wait()
        finally:
            self.left.append("wait")

    async def answers_anyway(self) -> str:
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            return "anyway"
        return "not cancelled"

    async def cancels_itself(self) -> None:
        raise asyncio.CancelledError

    async def left_in_seconds(self) -> float | None:
        return current_call().time_left

    async def count(self) -> AsyncIterator[int]:
        try:
            yield 1
            await self.gate.wait()
        finally:
            self.left.append("count")


def cancel(identity: object) -> bytes:
    return notification("$/cancelRequest", {"id": identity})


def timed(identity: object, method: str, timeout: object) -> bytes:
    return request(identity, method, timeoutMs=timeout)


def codes(lines: list[bytes]) -> dict[Any, Any]:
    """Return the code of each error, and the result of each result, by id."""
    answers = [json.loads(line) for line in lines]
    assert len({answer["id"] for answer in answers}) == len(answers)
    return {a["id"]: a["error"]["code"] if "error" in a else a["result"] for a in answers}


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([request(1, "wait") + cancel(1)], {1: -32800}),
        ([request(1, "wait"), cancel(1)], {1: -32800}),
        ([request(1, "wait"), cancel(1) + cancel(1)], {1: -32800}),
        ([request(1, "quick") + cancel(1)], {1: -32800}),
        ([request(1, "quick"), cancel(1)], {1: 1}),
        ([cancel(1), request(1, "quick")], {1: 1}),
        ([request(1, "answersAnyway"), cancel(1)], {1: "anyway"}),
        ([request(1, "cancelsItself")], {1: -32603}),
        ([request("1", "quick") + cancel(1) + cancel(True)], {"1": 1}),
        ([notification("$/cancelRequest", 5) + notification("$/cancelRequest", {})], {}),
    ],
    ids=repr,
)
def test_a_cancelled_request_is_answered_once(chunks: list[bytes], expected: object) -> None:
    async def main(conversation: Conversation) -> None:
        for chunk in chunks:
            conversation.feed(chunk)
            await turns(4)
        assert codes(await conversation.say()) == expected

    converse(main, Backend())


def test_a_cancel_applies_to_the_batch_that_it_is_in() -> None:
    """Also where it stands before what it cancels."""

    async def main(conversation: Conversation) -> None:
        entries = [cancel(1), request(1, "wait"), request(2, "quick")]
        line = b"[" + b",".join(entry.strip() for entry in entries) + b"]\n"
        (answer,) = await conversation.say(line)
        assert codes([json.dumps(one).encode() for one in json.loads(answer)]) == {1: -32800, 2: 1}

    converse(main, Backend())


@pytest.mark.parametrize("method", ["wait", "answersAnyway"])
def test_a_deadline_ends_a_call_whatever_its_handler_does(method: str) -> None:
    async def main(conversation: Conversation) -> None:
        (line,) = await conversation.say(timed(1, method, 5))
        assert json.loads(line)["error"] == {"code": -32050, "message": "Deadline exceeded"}
        await turns(4)

    converse(main, Backend())


@pytest.mark.parametrize("timeout", ["-1", "-0.5", '"5"', "null", "[]", "true", "1e999"], ids=repr)
def test_what_is_no_deadline_is_refused(timeout: str) -> None:
    async def main(conversation: Conversation) -> None:
        line = b'{"jsonrpc":"2.0","id":1,"method":"quick","timeoutMs":%b}\n' % timeout.encode()
        answer = json.loads((await conversation.say(line))[0])
        assert answer["error"]["code"] in {-32600, -32700}

    converse(main, Backend())


def test_a_call_that_ends_in_time_is_not_ended_again() -> None:
    async def main(conversation: Conversation) -> None:
        lines = await conversation.say(timed(1, "quick", 1), timed(2, "leftInSeconds", 60_000))
        answers = codes(lines)
        assert answers[1] == 1
        assert 0 < answers[2] <= 60

    converse(main, Backend())


def test_a_deadline_covers_the_stream_that_the_call_returned() -> None:
    backend = Backend()

    async def main(conversation: Conversation) -> None:
        conversation.feed(timed(1, "count", 20))
        (line,) = await conversation.output.until(1)
        token = json.loads(line)["result"]["token"]
        conversation.feed(request(2, "$/enumerator/next", {"token": token}))
        lines = await conversation.output.until(2)
        assert codes(lines[1:]) == {2: -32050}
        await conversation.channel.over()
        assert backend.left == ["count"]

    converse(main, backend)


def test_a_stream_of_an_answered_call_ends_with_its_cancel() -> None:
    backend = Backend()

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "count"))
        (line,) = await conversation.output.until(1)
        token = json.loads(line)["result"]["token"]
        conversation.feed(request(2, "$/enumerator/next", {"token": token}), cancel(1))
        lines = await conversation.output.until(2)
        assert codes(lines[1:]) == {2: -32800}
        await conversation.channel.over()
        assert backend.left == ["count"]

    converse(main, backend)


def test_deadlines_rest_while_a_debugger_is_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = Backend()
    looks: list[bool] = []

    def attached() -> bool:
        looks.append(True)
        return True

    monkeypatch.setattr(debugger, "attached", attached)

    async def main(conversation: Conversation) -> None:
        talking = asyncio.create_task(conversation.say(timed(1, "wait", 0)))
        while not looks:  # noqa: ASYNC110 - what is called sets no event
            await asyncio.sleep(0)
        backend.gate.set()
        assert codes(await talking) == {1: None}

    converse(main, backend)
