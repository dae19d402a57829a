"""Where and when handlers run: what one does, the next must not feel."""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import json
import threading
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest

from rpc_worker import Limits, RpcError, inline
from rpc_worker.executors import BURST, EAGER
from tests.conversation import DEADLINE, Conversation, converse, request, talk, turns, until

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


def results(*answers: Any) -> dict[Any, Any]:
    return {answer["id"]: answer.get("result", answer.get("error")) for answer in answers}


# ----------------------------------------------------------------------------- what handlers see


class Curious:
    """Handlers that look around, each before and after it suspends."""

    async def leave_mark(self, mark: str) -> str:
        before = variable.get()
        variable.set(mark)
        return before

    async def leave_mark_and_wait(self, mark: str) -> list[str]:
        before = variable.get()
        variable.set(mark)
        await asyncio.sleep(0)
        return [before, variable.get()]

    @inline
    def leave_mark_inline(self, mark: str) -> str:
        before = variable.get()
        variable.set(mark)
        return before

    def leave_mark_in_thread(self, mark: str) -> str:
        before = variable.get()
        variable.set(mark)
        return before

    async def my_task(self) -> bool:
        before = asyncio.current_task()
        await asyncio.sleep(0)
        return before is not None and asyncio.current_task() is before

    async def my_thread(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    @inline
    def inline_thread(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    def thread_thread(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    async def time_out(self) -> str:
        try:
            async with asyncio.timeout(0.001):
                await asyncio.sleep(DEADLINE)
        except TimeoutError:
            return "timed out"
        return "not"

    async def scopes(self) -> list[bool]:
        with anyio.move_on_after(0) as scope:
            await asyncio.sleep(DEADLINE)
        with anyio.fail_after(DEADLINE):
            await anyio.lowlevel.checkpoint()
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 0)
        return [scope.cancelled_caught]

    async def scope_without_suspending(self) -> bool:
        with anyio.CancelScope() as scope:  # noqa: ASYNC100 - entered and left in one step
            scope.cancel()
        return scope.cancel_called

    async def to_thread(self) -> bool:
        return await anyio.to_thread.run_sync(self.thread_thread)

    def from_thread(self) -> bool:
        return anyio.from_thread.run(self.my_thread)


@pytest.mark.parametrize(
    "method",
    ["leaveMark", "leaveMarkAndWait", "leaveMarkInline", "leaveMarkInThread"],
)
def test_context_variables_are_a_calls_own(method: str) -> None:
    lines = b"".join(request(i, method, [f"mark {i}"]) for i in range(5))
    answers = talk(Curious(), lines)
    if method == "leaveMarkAndWait":
        assert results(*answers) == {i: ["unset", f"mark {i}"] for i in range(5)}
    else:
        assert results(*answers) == dict.fromkeys(range(5), "unset")


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("myTask", True),
        ("myThread", True),
        ("inlineThread", True),
        ("threadThread", False),
        ("timeOut", "timed out"),
        ("scopes", [True]),
        ("scopeWithoutSuspending", True),
        ("toThread", False),
        ("fromThread", True),
    ],
)
def test_a_handler_runs_as_if_it_were_alone(method: str, expected: object) -> None:
    # Several in one chunk, so that the same leader meets them one after the other.
    answers = talk(Curious(), b"".join(request(i, method) for i in range(3)))
    assert results(*answers) == dict.fromkeys(range(3), expected)


# ------------------------------------------------------------------------------ what they raise


class Unspeakable(Exception):  # noqa: N818 - a plain name, as users choose them
    def __str__(self) -> str:
        raise ValueError("no words")


def failure(index: int) -> BaseException:
    """Return a new exception, so that no traceback is shared."""
    made = FAILURES[index]()
    assert isinstance(made, BaseException)
    return made


class Failing:
    """Handlers that fail in every way, on the loop, after suspending, in a thread and inline."""

    async def on_loop(self, index: int) -> None:
        raise failure(index)

    async def after_suspending(self, index: int) -> None:
        await asyncio.sleep(0)
        raise failure(index)

    def in_thread(self, index: int) -> None:
        raise failure(index)

    @inline
    def on_the_spot(self, index: int) -> None:
        raise failure(index)

    async def fine(self) -> str:
        return "fine"


