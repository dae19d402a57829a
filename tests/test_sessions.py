"""Sessions: whose a line is, and what ends with a client (protocol, section 3)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator  # noqa: TC003 - its annotations are read at run time
from types import SimpleNamespace
from typing import Any, Protocol

import pytest

from rpc_worker import Event, SessionEnded, caller, current_call, failures
from rpc_worker.limits import Limits
from rpc_worker.session_table import REMEMBERED
from tests.conversation import Conversation, converse, notification, refusal, request, turns, until


class Page(Protocol):
    async def confirm(self, question: str) -> bool: ...


class Backend:
    changed: Event[str]

    def __init__(self) -> None:
        self.left = 0
        self.gate = asyncio.Event()
        self.failures: list[str] = []

    async def who(self) -> str | None:
        return current_call().session

    async def wait(self) -> str:
        try:
            await self.gate.wait()
        finally:
            self.left += 1
        return "waited"

    async def ask(self) -> bool:
        return await caller(Page).confirm("?")

    async def count(self) -> AsyncIterator[int]:
        try:
            for number in range(1_000_000):
                yield number
        finally:
            self.left += 1

    async def ask_at(self, session: str) -> str:
        try:
            await caller(Page, session=session).confirm("?")
        except SessionEnded as error:
            return str(error)
        return "answered"

    async def tell(self, session: str) -> None:
        await self.changed.emit("x", to=session)


def hello(session: str, **more: str) -> bytes:
    return request(f"{session}:0", "system.hello", {"session": session, **more})


def end(session: str) -> bytes:
    return notification("$/endSession", {"session": session})


def by_id(lines: list[bytes]) -> dict[Any, Any]:
    """Return the answers by id; each id has one."""
    messages = [json.loads(line) for line in lines]
    answers = [message for message in messages if "method" not in message]
    assert len({message["id"] for message in answers}) == len(answers)
    return {answer["id"]: answer for answer in answers}


@pytest.mark.parametrize(
    ("identity", "session"),
    [
        ("A:1", "A"),
        ("B:1", "B"),
        ("A:b:c", "A"),
        ("A", None),
        ("C:1", None),
        (":1", None),
        ("", None),
        (1, None),
        (None, None),
        (f"{'x' * 40}:1", None),
    ],
    ids=repr,
)
@pytest.mark.parametrize("before", ["A:9", "B:9", 9])
def test_an_id_belongs_to_the_session_that_it_begins_with(
    identity: object, session: str | None, before: object
) -> None:
    """Whoever sent the line before; the text before the first colon must have said hello."""

    async def main(conversation: Conversation) -> None:
        lines = hello("A") + hello("B") + request(before, "who") + request(identity, "who")
        answers = by_id(await conversation.say(lines))
        assert answers[identity]["result"] == session

    converse(main, Backend())


def test_a_session_that_ends_takes_all_that_is_its_own_along_and_nothing_else() -> None:
    backend = Backend()

    async def main(conversation: Conversation) -> None:
        both = b"".join(
            hello(name) + request(f"{name}:1", "wait") + request(f"{name}:2", "ask")
            for name in ("A", "B")
        )
        conversation.feed(both + request("A:3", "count"))
        lines = await conversation.output.until(5)
        asked = {json.loads(line)["id"] for line in lines if b'"confirm"' in line}
        assert asked == {"A:w1", "B:w1"}
        conversation.feed(end("A"))
        answers = by_id(await conversation.output.until(7))
        assert {answers["A:1"]["error"]["code"], answers["A:2"]["error"]["code"]} == {-32800}
        await until(lambda: backend.left == 2)  # The waiting handler and the stream.
        backend.gate.set()
        conversation.feed(b'{"jsonrpc":"2.0","id":"B:w1","result":true}\n')
        answers = by_id(await conversation.output.until(9))
        assert answers["B:1"]["result"] == "waited"
        assert answers["B:2"]["result"] is True

    converse(main, backend, frontend=Page)


def test_a_session_that_has_ended_is_told_so_and_its_notifications_do_nothing() -> None:
    async def main(conversation: Conversation) -> None:
        lines = await conversation.say(
            hello("A"),
            end("A"),
            request("A:1", "who"),
            hello("A"),
            request(7, "system.hello", {"session": "A"}),
            notification("wait", [], session="A"),
            request("A:2", "$/enumerator/next", {"token": 1}),
        )
        answers = [json.loads(line) for line in lines[1:]]
        assert [answer["id"] for answer in answers] == ["A:1", "A:0", 7, "A:2"]
        for answer in answers:
            assert answer["error"] == {
                "code": -32002,
                "message": "Session ended: say hello",
                "data": {"session": "A"},
            }

    converse(main, Backend())


def test_the_last_thousand_that_ended_are_remembered() -> None:
    async def main(conversation: Conversation) -> None:
        names = [f"s{i}" for i in range(REMEMBERED + 1)]
        await conversation.say(b"".join(hello(name) + end(name) for name in names))
        conversation.output.written = b""
        lines = await conversation.say(request("s0:1", "who"), request("s1:1", "who"))
        answers = by_id(lines)
        assert answers["s0:1"]["result"] is None
        assert answers["s1:1"]["error"]["code"] == -32002

    converse(main, Backend())


def test_a_window_that_is_reloaded_ends_its_old_session() -> None:
    async def main(conversation: Conversation) -> None:
        conversation.feed(hello("A", window="main") + hello("B", window="other"))
        conversation.feed(request("A:1", "wait") + request("B:1", "wait"))
        await turns(4)
        lines = await conversation.say_at_once(hello("C", window="main"))
        answers = by_id(lines)
        assert answers["A:1"]["error"]["code"] == -32800
        assert "B:1" not in answers
        names = [session.name for session in conversation.channel.sessions]
        assert names == [None, "B", "C"]
        conversation.channel.cancel_all()
        await conversation.channel.idle()

    converse(main, Backend())


def test_a_repeated_hello_changes_nothing() -> None:
    async def main(conversation: Conversation) -> None:
        await conversation.say(hello("A", window="main", log="error"), hello("A", window="x"))
        _, session = conversation.channel.sessions
        assert (session.window, session.log) == ("main", 40)

    converse(main, Backend())


def test_the_lowest_level_that_anybody_asks_for_is_told_to_who_logs() -> None:
    async def main(conversation: Conversation) -> None:
        levels: list[int] = []
        conversation.channel.on_log_levels = levels.append
        await conversation.say(
            hello("A", log="error"),
            hello("B", log="info"),
            hello("C", log="emergency"),
            hello("D"),
            end("B"),
            end("A"),
            end("C"),
        )
        assert levels == [40, 20, 40, 70, 0]

    converse(main, Backend())


def test_calls_and_events_to_a_session_that_is_gone() -> None:
    """A call fails at once; an event is sent to nobody."""

    async def main(conversation: Conversation) -> None:
        lines = await conversation.say(
            hello("A"), end("A"), *(request(i, "askAt", [name]) for i, name in enumerate("AX"))
        )
        answers = by_id(lines)
        assert answers[0]["result"] == "the session has ended: A"
        assert answers[1]["result"] == "the session has ended: X"
        assert len(await conversation.say(request(2, "tell", ["A"]))) == len(lines) + 1

    converse(main, Backend(), frontend=Page)


@pytest.mark.parametrize(
    ("value", "problem"),
    [(5, "expected str, got int"), ("\ud800", "the text")],
    ids=["type", "text"],
)
def test_what_cannot_be_emitted_is_raised_with_the_events_name(value: Any, problem: str) -> None:
    class Emitting:
        changed: Event[str]

        async def emit(self) -> bool:
            try:
                await self.changed.emit(value)
            except ValueError as error:
                return str(error).startswith(f"event changed: {problem}")
            return False

        async def fail(self) -> None:
            await self.changed.emit(value)

    async def main(conversation: Conversation) -> None:
        answers = by_id(await conversation.say(request(1, "emit"), request(2, "fail")))
        assert answers[1]["result"] is True
        assert answers[2]["error"]["code"] == -32003
        message = answers[2]["error"]["message"]
        assert message.startswith(f"Cannot be sent: event changed: {problem}")

    converse(main, Emitting())


def test_at_end_of_file_nothing_is_expected_of_a_client_any_more(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What asks it fails, its streams close; what runs goes on and is answered."""
    backend = Backend()
    caplog.set_level("INFO")

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "ask") + request(2, "count") + request(3, "wait"))
        await conversation.output.until(2)
        conversation.channel.receive_end()
        answers = by_id(await conversation.output.until(3))
        assert answers[1]["error"]["data"]["type"] == "SessionEnded"
        backend.gate.set()
        await conversation.channel.over()
        assert by_id(conversation.output.lines)[3]["result"] == "waited"
        assert backend.left == 2

    converse(main, backend, frontend=Page)
    # That a client goes is no failure.
    assert caplog.messages == []


