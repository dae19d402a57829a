"""Progress and callbacks, both ways: what is said comes in order, and nothing after the end."""

# pyright: reportPrivateUsage=false
# The host is made to take no output.

from __future__ import annotations

import asyncio
import threading
from collections.abc import (  # noqa: TC003 - a contract's names must exist
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
)
from typing import Any, Protocol

import msgspec
import pytest

from rpc_worker import Limits, Progress, RemoteError, Struct, callbacks, caller, schema
from rpc_worker.contract import read_contract
from rpc_worker.pending import Outbound
from rpc_worker.reports import offer_progress
from tests.conversation import DEADLINE, until
from tests.peer import Message, Peer, outcome, play, request

HANDLE = 4711
FORM = {"__jsonrpc_marshaled": 1, "handle": HANDLE, "lifetime": "call"}
INVOKE = f"$/invokeProxy/{HANDLE}/invoke"


class Point(Struct):
    x_axis: int


class CallbacksAPI(Protocol):
    async def work(self, n: int, progress: Progress[float]) -> int: ...
    async def quietly(self, progress: Progress[float] | None = None) -> bool: ...
    async def keyword(self, *, progress: Progress[float]) -> bool: ...
    async def in_thread(self, n: int, progress: Progress[float]) -> int: ...
    async def mistyped(self, progress: Progress[float]) -> str: ...
    async def ask(self, ask: Callable[[str, Point], Awaitable[int]]) -> int: ...
    async def ask_in_thread(self, ask: Callable[[str, Point], Awaitable[int]]) -> int: ...
    async def tell(self, tell: Callable[[str], None]) -> None: ...
    async def tell_in_thread(self, tell: Callable[[str], None]) -> None: ...
    async def maybe(self, ask: Callable[[], Awaitable[None]] | None = None) -> bool: ...
    async def wrongly(self, how: str, ask: Callable[[str], Awaitable[int]]) -> str: ...
    async def endlessly(self, progress: Progress[float]) -> None: ...
    async def nothing(self) -> None: ...


class Callbacks(CallbacksAPI):
    def __init__(self) -> None:
        self.kept: Any = None
        self.go = asyncio.Event()

    async def work(self, n: int, progress: Progress[float]) -> int:
        self.kept = progress
        for i in range(n):
            progress.report(i / 2)
        return n

    async def quietly(self, progress: Progress[float] | None = None) -> bool:
        return progress is None

    async def keyword(self, *, progress: Progress[float]) -> bool:
        progress.report(1)
        return True

    def in_thread(self, n: int, progress: Progress[float]) -> int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        for i in range(n):
            progress.report(i)
        return threading.get_ident()

    async def mistyped(self, progress: Progress[float]) -> str:
        try:
            progress.report("half")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the point
        except ValueError as error:
            return str(error)
        return "taken"

    async def ask(self, ask: Callable[[str, Point], Awaitable[int]]) -> int:
        self.kept = ask
        return await ask("really?", Point(1))

    def ask_in_thread(self, ask: Callable[[str, Point], int]) -> int:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        return ask("really?", Point(1))

    async def tell(self, tell: Callable[[str], None]) -> None:
        self.kept = tell
        tell("a")
        tell("b")

    def tell_in_thread(self, tell: Callable[[str], None]) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        tell("a")
        tell("b")

    async def maybe(self, ask: Callable[[], Awaitable[None]] | None = None) -> bool:
        if ask is None:
            return False
        await ask()
        return True

    async def wrongly(self, how: str, ask: Callable[[str], Awaitable[int]]) -> str:
        values: tuple[Any, ...] = {"type": (5,), "more": ("a", "b"), "fewer": ()}.get(how, ("a",))
        try:
            return str(await ask(*values))
        except (TypeError, ValueError, RemoteError) as error:
            return f"{type(error).__name__}: {error}"

    async def endlessly(self, progress: Progress[float]) -> None:
        try:
            progress.report(1)
            await self.go.wait()
        finally:
            await asyncio.sleep(0)

    async def nothing(self) -> None: ...


def reports(messages: list[Message]) -> list[Any]:
    return [m["params"]["value"] for m in messages if m.get("method") == "$/progress"]


class LateAPI(Protocol):
    async def ask(self, ask: Callable[[], Awaitable[int]]) -> None: ...
    async def call(self) -> None: ...
    async def take(self, items: AsyncIterator[int]) -> None: ...
    async def tell(self, tell: Callable[[], None]) -> None: ...


class Window(Protocol):
    async def confirm(self) -> bool: ...