def recurse() -> BaseException:
    return recurse()


def unencodable() -> RpcError:
    return RpcError("bad data", data=object())


FAILURES: list[Any] = [
    lambda: ValueError("bad"),
    lambda: ExceptionGroup("several", [ValueError("a"), TypeError("b")]),
    lambda: BaseExceptionGroup("several", [KeyboardInterrupt()]),
    KeyboardInterrupt,
    lambda: SystemExit(3),
    asyncio.CancelledError,
    recurse,
    Unspeakable,
    StopIteration,
    StopAsyncIteration,
    GeneratorExit,
    lambda: RpcError("mine", code=7, data={"a": 1}),
    lambda: ValueError("\ud800"),
    unencodable,
]
CODES = [-32603] * 11 + [7, -32603, -32003]
NAMES = [
    "ValueError", "ExceptionGroup", "BaseExceptionGroup", "KeyboardInterrupt", "SystemExit",
    "CancelledError", "RecursionError", "Unspeakable", "StopIteration", "StopAsyncIteration",
    "GeneratorExit", "RpcError", "ValueError", "object",
]  # fmt: skip


@pytest.mark.parametrize("method", ["onLoop", "afterSuspending", "inThread", "onTheSpot"])
@pytest.mark.parametrize("debug", [False, True], ids=["plain", "debug"])
def test_whatever_a_handler_raises_is_one_error_and_the_next_call_works(
    method: str, debug: bool
) -> None:
    for index, (code, name) in enumerate(zip(CODES, NAMES, strict=True)):
        answers = talk(Failing(), request(1, method, [index]) + request(2, "fine"), debug=debug)
        outcome = results(*answers)
        assert outcome[2] == "fine"
        error = outcome[1]
        assert error["code"] == code, error
        if code == -32603:
            # A coroutine cannot let StopIteration out: Python itself makes it a RuntimeError.
            kinds = {name, "RuntimeError"} if name == "StopIteration" else {name}
            assert error["data"]["type"] in kinds
            assert ("stack" in error["data"]) == debug
            assert error["message"].startswith("Internal error: ")


class Hostile(dict[str, int]):
    """A value whose own methods raise whatever a test says."""

    def __init__(self, index: int) -> None:
        super().__init__(a=1)
        self.index = index

    def items(self) -> Any:
        raise failure(self.index)

    def __iter__(self) -> Any:
        raise failure(self.index)


class Giving:
    async def on_loop(self, index: int) -> Any:
        return Hostile(index)

    async def after_suspending(self, index: int) -> Any:
        await asyncio.sleep(0)
        return Hostile(index)

    def in_thread(self, index: int) -> Any:
        return Hostile(index)

    @inline
    def on_the_spot(self, index: int) -> Any:
        return Hostile(index)

    async def as_data(self, index: int) -> None:
        raise RpcError("boo", code=5, data=Hostile(index))

    async def fine(self) -> str:
        return "fine"


@pytest.mark.parametrize("method", ["onLoop", "afterSuspending", "inThread", "onTheSpot", "asData"])
def test_whatever_a_value_raises_when_it_is_sent_is_one_error_and_the_next_call_works(
    method: str,
) -> None:
    for index in range(len(FAILURES)):
        answers = talk(Giving(), request(1, method, [index]) + request(2, "fine"))
        outcome = results(*answers)
        assert outcome[2] == "fine"
        assert isinstance(outcome[1]["code"], int)


def test_a_task_that_is_cancelled_after_its_handler_has_ended_stops_nobody() -> None:
    class Keeping:
        task: asyncio.Task[Any] | None = None

        async def keep(self) -> None:
            self.task = asyncio.current_task()

        @inline
        def cancel(self) -> None:
            assert self.task is not None
            self.task.cancel()

        async def fine(self) -> str:
            return "fine"

    async def main(conversation: Conversation) -> list[bytes]:
        for identity, method in enumerate(["keep", "cancel", "fine"]):
            await conversation.say(request(identity, method))
            await turns(3)
        return await conversation.say(request(3, "fine"))

    answers = [json.loads(line) for line in converse(main, Keeping())]
    assert results(*answers) == {0: None, 1: None, 2: "fine", 3: "fine"}