def test_the_log_says_in_one_line_that_a_client_refused(caplog: pytest.LogCaptureFixture) -> None:
    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "ask"))
        await conversation.output.until(1)
        conversation.feed(refusal("w1", -32601, "Method not found"))
        await conversation.output.until(2)

    converse(main, Backend(), frontend=Page)
    (record,) = caplog.records
    assert record.getMessage().startswith("ask raised RemoteError: ")
    assert record.getMessage().endswith(": -32601 Method not found")
    assert (record.levelname, record.exc_info) == ("ERROR", None)


def test_the_log_tells_of_another_clients_end_with_the_place(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The handler's own client is there, so nobody but the handler can have expected that."""
    ended = SessionEnded("A")
    group = BaseExceptionGroup("two of them", [ended, ended])
    here: Any = SimpleNamespace(ended=False, silent=False)
    gone: Any = SimpleNamespace(ended=True, silent=True)
    caplog.set_level("DEBUG")
    for error in (ended, group):
        failures.log("it", error, here)
        failures.log("it", error, gone)
    levels = [(record.levelname, record.exc_info is None) for record in caplog.records]
    assert levels == [("ERROR", False), ("DEBUG", True)] * 2


def test_who_waits_for_room_goes_on_when_the_output_is_taken_or_the_session_ends() -> None:
    async def main(conversation: Conversation) -> None:
        await conversation.say(hello("A"))
        before = len(conversation.output.lines)
        conversation.feed(request(1, "tell", ["A"]))
        conversation.channel.flush()
        conversation.output.pending = 101
        await conversation.output.until(before + 2)  # Its line, and its answer: that shows it.
        emitting = asyncio.create_task(conversation.implementation.changed.emit("late"))
        await turns(3)
        assert not emitting.done()
        conversation.output.pending = 0
        conversation.channel.output_taken()
        await emitting
        lines = await conversation.output.until(before + 3)
        assert json.loads(lines[-1])["params"] == ["late"]

    converse(main, Backend(), limits=Limits(soft_output_bytes=100))