class Late(LateAPI):
    """Waits for the peer once nobody wants it any more."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.go = threading.Event()
        self.ended: list[str] = []

    def ask(self, ask: Callable[[], int]) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - it runs in a thread
        self._wait(ask)

    def call(self) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        self._wait(caller(Window).confirm)

    def take(self, items: Iterator[int]) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        self._wait(lambda: next(items))

    def tell(self, tell: Callable[[], None]) -> None:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        self._wait(tell)

    def _wait(self, wait: Callable[[], object]) -> None:
        self.started.set()
        assert self.go.wait(DEADLINE)
        try:
            wait()
        except BaseException as error:
            self.ended.append(type(error).__name__)
            raise
        self.ended.append("returned")


@pytest.mark.parametrize(
    ("method", "params", "ended"),
    [
        ("ask", [FORM], "CancelledError"),
        ("call", [], "CancelledError"),
        ("take", [{"token": 1}], "CancelledError"),
        ("tell", [FORM], "returned"),
    ],
)
def test_a_cancelled_thread_waits_for_nobody(method: str, params: list[Any], ended: str) -> None:
    late = Late()

    async def main(peer: Peer) -> None:
        identity = peer.request(method, params)
        await until(late.started.is_set)
        peer.notify("$/cancelRequest", {"id": identity})
        assert outcome(await peer.answered(identity)) == -32800
        peer.channel._executors.blocked = True
        late.go.set()
        await until(lambda: bool(late.ended))
        assert late.ended == [ended]
        assert await peer.rest() == []
        peer.channel.output_taken()

    play(main, late, frontend=Window)


# ----------------------------------------------------------------------- progress of the worker's


@pytest.mark.parametrize("method", ["work", "inThread"])
@pytest.mark.parametrize("token", [0, 9, -3, "", "é", 2**60])
def test_reports_come_in_order_before_the_answer(method: str, token: object) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request(method, [3, token])
        await until(lambda: any(m.get("id") == identity for m in peer.unheard()))
        *before, answer = peer.unheard()
        assert [m["params"]["token"] for m in before] == [token] * 3
        assert reports(before) == ([0.0, 0.5, 1.0] if method == "work" else [0, 1, 2])
        assert "result" in answer
        peer.unheard().clear()

    play(main, Callbacks())


@pytest.mark.parametrize("params", [[2], [2, None], {"n": 2}, {"n": 2, "progress": None}], ids=str)
def test_without_a_token_nobody_listens(params: object) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("work", params) == 2
        assert await peer.rest() == []

    play(main, Callbacks())


def test_an_optional_progress_is_none_where_nobody_listens() -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("quietly", []) is True
        assert await peer.ask("quietly", [1]) is False
        assert await peer.ask("keyword", []) is True
        assert await peer.ask("keyword", {"progress": 5}) is True
        assert reports(peer.unheard()) == [1]
        peer.unheard().clear()

    play(main, Callbacks())


@pytest.mark.parametrize("token", [True, 1.5, [], {}])
def test_what_is_no_token(token: object) -> None:
    async def main(peer: Peer) -> None:
        for params in ([1, token], {"n": 1, "progress": token}):
            error = (await peer.answered(peer.request("work", params)))["error"]
            assert error["code"] == -32602
            assert (error["data"]["param"], error["data"]["path"]) == ("progress", "$")

    play(main, Callbacks())


def test_a_report_of_another_type_raises_where_it_is_made() -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("mistyped", [1]) == "progress of mistyped: expected float, got str"

    play(main, Callbacks())


def test_the_latest_report_is_kept_while_the_host_does_not_read() -> None:
    """It is written when the host reads again, and before the answer in any case."""

    class Slow(Callbacks):
        async def work(self, n: int, progress: Progress[float]) -> int:
            for i in range(n):
                progress.report(i)
            await self.go.wait()
            for i in range(n, 2 * n):
                progress.report(i)
            return n

    slow = Slow()

    async def main(peer: Peer) -> None:
        identity = peer.request("work", [1_000, 1])
        await until(lambda: reports(peer.unheard())[-1:] == [999])
        peer.unheard().clear()
        peer.channel._executors.blocked = True
        slow.go.set()
        await peer.answered(identity)
        peer.channel.output_taken()
        assert reports(peer.unheard()) == [1_999]
        peer.unheard().clear()

    play(main, slow)


def test_a_report_after_the_answer_goes_nowhere() -> None:
    backend = Callbacks()

    async def main(peer: Peer) -> None:
        assert await peer.ask("work", [0, 1]) == 0
        backend.kept.report(1.0)
        await asyncio.to_thread(backend.kept.report, 2.0)
        assert await peer.rest() == []

    play(main, backend)


def test_a_cancelled_call_that_reported() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("endlessly", [1])
        await peer.heard("$/progress")
        peer.notify("$/cancelRequest", {"id": identity})
        assert outcome(await peer.answered(identity)) == -32800

    play(main, Callbacks())


# ---------------------------------------------------------------------- callbacks of the caller's


@pytest.mark.parametrize("method", ["ask", "askInThread"])
def test_a_callback_is_asked_and_its_answer_awaited(method: str) -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request(method, [FORM])
        asked = await peer.heard(INVOKE)
        assert asked["params"] == ["really?", {"xAxis": 1}]
        peer.answer(asked, 7)
        assert outcome(await peer.answered(identity)) == 7

    play(main, Callbacks())


@pytest.mark.parametrize("method", ["tell", "tellInThread"])
def test_a_callback_that_goes_one_way_is_a_notification(method: str) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask(method, {"tell": FORM}) is None
        told = peer.unheard()
        assert [(m["method"], m["params"], "id" in m) for m in told] == [
            (INVOKE, ["a"], False),
            (INVOKE, ["b"], False),
        ]
        told.clear()

    play(main, Callbacks())


class TellingAPI(Protocol):
    async def tell(self, tell: Callable[[int], None]) -> None: ...


class Telling(TellingAPI):
    def __init__(self) -> None:
        self.told = asyncio.Event()
        self.go = asyncio.Event()

    async def tell(self, tell: Callable[[int], None]) -> None:
        for i in range(10):
            tell(i)
        self.told.set()
        await self.go.wait()
        tell(10)


@pytest.mark.parametrize("reads", [True, False])
def test_what_nobody_waits_for_is_dropped_while_the_host_leaves_too_much_unread(
    reads: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """How much was dropped is said once: when the host reads again, or when the call ends."""
    telling = Telling()

    async def main(peer: Peer) -> None:
        peer.conversation.output.pending = 1_001
        identity = peer.request("tell", [FORM])
        await telling.told.wait()
        assert await peer.rest() == []
        assert caplog.messages == []
        if reads:
            peer.conversation.output.pending = 1_000 - 200
        telling.go.set()
        assert outcome(await peer.answered(identity)) is None
        assert [m["params"] for m in peer.unheard()] == ([[10]] if reads else [])
        peer.unheard().clear()

    play(main, telling, limits=Limits(hard_bytes=1_000))
    lost = 10 if reads else 11
    assert caplog.messages == [
        f"{lost} calls of tell() of tell were dropped: the host did not read"
    ]


@pytest.mark.parametrize(
    ("params", "received"), [([], "nothing"), ([None], "null"), ([5], "5")], ids=str
)
def test_what_is_no_callback_is_told_as_what_is_missing(params: object, received: str) -> None:
    async def main(peer: Peer) -> None:
        error = (await peer.answered(peer.request("tell", params)))["error"]
        assert error["message"] == (
            f"Invalid params: tell, tell: expected a callback, received {received}"
        )

    play(main, Late(), frontend=Window)


@pytest.mark.parametrize("params", [[], [None], {}, {"ask": None}], ids=str)
def test_an_optional_callback_may_be_missing(params: object) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("maybe", params) is False
        identity = peer.request("maybe", [{"__jsonrpc_marshaled": 1, "handle": HANDLE}])
        peer.answer(await peer.heard(INVOKE), None)
        assert outcome(await peer.answered(identity)) is True

    play(main, Callbacks())


@pytest.mark.parametrize(
    ("form", "path"),
    [
        (None, "$"),
        (5, "$"),
        ({}, "$.__jsonrpc_marshaled"),
        ({"__jsonrpc_marshaled": 2, "handle": 1}, "$.__jsonrpc_marshaled"),
        ({"__jsonrpc_marshaled": 1}, "$.handle"),
        ({"__jsonrpc_marshaled": 1, "handle": "1"}, "$.handle"),
        ({"__jsonrpc_marshaled": 1, "handle": -1}, "$.handle"),
        ({"__jsonrpc_marshaled": 1, "handle": 2**53}, "$.handle"),
        ({"__jsonrpc_marshaled": 1, "handle": 1, "lifetime": "explicit"}, "$.lifetime"),
    ],
    ids=str,
)
def test_what_is_no_callback(form: object, path: str) -> None:
    async def main(peer: Peer) -> None:
        for params in ([form], {"tell": form}):
            error = (await peer.answered(peer.request("tell", params)))["error"]
            assert error["code"] == -32602
            assert (error["data"]["param"], error["data"]["path"]) == ("tell", path)

    play(main, Callbacks())


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("type", "UnencodableResult: ask() of wrongly, argument 1: expected str, got int"),
        ("more", "TypeError: ask() of wrongly takes 1 positional arguments, 2 were given"),
        ("fewer", "TypeError: ask() of wrongly takes 1 positional arguments, 0 were given"),
    ],
)
def test_a_callback_that_is_called_wrongly(how: str, expected: str) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask("wrongly", [how, FORM]) == expected

    play(main, Callbacks())


def test_an_answer_of_another_type_is_an_error_of_the_peers() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("wrongly", ["rightly", FORM])
        peer.answer(await peer.heard(INVOKE), "seven")
        said = 'RemoteError: ask() of wrongly answered with "seven", expected int'
        assert outcome(await peer.answered(identity)) == said

    play(main, Callbacks())


def test_an_error_of_the_peers_function_is_raised_in_the_handler() -> None:
    async def main(peer: Peer) -> None:
        identity = peer.request("wrongly", ["rightly", FORM])
        peer.refuse(await peer.heard(INVOKE), 12, "no time")
        assert outcome(await peer.answered(identity)) == "RemoteError: no time"

    play(main, Callbacks())


def test_a_callback_ends_with_its_call() -> None:
    """Whoever has kept one that answers is told so; one that goes one way is silent."""
    backend = Callbacks()

    async def main(peer: Peer) -> None:
        identity = peer.request("ask", [FORM])
        peer.answer(await peer.heard(INVOKE), 1)
        await peer.answered(identity)
        with pytest.raises(RuntimeError, match="after its call had ended"):
            await backend.kept("late", Point(1))
        await peer.ask("tell", [FORM])
        peer.unheard().clear()
        backend.kept("late")
        await asyncio.to_thread(backend.kept, "late")
        assert await peer.rest() == []

    play(main, backend)


@pytest.mark.parametrize("method", ["ask", "askInThread"])
def test_a_handler_that_waits_for_its_caller_leaves_its_place(method: str) -> None:
    """Fifty that each wait for the next one, with one place."""

    async def main(peer: Peer) -> None:
        waiting: list[tuple[int, Message]] = []
        for _ in range(50):
            identity = peer.request(method, [FORM])
            waiting.append((identity, await peer.heard(INVOKE)))
        for identity, asked in reversed(waiting):
            peer.answer(asked, identity)
            assert outcome(await peer.answered(identity)) == identity

    play(main, Callbacks(), limits=Limits(running=1))


# ----------------------------------------------------------- what goes with our own calls: progress


class FrontendAPI(Protocol):
    async def report(self, progress: Progress[float]) -> None: ...
    async def compare(self, compare: Callable[[int, int], Awaitable[int]]) -> None: ...
    async def notice(self, notice: Callable[[str], None]) -> None: ...


def node_of(method: str) -> Any:
    (parameter,) = read_contract(FrontendAPI).methods[method].parameters
    return parameter.type


def test_the_peers_reports_reach_who_listens_until_the_call_is_answered() -> None:
    async def main(peer: Peer) -> None:
        heard: list[float] = []
        scope = Outbound()
        node: schema.Progress = node_of("report")
        form = offer_progress(peer.session, scope, Progress(heard.append), node, "each")
        token = msgspec.json.decode(form)
        peer.notify("$/progress", {"token": token, "value": 0.5})
        peer.notify("$/progress", {"token": f"{token}", "value": 9})
        peer.notify("$/progress", {"token": token, "value": "x"})
        peer.notify("$/progress", [token, 1])
        peer.notify("$/progress", {"value": 1})
        await until(lambda: heard == [0.5, 1.0])
        scope.end()
        peer.notify("$/progress", {"token": token, "value": 2})
        await peer.rest()
        assert heard == [0.5, 1.0]
        assert offer_progress(peer.session, Outbound(), None, node, "each") == b"null"

    play(main, Callbacks())


# ---------------------------------------------------------- what goes with our own calls: callbacks


async def compare(a: int, b: int) -> int:
    await asyncio.sleep(0)
    return a - b


def compare_at_once(a: int, b: int) -> int:
    return a - b


@pytest.mark.parametrize(
    ("function", "threaded"), [(compare, False), (compare_at_once, False), (compare_at_once, True)]
)
def test_the_peer_calls_a_function_of_ours(function: Any, threaded: bool) -> None:
    async def main(peer: Peer) -> None:
        scope = Outbound()
        node: schema.Callback = node_of("compare")
        form = callbacks.offer_callback(
            peer.session, scope, function, node, "each", threaded=threaded
        )
        marshaled = msgspec.json.decode(form)
        handle = marshaled["handle"]
        assert marshaled == {"__jsonrpc_marshaled": 1, "handle": handle, "lifetime": "call"}
        method = f"$/invokeProxy/{handle}/invoke"
        assert await peer.ask(method, [5, 3]) == 2
        error = (await peer.answered(peer.request(method, [5, "3"])))["error"]
        assert (error["code"], error["data"]["path"]) == (-32602, "$")
        assert await peer.ask(method) == -32602
        scope.end()
        assert await peer.ask(method, [5, 3]) == -32001

    play(main, Callbacks())


def test_the_peer_tells_a_function_of_ours() -> None:
    async def main(peer: Peer) -> None:
        told: list[str] = []
        scope = Outbound()
        node: schema.Callback = node_of("notice")
        form = callbacks.offer_callback(peer.session, scope, told.append, node, "each")
        method = f"$/invokeProxy/{msgspec.json.decode(form)['handle']}/invoke"
        peer.notify(method, ["a"])
        peer.notify(method, [5])
        assert await peer.ask(method, ["b"]) is None
        assert told == ["a", "b"]
        scope.end()
        peer.notify(method, ["c"])
        await peer.rest()
        assert told == ["a", "b"]

    play(main, Callbacks())


@pytest.mark.parametrize("by_name", [True, False])
def test_a_handle_can_be_released(by_name: bool) -> None:
    async def main(peer: Peer) -> None:
        scope = Outbound()
        node: schema.Callback = node_of("compare")
        form = callbacks.offer_callback(peer.session, scope, compare, node, "each")
        handle = msgspec.json.decode(form)["handle"]
        for owned_by_sender in (True, False):
            params = {"handle": handle, "ownedBySender": owned_by_sender}
            peer.notify("$/releaseMarshaledObject", params if by_name else [*params.values()])
            code = await peer.ask(f"$/invokeProxy/{handle}/invoke", [2, 1])
            assert code == (1 if owned_by_sender else -32001)
        peer.notify("$/releaseMarshaledObject", ["nonsense"])
        scope.end()

    play(main, Callbacks())


def test_a_function_of_ours_is_called_no_more_often_than_calls_may_wait() -> None:
    told: list[int] = []

    async def tell(a: int, _b: int) -> int:
        told.append(a)
        return a

    async def main(peer: Peer) -> None:
        scope = Outbound()
        form = callbacks.offer_callback(peer.session, scope, tell, node_of("compare"), "each")
        method = f"$/invokeProxy/{msgspec.json.decode(form)['handle']}/invoke"
        one_way = {"jsonrpc": "2.0", "method": method, "params": [9, 9]}
        calls = [request(identity, method, [identity, 0]) for identity in range(1, 5)]
        peer.say(*calls, one_way)
        answers = [await peer.answered(identity) for identity in range(1, 5)]
        assert [outcome(answer) for answer in answers] == [1, 2, -32009, -32009]
        assert answers[2]["error"]["data"] == {"limit": 2, "received": 3}
        assert told == [1, 2]
        scope.end()

    play(main, Callbacks(), limits=Limits(queued_requests=2))


@pytest.mark.parametrize(
    "method",
    ["$/invokeProxy/1/invoke", "$/invokeProxy/x/invoke", "$/invokeProxy/1/x", "$/invokeProxy/"],
)
def test_a_handle_that_nobody_gave_out(method: str) -> None:
    async def main(peer: Peer) -> None:
        assert await peer.ask(method, []) == -32001
        peer.notify(method, [])
        assert await peer.rest() == []

    play(main, Callbacks())


class SubscribeAPI(Protocol):
    async def subscribe(self, tell: Callable[[], None]) -> None: ...


class Subscribe(SubscribeAPI):
    async def subscribe(self, tell: Callable[[], None]) -> None:
        self.tell = tell


def test_a_callback_that_is_called_too_late_is_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    service = Subscribe()

    async def main(peer: Peer) -> None:
        assert outcome(await peer.answered(peer.request("subscribe", [FORM]))) is None
        for _ in range(3):
            service.tell()
        assert await peer.rest() == []

    play(main, service)
    text = "tell() of subscribe was called after its call had ended, so that nobody hears it"
    assert caplog.messages == [text]