def test_a_task_that_was_cancelled_and_uncancelled_does_not_cancel_the_next_handler() -> None:
    class Wavering:
        async def waver(self) -> None:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            task.uncancel()

        async def wait(self) -> str:
            await asyncio.sleep(0)
            return "waited"

    answers = talk(Wavering(), request(1, "waver") + request(2, "wait"))
    assert results(*answers) == {1: None, 2: "waited"}


def test_a_thread_that_was_cancelled_before_it_began_does_not_begin() -> None:
    ran: list[int] = []

    class Late:
        def run(self) -> None:
            ran.append(1)

    async def main(conversation: Conversation) -> None:
        def feed() -> None:
            conversation.channel.receive(request(1, "run"))
            conversation.channel.cancel_all()

        asyncio.get_running_loop().call_soon(feed)
        (line,) = await conversation.output.until(1)
        assert json.loads(line)["error"] == CANCELLED
        await turns(5)

    converse(main, Late())
    assert ran == []


def test_a_handler_that_cancels_its_own_task_does_not_cancel_the_next() -> None:
    class Suicidal:
        async def cancel_myself(self) -> str:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            return "done"

        async def wait(self) -> str:
            await asyncio.sleep(0)
            return "waited"

    lines = request(1, "cancelMyself") + request(2, "wait") + request(3, "wait")
    assert results(*talk(Suicidal(), lines)) == {1: "done", 2: "waited", 3: "waited"}


# ------------------------------------------------------------------------------- order and turns


def test_handlers_start_in_the_order_of_their_requests_however_they_run() -> None:
    started: list[int] = []

    class Mixed:
        async def on_loop(self, index: int) -> None:
            started.append(index)

        async def waiting(self, index: int) -> None:
            started.append(index)
            await asyncio.sleep(0)

        @inline
        def on_the_spot(self, index: int) -> None:
            started.append(index)

    methods = ["onLoop", "waiting", "onTheSpot", "waiting", "onTheSpot", "onLoop"] * 50
    lines = b"".join(request(i, method, [i]) for i, method in enumerate(methods))
    assert len(talk(Mixed(), lines)) == 300
    assert started == list(range(300))


@pytest.mark.parametrize("method", ["onLoop", "onTheSpot"])
def test_the_loop_gets_its_turn_after_a_burst(method: str) -> None:
    done: list[int] = []

    class Quick:
        async def on_loop(self) -> None:
            done.append(1)

        @inline
        def on_the_spot(self) -> None:
            done.append(1)

    async def main(conversation: Conversation) -> None:
        loop = asyncio.get_running_loop()
        seen: list[int] = []

        def look() -> None:
            seen.append(len(done))
            if len(done) < 10 * BURST:
                loop.call_soon(look)

        loop.call_soon(look)
        await conversation.say(b"".join(request(i, method) for i in range(10 * BURST)))
        steps = [b - a for a, b in itertools.pairwise(seen)]
        assert max(steps) <= BURST
        # As many replies a write, too.
        assert conversation.output.writes >= 10

    converse(main, Quick())


def test_threads_run_side_by_side_and_the_loop_goes_on() -> None:
    barrier = threading.Barrier(4, timeout=DEADLINE)

    class Meeting:
        def meet(self) -> int:
            return barrier.wait()

        async def quick(self) -> str:
            return "quick"

    lines = b"".join(request(i, "meet") for i in range(4)) + request(4, "quick")
    answers = talk(Meeting(), lines)
    assert answers[0] == {"jsonrpc": "2.0", "id": 4, "result": "quick"}
    assert sorted(answer["result"] for answer in answers[1:]) == [0, 1, 2, 3]


@pytest.mark.parametrize("limit", [1, 3])
def test_threads_count_as_running(limit: int) -> None:
    lock, now, most = threading.Lock(), [0], [0]

    class Counting:
        def count(self) -> None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            with lock:
                now[0] -= 1

    lines = b"".join(request(i, "count") for i in range(50))
    assert len(talk(Counting(), lines, limits=Limits(running=limit))) == 50
    assert most[0] <= limit


