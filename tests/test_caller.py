"""Calls from a handler to its frontend: typed, in both directions, from wherever it runs."""

# pyright: reportPrivateUsage=false
# A timer of the channel's is fired by hand.

from __future__ import annotations

import asyncio
import json
import pickle
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Protocol

import anyio
import pytest

from rpc_worker import (
    Progress,
    RemoteError,
    RpcError,
    SessionEnded,
    caller,
    in_thread,
    raises,
    sessions,
)
from rpc_worker.limits import Limits
from tests.conversation import Conversation, answer, converse, notification, refusal, request, turns


class Denied(RpcError, code=4001):  # noqa: N818 - named as its users would
    """The person said no."""

    reason: str


class DialogAPI(Protocol):
    async def open_file(self, title: str, *, many: bool = False) -> list[str]: ...


class Page(Protocol):
    dialogs: DialogAPI

    @raises(Denied)
    async def confirm(self, question: str, seconds: int = 5, default: bool = True) -> bool: ...
    def pick(self, title: str) -> AsyncIterator[int]: ...
    async def upload(self, parts: AsyncIterator[int]) -> int: ...
    async def show(self, progress: Progress[float]) -> None: ...
    async def each(self, ask: Callable[[str], Awaitable[int]]) -> int: ...


class Other(Protocol):
    async def confirm(self, question: str) -> bool: ...


class Backend:
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.calling: Callable[[Page], Any] = lambda page: page.confirm("?")

    async def call(self) -> str:
        """Do what the test says, and tell how that ended."""
        try:
            return repr(await self.calling(caller(Page)))
        except RpcError as error:
            return f"{type(error).__name__} {int(error.code)} {error}"
        except Exception as error:  # noqa: BLE001 - whatever it raises is what the test looks at
            return f"{type(error).__name__}: {error}"

    @in_thread
    def call_in_thread(self) -> str:
        return repr(self.calling(caller(Page)))

    @in_thread
    def iterate_in_thread(self) -> list[int]:
        items: Any = caller(Page).pick("x")
        assert isinstance(items, Iterator)
        return [*items]

    async def other(self) -> bool:
        return await caller(Other).confirm("?")

    async def again(self, depth: int) -> int:
        if depth == 0:
            return 0
        return int(await caller(Page).confirm(str(depth)))


def sent(line: bytes) -> tuple[str, Any]:
    message = json.loads(line)
    return message["method"], message["params"]


CALLS: list[tuple[Callable[[Page], Any], tuple[str, Any]]] = [
    (lambda page: page.confirm("a"), ("confirm", ["a"])),
    (lambda page: page.confirm("a", 1), ("confirm", ["a", 1])),
    (lambda page: page.confirm(question="a"), ("confirm", ["a"])),
    (
        lambda page: page.confirm("a", default=False),
        ("confirm", {"question": "a", "default": False}),
    ),
    (lambda page: page.dialogs.open_file("t"), ("dialogs.openFile", ["t"])),
    (
        lambda page: page.dialogs.open_file("t", many=True),
        ("dialogs.openFile", {"title": "t", "many": True}),
    ),
]


@pytest.mark.parametrize(("calling", "expected"), CALLS)
@pytest.mark.parametrize("method", ["call", "callInThread"])
def test_what_is_called_is_what_is_sent(
    method: str, calling: Callable[[Page], Any], expected: object
) -> None:
    """By position, unless a parameter before others is left out, or one goes by name only."""
    backend = Backend()
    backend.calling = calling

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, method))
        (line,) = await conversation.output.until(1)
        assert sent(line) == expected
        result: object = ["/x"] if b"openFile" in line else True
        lines = await conversation.say(answer("w1", result))
        assert json.loads(lines[-1])["result"] == repr(result)

    converse(main, backend, frontend=Page)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (answer("w1", True), "True"),
        (answer("w1", "yes"), 'RemoteError -32603 confirm answered with "yes", expected bool'),
        (refusal("w1", -32601, "Method not found"), "RemoteError -32601 Method not found"),
        (refusal("w1", 4001, "Not now", {"reason": "busy"}), "Denied 4001 Not now"),
        (
            refusal("w1", 4001, "Not now", {"no": 1}),
            (
                "RemoteError 4001 Not now (4001 is declared as Denied, but data.reason does not "
                "fit: expected str, received nothing)"
            ),
        ),
        (
            refusal("w1", 4001, "Not now"),
            (
                "RemoteError 4001 Not now (4001 is declared as Denied, but data does not fit: "
                "expected object, received null)"
            ),
        ),
        (refusal("w1", 4002, "Else"), "RemoteError 4002 Else"),
        (
            b'{"jsonrpc":"2.0","id":"w1","error":5}\n',
            "RemoteError -32603 confirm was answered with what is no error object: 5",
        ),
        (
            b'{"jsonrpc":"2.0","id":"w1","result":"%b"}\n' % (b"x" * 2000),
            "RemoteError -32603 the answer to confirm could not be read, or was too large",
        ),
    ],
    ids=range(9),
)
def test_what_comes_back_is_what_the_handler_gets(line: bytes, expected: str) -> None:
    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "call"))
        await conversation.output.until(1)
        # A second answer, and one to nothing, are nobody's.
        lines = await conversation.say(answer("w7", 1) + line + answer("w1", False))
        assert json.loads(lines[-1])["result"] == expected

    converse(main, Backend(), frontend=Page, limits=Limits(message_bytes=1_000))


