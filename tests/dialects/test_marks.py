"""What kkrpc 0.x says in superjson: each side's marks, and what the other makes of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable  # noqa: TC003 - the contract is read
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest

from rpc_worker import BigInt, Progress, Struct, caller
from tests.dialects.page import Page, callback, query, request, superjson
from tests.peer import Peer, play

WHEN = "1970-01-01T00:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OCTETS = {"type": "Uint8Array", "data": [1, 2]}
BYTES = ["typed-array", "Uint8Array"]


class Given(Struct):
    a: int
    b: str = "default"


class Frontend(Protocol):
    async def show_date(self, date: datetime) -> str: ...
    async def show_all(
        self, octets: bytes, text: str, big: BigInt, whens: list[datetime]
    ) -> str: ...
    async def show_named(self, *, at: dict[str, datetime], octets: bytes = b"") -> str: ...
    async def show_later(self, dates: AsyncIterator[datetime]) -> str: ...
    async def told(self, *, function: Callable[[str], None]) -> None: ...
    async def give(self) -> Given: ...
    async def give_any(self) -> Any: ...
    async def give_dates(self) -> list[datetime]: ...
    async def give_bytes(self) -> bytes: ...
    def give_later(self) -> AsyncIterator[bytes]: ...
    async def use(self, function: Callable[[bytes], None]) -> None: ...
    async def use_any(self, function: Callable[[Any, Any], None]) -> None: ...
    async def use_progress(self, progress: Progress[bytes]) -> None: ...


class Service:
    async def tell_date(self, told: Callable[[datetime], None]) -> None:
        told(EPOCH)

    async def tell_bytes(self, told: Callable[[str, bytes], None]) -> None:
        told("x", b"\1\2")

    async def tell_big(self, told: Callable[[BigInt], None]) -> None:
        told(BigInt(2**64))

    async def tell_text(self, told: Callable[[str], None]) -> None:
        told("x")

    async def report(self, progress: Progress[datetime]) -> None:
        progress.report(EPOCH)

    async def date(self) -> str:
        return await caller(Frontend).show_date(EPOCH)

    async def all(self) -> str:
        return await caller(Frontend).show_all(b"\1\2", "x", BigInt(5), [EPOCH])

    async def named(self) -> str:
        return await caller(Frontend).show_named(at={"a.b": EPOCH}, octets=b"\1\2")

    async def later(self) -> str:
        whole: Any = [EPOCH]
        return await caller(Frontend).show_later(whole)

    async def total(self, parts: AsyncIterator[bytes]) -> int:
        return sum([len(part) async for part in parts])

    async def keyword(self) -> None:
        await caller(Frontend).told(function=print)

    async def given(self) -> str:
        return repr(await caller(Frontend).give())

    async def anything(self) -> str:
        return repr(await caller(Frontend).give_any())

    async def dates(self) -> str:
        return repr(await caller(Frontend).give_dates())

    async def octets(self) -> str:
        return repr(await caller(Frontend).give_bytes())

    async def each(self) -> str:
        return repr([each async for each in caller(Frontend).give_later()])

    async def used(self) -> str:
        seen: list[bytes] = []
        await caller(Frontend).use(seen.append)
        return repr(seen)

    async def used_any(self) -> str:
        seen: list[Any] = []
        await caller(Frontend).use_any(lambda a, b: seen.append((a, b)))
        return repr(seen)

    async def used_progress(self) -> str:
        seen: list[bytes] = []
        await caller(Frontend).use_progress(Progress(seen.append))
        return repr(seen)

    async def echo(self, value: Any) -> Any:
        return value

    async def add(self, a: float, b: int = 1) -> float:
        return a + b


def played(main: Any) -> None:
    async def run(peer: Peer) -> None:
        await main(Page(peer))

    play(run, Service(), frontend=Frontend)


# ----------------------------------------------------------------------------- what is sent

# A method, what its function is given in plain JSON, and that in superjson with its marks.
TOLD: list[tuple[str, list[Any], list[Any], dict[str, Any]]] = [
    ("tellDate", [WHEN], [WHEN], {"args.0": ["Date"]}),
    ("tellBytes", ["x", OCTETS], ["x", [1, 2]], {"args.1": [BYTES]}),
    ("tellBig", [str(2**64)], [str(2**64)], {"args.0": ["bigint"]}),
    ("tellText", ["x"], ["x"], {}),
    ("report", [WHEN], [WHEN], {"args.0": ["Date"]}),
]


@pytest.mark.parametrize(("method", "plain", "enclosed", "marks"), TOLD)
def test_a_function_is_called_in_the_form_of_its_call(
    method: str, plain: list[Any], enclosed: list[Any], marks: dict[str, Any]
) -> None:
    async def main(page: Page) -> None:
        asked = request("a", method, "__callback__f", callbackIds=["f"])
        called = {"id": "0", "method": "f", "args": plain, "type": "callback", "version": "json"}
        page.say(asked)
        assert (await page.rest())[0] == called
        page.say(superjson({**asked, "id": "b"}))
        told = (await page.rest())[0]
        if not marks:
            assert told == called
            return
        assert told["json"] == {**called, "args": enclosed, "version": "superjson"}
        assert told["meta"] == {"values": marks, "v": 1}

    played(main)


ASKED: list[tuple[str, list[Any], list[Any], dict[str, Any]]] = [
    ("date", [WHEN], [WHEN], {"args.0": ["Date"]}),
    (
        *("all", [OCTETS, "x", "5", [WHEN]], [[1, 2], "x", "5", [WHEN]]),
        {"args.0": [BYTES], "args.2": ["bigint"], "args.3.0": ["Date"]},
    ),
    ("later", [[WHEN]], [[WHEN]], {"args.0.0": ["Date"]}),
    (
        "named",
        [{"at": {"a.b": WHEN}, "octets": OCTETS}],
        [{"at": {"a.b": WHEN}, "octets": [1, 2]}],
        {"args.0.at.a\\.b": ["Date"], "args.0.octets": [BYTES]},
    ),
]


@pytest.mark.parametrize(("method", "plain", "enclosed", "marks"), ASKED)
def test_the_page_is_called_in_the_form_of_the_call(
    method: str, plain: list[Any], enclosed: list[Any], marks: dict[str, Any]
) -> None:
    async def main(page: Page) -> None:
        page.say(request("a", method))
        (asked,) = await page.rest()
        assert (asked["args"], asked["version"]) == (plain, "json")
        page.say(superjson(request("b", method)))
        (asked,) = await page.rest()
        assert (asked["json"]["args"], asked["json"]["version"]) == (enclosed, "superjson")
        assert asked["meta"] == {"values": marks, "v": 1}
        assert asked["json"]["type"] == "request"
        page.peer.channel.cancel_all()

    played(main)


def test_kkrpc_2_is_told_what_the_contract_writes() -> None:
    async def main(page: Page) -> None:
        page.say(query("a", "tellBytes", callback("f")))
        (called, *_) = await page.rest()
        assert [each["v"] for each in called["a"]] == ["x", "AQI="]
        page.say(query("b", "all"))
        (asked,) = await page.rest()
        assert [each["v"] for each in asked["a"]] == ["AQI=", "x", "5", [WHEN]]
        page.peer.channel.cancel_all()

    played(main)


def test_a_function_that_is_keyword_only_cannot_be_given_to_a_page() -> None:
    async def main(page: Page) -> None:
        for call in (request, query):
            page.say(call("a", "keyword"))
            assert "functions and streams by position only" in str(await page.rest())

    played(main)


# ----------------------------------------------------------------------------- what is heard

# A method, what the page answers with, its marks, and what the method makes of it.
HEARD: list[tuple[str, Any, dict[str, Any], str]] = [
    ("given", {"a": 1, "b": None}, {"args.result.b": ["undefined"]}, "Given(a=1, b='default')"),
    ("given", {"a": 1, "b": "x"}, {}, "Given(a=1, b='x')"),
    (
        "anything",
        {"a": [{"b.c": None, "d": None}]},
        {"args.result.a.0.b\\.c": ["undefined"], "args.result.x.y": ["undefined"]},
        "{'a': [{'d': None}]}",
    ),
    ("anything", None, {"args.result": ["undefined"]}, "None"),
    ("dates", [WHEN], {"args.result.0": ["Date"]}, repr([EPOCH])),
    ("octets", [1, 2], {"args.result": [BYTES]}, repr(b"\1\2")),
    ("octets", OCTETS, {}, repr(b"\1\2")),
    ("each", [[1, 2], OCTETS], {"args.result.0": [BYTES]}, repr([b"\1\2"] * 2)),
    (
        *("anything", {"a": [["x", 1]]}, {"args.result.a": ["map"]}),
        "args.result.a is marked as map by superjson, which has no form here",
    ),
    ("octets", [1, 2], {"args": 5, "args.result": []}, repr(b"\1\2")),
]


@pytest.mark.parametrize(("method", "result", "marks", "text"), HEARD)
def test_an_answer_of_the_page_is_read_by_its_marks(
    method: str, result: Any, marks: dict[str, Any], text: str
) -> None:
    async def main(page: Page) -> None:
        page.say(superjson(request("a", method)))
        asked = await page.told("request")
        answer = {"id": asked["id"], "method": "", "args": {"result": result}, "type": "response"}
        told = superjson(answer)
        told.setdefault("meta", {"v": 1, "values": {}})["values"].update(marks)
        page.say(told)
        args = (await page.answered("a"))["args"]
        assert text in (args.get("result"), args.get("error"))

    played(main)


# A method, what the page calls its function with, the marks, and what the function is given.
USED: list[tuple[str, list[Any], dict[str, Any], str]] = [
    ("used", [[1, 2]], {"args.0": [BYTES]}, repr([b"\1\2"])),
    ("used", [OCTETS], {}, repr([b"\1\2"])),
    ("used", [{"0": 1, "1": 2}], {}, repr([b"\1\2"])),
    ("usedProgress", [[1, 2]], {"args.0": [BYTES]}, repr([b"\1\2"])),
    ("usedProgress", [OCTETS], {}, repr([b"\1\2"])),
    (
        *("usedAny", [None, {"x": None}]),
        *({"args.0": ["undefined"], "args.1.x": ["undefined"]}, "[(None, {})]"),
    ),
    ("usedAny", [1, [["x", 1]]], {"args.1": ["map"]}, "[]"),
    ("usedAny", [1], {}, "[]"),
]


@pytest.mark.parametrize(("method", "args", "marks", "text"), USED)
def test_a_function_of_ours_is_given_what_the_marks_say(
    method: str, args: list[Any], marks: dict[str, Any], text: str
) -> None:
    async def main(page: Page) -> None:
        page.say(superjson(request("a", method)))
        asked = await page.told("request")
        (function,) = asked["callbackIds"]
        called = superjson({"id": "x", "method": function, "args": args, "type": "callback"})
        called["meta"]["values"].update(marks)
        page.say(called, {"id": asked["id"], "method": "", "args": {}, "type": "response"})
        assert (await page.answered("a"))["args"] == {"result": text}

    played(main)


def test_a_function_of_ours_takes_bytes_from_kkrpc_2_too() -> None:
    async def main(page: Page) -> None:
        for method in ("used", "usedProgress"):
            page.say(query("a", method))
            asked = await page.told("q")
            function = asked["a"][0]["id"]
            page.say({"t": "cb", "id": function, "a": [{"0": 1, "1": 2}]})
            page.say({"t": "r", "id": asked["id"]})
            assert (await page.answered("a"))["v"] == repr([b"\1\2"])

    played(main)


def test_a_stream_that_is_given_whole_has_bytes_in_any_form() -> None:
    async def main(page: Page) -> None:
        page.say(superjson(request("a", "total", [[1, 2], [3]]), args_0_0=[BYTES]))
        assert (await page.answered("a"))["args"] == {"result": 3}
        assert (await page.call0("total", [OCTETS, "AQI="])) == {"result": 4}

    played(main)


# A value as superjson has it, and its marks from there.
FORMLESS: list[tuple[Any, dict[str, Any], str]] = [
    ([["a", 1]], {"": ["map"]}, "args.0 is marked as map"),
    ({"a": {"b": "NaN"}}, {".a.b": ["number"]}, "args.0.a.b is marked as the number NaN"),
    ("Infinity", {"": ["number"]}, "args.0 is marked as the number Infinity"),
    ("/x/g", {"": ["regexp"]}, "args.0 is marked as regexp"),
    ("x", {"": [{}]}, "args.0 is marked as {}"),
    ("x", {"": [[]]}, "args.0 is marked as "),
    ("x", {"": [["symbol", "x"]]}, "args.0 is marked as symbol x"),
    ("5", {"": [["custom", "Decimal"]]}, "args.0 is marked as custom Decimal"),
    ({"a.b": {}}, {".a\\.b": [["class", "Point"]]}, "args.0.a\\.b is marked as class Point"),
    ([[["a", 1]]], {"": ["set", {"0": ["map"]}]}, "args.0.0 is marked as map"),
    ({"a": ["NaN"]}, {".a": ["set", {"0": ["number"]}]}, "args.0.a.0 is marked as the number NaN"),
]


@pytest.mark.parametrize(("value", "marks", "text"), FORMLESS)
def test_what_has_no_form_here_is_refused(value: Any, marks: dict[str, Any], text: str) -> None:
    async def main(page: Page) -> None:
        message = superjson(request("a", "echo", value))
        message["meta"]["values"].update({f"args.0{path}": tags for path, tags in marks.items()})
        page.say(message)
        error = (await page.answered("a"))["args"]["error"]
        assert error.startswith(f"Invalid params: echo: {text}")

    played(main)


def test_a_value_that_is_a_part_of_itself_is_refused() -> None:
    async def main(page: Page) -> None:
        message = superjson(request("a", "echo", {"a": 1, "me": None}))
        message["meta"]["referentialEqualities"] = {"args.0": ["args.0.me"]}
        page.say(message)
        error = (await page.answered("a"))["args"]["error"]
        assert error.startswith("Invalid params: echo: args.0.me is marked as a part of itself")
        # What is there twice has been written twice.
        for same in ({"args.0.x": ["args.0.y"]}, [["args.0.x"], {"args.0.x": ["args.0.y"]}], 5):
            value = {"x": {"b": 1}, "y": {"b": 1}}
            message = superjson(request("b", "echo", value))
            message["meta"]["referentialEqualities"] = same
            page.say(message)
            assert (await page.answered("b"))["args"] == {"result": value}

    played(main)


# A value as superjson has it, its marks from there, and what becomes of it.
FORMED: list[tuple[Any, dict[str, Any], Any]] = [
    ([1, 2], {"": ["set"]}, [1, 2]),
    ("https://x/", {"": ["URL"]}, "https://x/"),
    (WHEN, {"": ["Date"]}, WHEN),
    ([{"a": None}], {"": ["set", {"0.a": ["undefined"]}]}, [{}]),
    ({"name": "E", "message": "m"}, {"": ["Error"]}, {"name": "E", "message": "m"}),
    ([1.5], {"": [["typed-array", "Float32Array"]]}, [1.5]),
    ("-0", {"": ["number"]}, 0),
    ({"a": ["-0", "-0"]}, {".a.0": ["number"], ".a.7": ["number"]}, {"a": [0, "-0"]}),
    ({"a": None, "": None}, {".": ["undefined"]}, {"a": None}),
    ([None, 1], {".0": ["undefined"]}, [None, 1]),
    (1, {".a.b": ["number"], ".x": ["number"]}, 1),
]


@pytest.mark.parametrize(("value", "marks", "result"), FORMED)
def test_what_has_a_form_is_taken(value: Any, marks: dict[str, Any], result: Any) -> None:
    async def main(page: Page) -> None:
        message = superjson(request("a", "echo", value))
        message["meta"]["values"].update({f"args.0{path}": tags for path, tags in marks.items()})
        page.say(message)
        assert (await page.answered("a"))["args"] == {"result": result}

    played(main)


def test_minus_zero_is_a_number_for_a_contract() -> None:
    async def main(page: Page) -> None:
        page.say(superjson(request("a", "add", "-0", "-0"), args_0=["number"], args_1=["number"]))
        assert (await page.answered("a"))["args"] == {"result": 0}

    played(main)