def test_calls_that_end_in_any_order_are_all_answered() -> None:
    class Waiting:
        def __init__(self) -> None:
            self.waiting: list[asyncio.Future[None]] = []

        async def wait(self, index: int) -> int:
            future = asyncio.get_running_loop().create_future()
            self.waiting.append(future)
            await future
            return index

    waiting = Waiting()
    count = 20_000

    async def main(conversation: Conversation) -> list[bytes]:
        lines = b"".join(request(i, "wait", [i]) for i in range(count))
        talking = asyncio.create_task(conversation.say(lines))
        await until(lambda: len(waiting.waiting) == count)
        for future in waiting.waiting[::2] + waiting.waiting[::-2]:
            if not future.done():
                future.set_result(None)
        return await talking

    lines = converse(main, waiting, limits=Limits(running=count))
    answers = [json.loads(line) for line in lines]
    assert {answer["id"]: answer["result"] for answer in answers} == {i: i for i in range(count)}


# -------------------------------------------------------------------------------------- cancelling


class Stubborn:
    """Handlers that a test cancels."""

    def __init__(self) -> None:
        self.unwound = asyncio.Event()
        self.thread_may_end = threading.Event()
        self.thread_started = threading.Event()

    async def wait(self) -> None:
        try:
            await asyncio.sleep(DEADLINE)
        finally:
            self.unwound.set()

    async def return_all_the_same(self) -> str:
        try:
            await asyncio.sleep(DEADLINE)
        except asyncio.CancelledError:
            return "a result"
        return "never"

    async def never_unwind(self) -> None:
        while not self.unwound.is_set():
            try:
                await self.unwound.wait()
            except asyncio.CancelledError:
                continue

    def block(self) -> None:
        self.thread_started.set()
        assert self.thread_may_end.wait(DEADLINE)


CANCELLED = {"code": -32800, "message": "Cancelled"}


@pytest.mark.parametrize(
    ("method", "expected"), [("wait", CANCELLED), ("returnAllTheSame", "a result")]
)
def test_a_cancelled_coroutine_is_answered_when_it_has_unwound(
    method: str, expected: object
) -> None:
    async def main(conversation: Conversation) -> Any:
        talking = asyncio.create_task(conversation.say(request(1, method)))
        await turns(5)
        conversation.channel.cancel_all()
        conversation.channel.cancel_all()
        return [json.loads(line) for line in await talking]

    assert results(*converse(main, Stubborn())) == {1: expected}


def test_what_waits_for_its_turn_is_cancelled_without_being_started() -> None:
    async def main(conversation: Conversation) -> Any:
        lines = request(1, "wait") + request(2, "wait") + request(3, "wait")
        talking = asyncio.create_task(conversation.say(lines))
        await turns(5)
        conversation.channel.cancel_all()
        return [json.loads(line) for line in await talking]

    answers = converse(main, Stubborn(), limits=Limits(running=1))
    assert results(*answers) == dict.fromkeys((1, 2, 3), CANCELLED)


def test_a_cancelled_thread_is_answered_at_once_and_counted_until_it_ends() -> None:
    stubborn = Stubborn()

    async def main(conversation: Conversation) -> None:
        talking = asyncio.create_task(conversation.say(request(1, "block")))
        await until(stubborn.thread_started.is_set)
        conversation.channel.cancel_all()
        lines = await talking
        assert results(*map(json.loads, lines)) == {1: CANCELLED}
        assert conversation.channel.busy_threads == 1
        stubborn.thread_may_end.set()
        await until(lambda: not conversation.channel.busy_threads)
        await turns(3)

    converse(main, stubborn)


def test_a_coroutine_that_does_not_unwind_is_answered_after_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rpc_worker.executors.UNWINDING", 0.01)
    stubborn = Stubborn()

    async def main(conversation: Conversation) -> None:
        talking = asyncio.create_task(conversation.say(request(1, "neverUnwind")))
        await turns(5)
        conversation.channel.cancel_all()
        assert results(*map(json.loads, await talking)) == {1: CANCELLED}
        stubborn.unwound.set()
        await turns(5)
        assert len(conversation.output.lines) == 1

    converse(main, stubborn)


def test_eager_leaders_are_used_where_there_are_any() -> None:
    assert hasattr(asyncio, "eager_task_factory") == EAGER