MISFITS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda page: page.confirm(), "TypeError: confirm(): missing a required argument: 'question'"),
    (lambda page: page.nothing(), "AttributeError: Page has no method nothing"),
    (lambda page: page.dialogs.no(), "AttributeError: Page has no method dialogs.no"),
    (lambda page: page.confirm(5), "UnencodableResult: confirm, parameter question: "),
]


@pytest.mark.parametrize(("calling", "expected"), MISFITS)
def test_a_call_that_does_not_fit_the_contract_is_not_sent(
    calling: Callable[[Any], Any], expected: str
) -> None:
    backend = Backend()
    backend.calling = calling

    async def main(conversation: Conversation) -> None:
        (line,) = await conversation.say(request(1, "call"))
        assert json.loads(line)["result"].startswith(expected)

    converse(main, backend, frontend=Page)


@pytest.mark.parametrize(("given", "named"), [(None, "no frontend"), (Page, "Page")])
def test_a_frontend_that_was_not_given_is_named(given: type | None, named: str) -> None:
    async def main(conversation: Conversation) -> None:
        (line,) = await conversation.say(request(1, "other"))
        assert json.loads(line)["error"]["data"]["message"] == (
            f"caller(Other): the worker was given {named}; write serve(…, frontend=Other)"
        )

    converse(main, Backend(), frontend=given)


def test_outside_of_a_worker_nobody_can_be_called() -> None:
    with pytest.raises(RuntimeError, match="where no worker serves"):
        caller(Page)


@pytest.mark.parametrize("method", ["call", "iterateInThread"])
def test_a_stream_of_the_frontend_is_iterated(method: str) -> None:
    backend = Backend()

    async def collect(page: Page) -> list[int]:
        return [item async for item in page.pick("x")]

    backend.calling = collect

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, method))
        await conversation.output.until(1)
        conversation.feed(answer("w1", {"token": "t", "values": [1]}))
        assert sent((await conversation.output.until(2))[1]) == (
            "$/enumerator/next",
            {"token": "t"},
        )
        lines = await conversation.say(answer("w2", {"values": [2, 3], "finished": True}))
        assert json.loads(lines[-1])["result"] in ([1, 2, 3], "[1, 2, 3]")

    converse(main, backend, frontend=Page)


def test_what_is_offered_with_a_call_ends_with_its_answer() -> None:
    """A stream, a progress and a callback as arguments; nothing of them is left."""
    backend = Backend()

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.Event().wait()
        finally:
            backend.seen.append("left")

    async def ask(question: str) -> int:
        return len(question)

    async def call_all(page: Page) -> int:
        await page.show(Progress(backend.seen.append))
        return await page.each(ask) + await page.upload(numbers())

    backend.calling = call_all

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "call"))
        (line,) = await conversation.output.until(1)
        ((_, token),) = sent(line)[1].items()
        report = {
            "jsonrpc": "2.0",
            "method": "$/progress",
            "params": {"token": token, "value": 0.5},
        }
        conversation.feed(json.dumps(report).encode() + b"\n" + answer("w1", None))
        line = (await conversation.output.until(2))[1]
        ((marshaled,),) = [sent(line)[1]]
        conversation.feed(request(2, f"$/invokeProxy/{marshaled['handle']}/invoke", ["four"]))
        line = (await conversation.output.until(3))[2]
        assert json.loads(line) == {"jsonrpc": "2.0", "id": 2, "result": 4}
        conversation.feed(answer("w2", 10))
        line = (await conversation.output.until(4))[3]
        (form,) = sent(line)[1]
        conversation.feed(request(3, "$/enumerator/next", {"token": form["token"]}))
        line = (await conversation.output.until(5))[4]
        assert json.loads(line)["result"] == {"values": [1]}
        lines = await conversation.say(answer("w3", 5))
        assert json.loads(lines[-1])["result"] == "15"
        await conversation.channel.over()
        assert backend.seen == [0.5, "left"]

    converse(main, backend, frontend=Page)


