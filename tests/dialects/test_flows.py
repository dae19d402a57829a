"""Streams of kkrpc 2: pulled by numbers of items, and sent item by item."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator  # noqa: TC003 - the contract is read
from typing import TYPE_CHECKING, Any

from rpc_worker import Limits, RpcError, caller
from tests.dialects.page import Page, query, request, stream, value
from tests.peer import Message, Peer, play

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Window:
    def letters(self, word: str) -> AsyncIterator[str]:
        raise NotImplementedError

    async def total(self, numbers: AsyncIterator[int]) -> int:
        raise NotImplementedError

    def chunks(self) -> AsyncIterator[bytes]:
        raise NotImplementedError


class Service:
    def __init__(self) -> None:
        self.left: list[str] = []

    async def count(self, to: int) -> AsyncIterator[int]:
        try:
            for number in range(to):
                yield number
        finally:
            self.left.append("count")

    def count_in_thread(self, to: int) -> Iterator[int]:
        yield from range(to)

    async def fail_after(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            yield number
        raise RpcError("not today")

    async def wait_after(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            yield number
        await asyncio.Event().wait()

    async def total(self, numbers: AsyncIterator[int]) -> int:
        return sum([number async for number in numbers])

    async def first(self, numbers: AsyncIterator[int]) -> int:
        return await anext(numbers)

    async def ignore(self, numbers: AsyncIterator[int] | None) -> bool:
        return numbers is not None

    async def sizes(self, chunks: AsyncIterator[bytes]) -> list[int]:
        return [len(chunk) async for chunk in chunks]

    async def sizes_there(self) -> list[int]:
        return [len(chunk) async for chunk in caller(Window).chunks()]

    def total_in_thread(self, numbers: Iterator[int]) -> int:
        return sum(numbers)

    async def spell(self, word: str, most: int = 100) -> list[str]:
        found: list[str] = []
        async for letter in caller(Window).letters(word):
            found.append(letter)
            if len(found) == most:
                break
        return found

    async def add_up(self, to: int, *, whole: bool = False) -> int:
        numbers: Any = [*range(to)] if whole else self.count(to)
        return await caller(Window).total(numbers)


def played(main: Callable[[Page, Service], Awaitable[None]], **options: Any) -> None:
    service = Service()

    async def run(peer: Peer) -> None:
        await main(Page(peer), service)

    play(run, service, frontend=Window, **options)


async def opened(page: Page, method: str, *args: object) -> str:
    """Return the id of the stream that a method returns."""
    answer = await page.call2(method, *args)
    assert answer["v"]["__kkrpc_next_stream__"] == "async-iterable"
    identity = answer["v"]["id"]
    assert isinstance(identity, str)
    return identity


def pull(sid: str, count: object = None) -> Message:
    message: Message = {"t": "sq", "id": "pull", "sid": sid, "op": "pull"}
    return message if count is None else {**message, "n": count}


def items(heard: list[Message], sid: str) -> list[Any]:
    """Return what has come of a stream; its end is `None`, and its failure the error."""
    assert all(m["t"] == "sr" and m["sid"] == sid for m in heard)
    assert len({m["id"] for m in heard}) == len(heard)
    return [m["e"]["m"] if "e" in m else None if m["d"] else m["v"] for m in heard]


# ------------------------------------------------------------------------------ streams of ours


def test_as_many_items_come_as_were_asked_for() -> None:
    async def main(page: Page, service: Service) -> None:
        for method in ("count", "countInThread"):
            sid = await opened(page, method, 10)
            assert await page.rest() == []
            heard: list[Any] = []
            for count, size in (
                (None, 1),
                (2, 3),
                (1, 4),
                ("x", 5),
                (-3, 6),
                (2.9, 8),
                (1e300, 11),
            ):
                page.say(pull(sid, count))
                async with asyncio.timeout(20):
                    while len(heard) < size:
                        heard += items(await page.rest(), sid)
            assert heard == [*range(10), None]
        assert service.left == ["count"]

    played(main)


def test_pulls_add_up_while_items_are_made() -> None:
    async def main(page: Page, _: Service) -> None:
        sid = await opened(page, "count", 5_000)
        page.say(*(pull(sid, 1_000) for _ in range(6)))
        heard: list[Any] = []
        async with asyncio.timeout(20):
            while len(heard) < 5_001:
                heard += items(await page.rest(), sid)
        assert heard == [*range(5_000), None]
        page.say(pull(sid, 5))
        (late,) = await page.rest()
        assert late["id"] == "pull"
        assert late["e"]["n"] == "UnknownToken"

    played(main)


def test_a_failure_comes_after_the_items_before_it() -> None:
    async def main(page: Page, _: Service) -> None:
        sid = await opened(page, "failAfter", 2)
        page.say(pull(sid, 32))
        assert items(await page.rest(), sid) == [0, 1, "not today"]
        page.say(query("z", "count", value("x")))
        assert (await page.answered("z"))["e"]["n"] == "InvalidParams"

    played(main)


def test_a_stream_that_is_left_is_acknowledged_and_says_no_more() -> None:
    async def main(page: Page, service: Service) -> None:
        sid = await opened(page, "count", 1_000_000)
        page.say(pull(sid, 3))
        assert items(await page.rest(), sid) == [0, 1, 2]
        leave = {"t": "sq", "id": "r1", "sid": sid, "op": "return"}
        page.say(leave)
        assert await page.rest() == [{"t": "sr", "id": "r1", "sid": sid, "d": True}]
        assert service.left == ["count"]
        # One that is not there is acknowledged, too.
        page.say({**leave, "id": "r2"}, {**leave, "id": "r3", "sid": "else"})
        assert [m["d"] for m in await page.rest()] == [True, True]
        waiting = await opened(page, "waitAfter", 1)
        page.say(pull(waiting, 5))
        assert items(await page.rest(), waiting) == [0]
        page.say({**leave, "sid": waiting})
        assert [m["d"] for m in await page.rest()] == [True]

    played(main)


def test_what_is_thrown_into_a_stream_ends_it() -> None:
    async def main(page: Page, service: Service) -> None:
        sid = await opened(page, "count", 1_000_000)
        page.say({"t": "sq", "id": "t1", "sid": sid, "op": "throw", "v": "why"})
        (told,) = await page.rest()
        assert (told["id"], told["sid"]) == ("t1", sid)
        assert "nothing can be thrown into it" in told["e"]["m"]
        assert service.left == ["count"]
        page.say({"t": "sq", "id": "t2", "sid": sid, "op": "throw"})
        assert (await page.rest())[0]["e"]["n"] == "UnknownToken"
        sid = await opened(page, "count", 1_000_000)
        page.say({"t": "sq", "id": "t3", "sid": sid, "op": "else"})
        (told,) = await page.rest()
        assert told["e"]["m"] == "else ends a stream here: that is no operation"

    played(main)


def test_there_are_as_many_streams_as_a_session_may_have() -> None:
    async def main(page: Page, _: Service) -> None:
        first = await opened(page, "waitAfter", 0)
        error = (await page.call2("waitAfter", 0))["e"]
        assert (error["n"], error["data"]) == ("Busy", {"limit": 1, "received": 2})
        page.say({"t": "sq", "id": "r", "sid": first, "op": "return"})
        await page.rest()
        second = await opened(page, "waitAfter", 0)
        page.say({"t": "sq", "id": "r", "sid": second, "op": "return"})

    played(main, limits=Limits(streams=1))


def test_the_end_of_the_input_ends_all_streams() -> None:
    async def main(page: Page, service: Service) -> None:
        sid = await opened(page, "count", 1_000_000)
        page.peer.channel.receive_end()
        await page.rest()
        assert service.left == ["count"]
        assert sid

    played(main)


# --------------------------------------------------------------------------- streams of theirs


def item(sid: str, v: object) -> Message:
    return {"t": "sr", "id": "any", "sid": sid, "d": False, "v": v}


def over(sid: str) -> Message:
    return {"t": "sr", "id": "any", "sid": sid, "d": True}


def test_a_stream_among_the_arguments_is_pulled_as_it_is_used_up() -> None:
    async def main(page: Page, _: Service) -> None:
        for method in ("total", "totalInThread"):
            page.say(query("a", method, value(stream("s1"))))
            asked = await page.told("sq")
            assert (asked["sid"], asked["op"], asked["n"]) == ("s1", "pull", 32)
            for start in range(0, 64, 16):
                page.say(*(item("s1", number) for number in range(start, start + 16)))
                asked = await page.told("sq")
                assert (asked["sid"], asked["op"]) == ("s1", "pull")
                assert asked["n"] >= 16
            page.say(over("s1"))
            assert (await page.answered("a"))["v"] == sum(range(64))
            page.say(item("s1", 5), over("s1"), {**item("s1", 5), "e": {"n": "E", "m": "late"}})
            await page.rest()

    played(main)


def test_a_stream_that_the_handler_leaves_is_left_at_the_page() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "first", value(stream("s1"))))
        await page.told("sq")
        page.say(item("s1", 7), item("s1", 8))
        left = await page.told("sq")
        assert (left["sid"], left["op"]) == ("s1", "return")
        assert (await page.answered("a"))["v"] == 7
        # Bare, and not looked at.
        page.say(query("b", "ignore", stream("s2")))
        left = await page.told("sq")
        assert (left["sid"], left["op"]) == ("s2", "return")
        assert (await page.answered("b"))["v"] is True
        assert (await page.call2("ignore", None))["v"] is False
        assert (await page.call2("total", [1, 2, 3]))["v"] == 6
        assert (await page.call0("total", [1, 2, 3]))["result"] == 6

    played(main)


def test_bytes_among_the_items_come_as_kkrpc_has_them() -> None:
    # Base64, as an array of numbers, in kkrpc's own form, and as JSON.stringify has a Uint8Array.
    chunks = ["AQID", [1, 2], {"type": "Uint8Array", "data": [1]}, {"0": 1, "1": 2}, []]

    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "sizes", value(stream("s1"))), query("b", "sizesThere"))
        asked = await page.told("q")
        page.say({"t": "r", "id": asked["id"], "v": stream("s2")})
        for sid in ("s1", "s2"):
            await page.told("sq")
            page.say(*(item(sid, chunk) for chunk in chunks), over(sid))
        for identity in ("a", "b"):
            assert (await page.answered(identity))["v"] == [3, 2, 1, 2, 0]

    played(main)


def test_a_stream_has_one_reader() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "total", value(stream("s1"))))
        await page.told("sq")
        page.say(query("b", "total", value(stream("s1"))), query("c", "spell", value("abc")))
        error = (await page.answered("b"))["e"]
        assert (error["n"], "the stream s1 is read already" in error["m"]) == (
            "InvalidParams",
            True,
        )
        asked = await page.told("q")
        page.say({"t": "r", "id": asked["id"], "v": stream("s1")})
        assert "the stream s1 is read already" in (await page.answered("c"))["e"]["m"]
        page.say(item("s1", 1), over("s1"))
        assert (await page.answered("a"))["v"] == 1
        # Who wants it again may have it.
        page.say(query("d", "total", value(stream("s1"))))
        await page.told("sq")
        page.say(over("s1"))
        assert (await page.answered("d"))["v"] == 0

    played(main)


def test_a_stream_that_fails_or_has_wrong_items_is_an_error_in_the_handler() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "total", value(stream("s1"))))
        await page.told("sq")
        page.say(item("s1", 1), {"t": "sr", "id": "x", "sid": "s1", "e": {"n": "E", "m": "broken"}})
        error = (await page.answered("a"))["e"]
        assert (error["n"], error["m"]) == ("RemoteError", "broken")
        page.say(query("b", "total", value(stream("s2"))))
        await page.told("sq")
        page.say(item("s2", 1), item("s2", "two"))
        assert (await page.told("sq"))["op"] == "return"
        error = (await page.answered("b"))["e"]
        assert error["n"] == "InvalidParams"
        assert "numbers" in error["m"]

    played(main)


def test_items_that_nobody_has_asked_for_end_their_stream() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "total", value(stream("s1"))))
        await page.told("sq")
        page.say(*(item("s1", 1) for _ in range(1000)))
        left = await page.told("sq")
        while left["op"] == "pull":
            left = await page.told("sq")
        assert (left["sid"], left["op"]) == ("s1", "return")
        error = (await page.answered("a"))["e"]
        assert error["m"] == "more items came than were asked for"

    played(main)


def test_an_item_that_is_too_large_is_an_error_in_the_handler() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "total", value(stream("s1"))))
        await page.told("sq")
        page.say(item("s1", "x" * 1_000))
        error = (await page.answered("a"))["e"]
        assert (error["n"], error["m"][:17]) == ("RemoteError", "Message too large")
        page.say(query("b", "spell", value("abc")))
        asked = await page.told("q")
        page.say({"t": "r", "id": asked["id"], "v": "x" * 1_000})
        assert "could not be read, or was too large" in (await page.answered("b"))["e"]["m"]

    played(main, limits=Limits(message_bytes=500))


def test_a_look_alike_in_another_place_is_data_or_an_error() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "count", value(stream("s1"))))
        error = (await page.answered("a"))["e"]
        assert error["n"] == "InvalidParams"
        page.say(query("b", "total", value({"token": 5})), request("c", "total", {"token": 5}))
        assert "expected a stream" in (await page.answered("b"))["e"]["m"]
        assert "expected a stream" in (await page.answered("c"))["args"]["error"]

    played(main)


# ----------------------------------------------------------------- streams of calls to the page


def test_the_page_answers_with_a_stream() -> None:
    async def main(page: Page, _: Service) -> None:
        page.say(query("a", "spell", value("abc")))
        asked = await page.told("q")
        page.say({"t": "r", "id": asked["id"], "v": stream("s1")})
        assert (await page.told("sq"))["n"] == 32
        page.say(*(item("s1", letter) for letter in "abc"), over("s1"))
        assert (await page.answered("a"))["v"] == ["a", "b", "c"]

        page.say(query("b", "spell", value("abc"), value(1)))
        asked = await page.told("q")
        page.say({"t": "r", "id": asked["id"], "v": stream("s2")})
        await page.told("sq")
        page.say(item("s2", "a"))
        left = await page.told("sq")
        assert (left["sid"], left["op"]) == ("s2", "return")
        assert (await page.answered("b"))["v"] == ["a"]

        # What has an end can be given whole; kkrpc 0.x has nothing else.
        page.say(query("c", "spell", value("abc")), request("d", "spell", "abc"))
        asked, asked0 = await page.told("q"), await page.told("request")
        page.say({"t": "r", "id": asked["id"], "v": ["x", "y"]})
        page.say({"type": "response", "id": asked0["id"], "args": {"result": ["z"]}})
        assert (await page.answered("c"))["v"] == ["x", "y"]
        assert (await page.answered("d"))["args"] == {"result": ["z"]}

        page.say(query("e", "spell", value("abc")), request("f", "spell", "abc"))
        asked, asked0 = await page.told("q"), await page.told("request")
        page.say({"t": "r", "id": asked["id"], "v": 5})
        page.say({"type": "response", "id": asked0["id"], "args": {"result": stream("s9")}})
        assert (await page.answered("e"))["e"]["n"] == "RemoteError"
        assert "error" in (await page.answered("f"))["args"]

    played(main)


def test_the_page_is_given_a_stream() -> None:
    async def main(page: Page, service: Service) -> None:
        page.say(query("a", "addUp", value(3)))
        asked = await page.told("q")
        (given,) = asked["a"]
        sid = given["v"]["id"]
        page.say(pull(sid, 2))
        assert items(await page.rest(), sid) == [0, 1]
        page.say(pull(sid, 2))
        assert items(await page.rest(), sid) == [2, None]
        page.say({"t": "r", "id": asked["id"], "v": 3})
        assert (await page.answered("a"))["v"] == 3
        assert service.left == ["count"]

        page.say(query("b", "addUp", value(3), value({"whole": True})))
        asked = await page.told("q")
        assert asked["a"] == [value([0, 1, 2])]
        page.say({"t": "r", "id": asked["id"], "v": 3})
        await page.answered("b")

        page.say(request("c", "addUp", 3))
        assert "kkrpc 0.x has no streams" in (await page.answered("c"))["args"]["error"]

    played(main)