def test_what_is_offered_with_a_call_is_named_where_the_window_uses_it_wrongly(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The method and its parameter; a report that is wrong is told in one line."""
    backend = Backend()

    async def ask(question: str) -> int:
        return len(question)

    async def call_all(page: Page) -> int:
        await page.show(Progress(backend.seen.append))
        return await page.each(ask)

    backend.calling = call_all

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "call"))
        (line,) = await conversation.output.until(1)
        token = sent(line)[1]["progress"]
        report = notification("$/progress", {"token": token, "value": "half"})
        conversation.feed(report + answer("w1", None))
        line = (await conversation.output.until(2))[1]
        handle = sent(line)[1][0]["handle"]
        conversation.feed(request(2, f"$/invokeProxy/{handle}/invoke", [4]))
        line = (await conversation.output.until(3))[2]
        assert json.loads(line)["error"]["message"] == (
            "Invalid params: each, parameter ask, argument 1: expected str, received 4"
        )
        await conversation.say(answer("w2", 0))

    converse(main, backend, frontend=Page)
    (record,) = caplog.records
    assert record.getMessage() == (
        "a report of progress was dropped: show, parameter progress: "
        'expected float, received "half"'
    )
    assert record.exc_info is None
    assert backend.seen == []


def test_a_scope_that_ends_cancels_the_call_and_its_late_answer_is_dropped() -> None:
    backend = Backend()

    async def hurry(page: Page) -> str:
        with anyio.move_on_after(60) as scope:
            asyncio.get_running_loop().call_later(0.01, scope.cancel)
            await page.confirm("?")
        return "moved on"

    backend.calling = hurry

    async def main(conversation: Conversation) -> None:
        lines = await conversation.say(request(1, "call"))
        first, second, third = map(json.loads, lines)
        assert 59_000 < first["timeoutMs"] <= 60_000
        assert (second["method"], second["params"]) == ("$/cancelRequest", {"id": "w1"})
        assert third["result"] == "'moved on'"
        assert await conversation.say(answer("w1", True)) == lines

    converse(main, backend, frontend=Page)


EARLY = refusal("w1", -32050, "Deadline exceeded")


def test_a_deadline_that_the_window_sees_pass_first_ends_the_scope_here() -> None:
    """Its clock may be ahead: the scope moves on, and nothing is raised in it."""
    backend = Backend()
    scopes: list[anyio.CancelScope] = []

    async def hurry(page: Page) -> str:
        with anyio.move_on_after(60) as scope:
            scopes.append(scope)
            await page.confirm("?")
        return f"moved on {scope.cancelled_caught}"

    backend.calling = hurry

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "call"))
        await conversation.output.until(1)
        # What follows a first answer is nobody's.
        for line in (EARLY, EARLY, answer("w1", True)):
            assert len(await conversation.say_at_once(line)) == 1
        scopes[0].cancel()
        lines = await conversation.say()
        # There is nothing left to cancel in the window.
        assert [json.loads(line).get("result") for line in lines] == [None, "'moved on True'"]

    converse(main, backend, frontend=Page)


def test_a_deadline_of_the_call_that_the_window_sees_pass_first_cancels_the_handler() -> None:
    backend = Backend()

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "call", timeoutMs=60_000))
        await conversation.output.until(1)
        assert len(await conversation.say_at_once(EARLY)) == 1
        # As the timer does it.
        (call,) = conversation.channel._in_flight.values()
        conversation.channel._expire(call)
        lines = await conversation.say()
        assert json.loads(lines[1])["error"]["code"] == -32050
        assert len(lines) == 2

    converse(main, backend, frontend=Page)


@pytest.mark.parametrize("how", ["late", "none", "end"])
def test_a_deadline_that_only_the_window_knows_is_raised(
    how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one of ours, when ours should have acted by now, or when the window is gone."""
    backend = Backend()

    async def hurry(page: Page) -> bool:
        with anyio.move_on_after(None if how == "none" else 60):
            return await page.confirm("?")
        raise AssertionError

    backend.calling = hurry
    if how == "late":
        monkeypatch.setattr(sessions, "LATE", -59.99)

    async def main(conversation: Conversation) -> None:
        conversation.feed(request(1, "call"))
        await conversation.output.until(1)
        if how == "end":
            await conversation.say_at_once(EARLY)
            conversation.channel.receive_end()
        lines = await conversation.say(EARLY)
        expected = "RemoteError -32050 Deadline exceeded"
        if how == "end":
            expected = "SessionEnded: the session of the clients that said no hello has ended"
        assert json.loads(lines[-1])["result"] == expected

    converse(main, backend, frontend=Page)


@pytest.mark.parametrize("running", [1, 2])
def test_calls_that_call_back_that_call_again_do_not_deadlock(running: int) -> None:
    """Fifty deep, with one slot."""
    depth = 50

    async def main(conversation: Conversation) -> None:
        for level in range(depth):
            conversation.feed(request(level, "again", [depth - level]))
            await conversation.output.until(level + 1)
        for level in reversed(range(depth)):
            conversation.feed(answer(f"w{level + 1}", True))
            await turns(4)
        lines = await conversation.say()
        assert [json.loads(line)["id"] for line in lines[depth:]] == [*reversed(range(depth))]

    converse(main, Backend(), frontend=Page, limits=Limits(running=running))


@pytest.mark.parametrize(
    "error",
    [
        Denied(reason="busy"),
        RpcError("x", code=7, data={"a": 1}),
        RemoteError("x", code=-32601, data=[1], method="confirm"),
        SessionEnded("S"),
        SessionEnded(None),
    ],
    ids=repr,
)
def test_an_error_survives_the_way_to_another_process(error: Exception) -> None:
    copy: Any = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.args) == (type(error), str(error), error.args)
    assert repr(sorted(copy.__dict__.items())) == repr(sorted(error.__dict__.items()))
