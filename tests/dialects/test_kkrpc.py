"""Calls of both dialects: what is called, checked and refused is as for JSON-RPC."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - the contract is read
from typing import Any

import pytest

from rpc_worker import Event, Limits, Progress, RpcError, caller, current_call, exclusive, raises
from rpc_worker.dialects import lending
from rpc_worker.dialects.kkrpc import Kkrpc
from tests.conversation import Conversation, converse, talk, turns
from tests.dialects.page import Page, callback, line, query, request, superjson, value
from tests.peer import Message, Peer, play
from tests.reference import Reference, ReferenceFrontend


class Bare(RpcError, code=4321):  # noqa: N818 - named as its users would
    """Something is bare."""


class Quiet(Exception):  # noqa: N818 - as above
    pass


class Service:
    changed: Event[str]

    async def add(self, a: float, b: float = 0.5) -> float:
        return a + b

    async def options(self, path: str, *, lines: int = 10, follow: bool = False) -> str:
        return f"{path} {lines} {follow}"

    async def required(self, path: str, *, lines: int) -> str:
        return f"{path} {lines}"

    async def anything(self, value: Any) -> Any:
        return value

    async def nothing(self) -> None:
        pass

    async def perhaps(self, value: int | None) -> int | None:
        return value

    async def tell(self, told: Callable[[str], None], count: int = 2) -> str:
        for number in range(count):
            told(str(number))
        return "told"

    async def tell_and_wait(self, told: Callable[[str], None]) -> None:
        told("begun")
        self._going_on = asyncio.Event()
        await self._going_on.wait()

    async def go_on(self) -> None:
        self._going_on.set()

    async def tell_named(self, *, told: Callable[[str], None]) -> None:
        told("named")

    async def perhaps_tell_named(self, *, told: Callable[[str], None] | None = None) -> bool:
        return told is not None

    async def perhaps_tell(self, told: Callable[[str], None] | None) -> bool:
        return told is not None

    async def ask(self, asked: Callable[[str], Awaitable[bool]]) -> bool:
        return await asked("?")

    async def perhaps_ask(self, asked: Callable[[str], Awaitable[bool]] | None) -> bool:
        return asked is not None

    async def work(self, steps: int, progress: Progress[int], *, start: int = 1) -> int:
        for step in range(start, steps + 1):
            progress.report(step)
        return steps

    @raises(Bare)
    async def bare(self) -> None:
        raise Bare

    async def quiet(self) -> None:
        raise Quiet

    async def refuse(self, code: int, data: Any = None) -> None:
        raise RpcError("no", code=code, data=data)

    async def not_a_number(self) -> float:
        return float("nan")

    async def who(self) -> list[Any]:
        call = current_call()
        return [call.id, call.session, call.method, call.trace and call.trace.traceparent]

    async def change(self, value: str) -> None:
        await self.changed.emit(value)
        await self.changed.emit(value, to=current_call().session)

    async def wait(self) -> None:
        await asyncio.Event().wait()

    @exclusive
    async def alone(self) -> str:
        await asyncio.sleep(0)
        return "alone"

    async def count(self, to: int) -> AsyncIterator[int]:
        for number in range(to):
            yield number


def played(main: Callable[[Page], Awaitable[None]], **options: Any) -> None:
    async def run(peer: Peer) -> None:
        await main(Page(peer))

    play(run, Service(), **options)


def answers(*messages: object, **options: Any) -> list[Any]:
    lines = (m if isinstance(m, bytes) else line(m) for m in messages)
    return talk(Service(), *(each + b"\n" for each in lines), **options)


def test_nobody_who_speaks_json_rpc_alone_imports_it() -> None:
    script = """
import asyncio, sys
from tests.conversation import talk
from tests.reference import Reference
talk(Reference(), b'{"jsonrpc":"2.0","id":1,"method":"nothing"}\\n{"id":1}\\nx\\n')
assert not [name for name in sys.modules if name.startswith("rpc_worker.dialects")]
talk(Reference(), b'{"t":"q","id":"1","op":"call","p":["nothing"]}\\n')
assert "rpc_worker.dialects.kkrpc" in sys.modules
"""
    subprocess.run([sys.executable, "-c", script], check=True)


# ----------------------------------------------------------------------------- arguments

CALLS: list[tuple[str, list[Any], Any]] = [
    ("add", [1, 2], 3),
    ("add", [1], 1.5),
    ("nothing", [], None),
    ("perhaps", [None], None),
    ("perhaps", [5], 5),
    ("anything", [{"a": [1, "é", None]}], {"a": [1, "é", None]}),
    ("anything", ["__callback__x"], "__callback__x"),
    ("options", ["p"], "p 10 False"),
    ("options", ["p", {"lines": 3}], "p 3 False"),
    ("options", ["p", {"lines": 3, "follow": True}], "p 3 True"),
    ("options", ["p", {}], "p 10 False"),
    ("required", ["p", {"lines": 3}], "p 3"),
    ("perhapsTell", [None], False),
    ("perhapsAsk", [None], False),
    ("work", [3, None], 3),
    ("work", [3], 3),
    ("work", [3, None, {"start": 2}], 3),
    ("alone", [], "alone"),
]


@pytest.mark.parametrize(("method", "args", "result"), CALLS)
def test_a_call_is_answered_in_its_dialect(method: str, args: list[Any], result: Any) -> None:
    later = superjson(request("e", method, *args, transferSlots=None))
    later["meta"]["values"]["transferSlots"] = ["undefined"]
    plain, enveloped, bare, super_, of_later = answers(
        request("a", method, *args),
        query("b", method, *map(value, args)),
        query("c", method, *args),
        superjson(request("d", method, *args)),
        later,
    )
    void = method == "nothing"
    response = {"id": "a", "method": "", "args": {} if void else {"result": result}}
    assert plain == {**response, "type": "response", "version": "json"}
    assert super_ == {**plain, "id": "d"}
    assert of_later == {**plain, "id": "e"}
    assert enveloped == {"t": "r", "id": "b", **({} if void else {"v": result})}
    assert bare == {**enveloped, "id": "c"}


FORMS: list[Callable[[str], Message]] = [
    lambda identity: request(identity, "add", 1, 2),
    lambda identity: superjson(request(identity, "add", 1, 2)),
    lambda identity: query(identity, "add", value(1), value(2)),
    lambda identity: query(identity, "add", 1, 2),
    lambda identity: query(identity, "add", value(1), value(2), meta={"requestId": "r"}),
    lambda identity: superjson(
        request(identity, "perhapsTell", "__callback__f", callbackIds=["f"])
    ),
]


@pytest.mark.parametrize("form", FORMS)
def test_many_calls_in_one_chunk_are_each_answered(form: Callable[[str], Message]) -> None:
    identities = [str(number) for number in range(100)]
    chunk = b"".join(line(form(identity)) + b"\n" for identity in identities)
    # The first line of all, and a chunk when kkrpc is known.
    for before in (b"", line(query("z", "nothing")) + b"\n"):
        found = [it for it in talk(Service(), before, chunk) if it.get("id") != "z"]
        answered = [it for it in found if "id" in it]
        assert [it["id"] for it in answered] == identities
        results = [it.get("v", it.get("args", {}).get("result")) for it in answered]
        assert results in ([3] * 100, [True] * 100)


def in_superjson(identity: str, method: str) -> Message:
    return superjson(request(identity, method))


@pytest.mark.parametrize("form", [query, request, in_superjson])
def test_calls_that_are_alike_are_taken_together_wherever_a_chunk_is_cut(
    form: Callable[..., Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main(conversation: Conversation) -> None:
        await conversation.say(line(query("z", "nothing")) + b"\n")
        monkeypatch.delattr(Kkrpc, "_receive")  # What takes one after the other, and much longer.
        lines = b"".join(line(form(str(i), "nothing")) + b"\n" for i in range(100))
        cuts = [lines[at : at + 1500] for at in range(0, len(lines), 1500)]
        assert len(await conversation.say(*cuts)) == 101

    converse(main, Service())


MISFITS: list[tuple[str, list[Any], str]] = [
    ("add", ["1", 2], 'add, a: expected float, received "1"'),
    ("add", [1, 2, 3], "add"),
    ("add", [], "add"),
    ("options", ["p", {"line": 3}], "line"),
    ("options", ["p", 3], "options: options: expected an object of lines, follow, received 3"),
    ("options", ["p", {"lines": "3"}], "lines: expected int"),
    ("required", ["p"], "lines"),
    ("tell", ["no function"], 'tell: told: expected a function, received "no function"'),
    ("tell", [{"__jsonrpc_marshaled": 1, "handle": 5}], "told: expected a function"),
    ("work", [3, 5], "work: progress: expected a function, received 5"),
]


@pytest.mark.parametrize(("method", "args", "text"), MISFITS)
def test_arguments_that_do_not_fit_are_told_in_the_dialect(
    method: str, args: list[Any], text: str
) -> None:
    plain, enveloped = answers(request("a", method, *args), query("b", method, *map(value, args)))
    assert plain["args"]["error"].startswith("Invalid params: ")
    assert text in plain["args"]["error"]
    error = enveloped["e"]
    assert (error["n"], error["m"], error["code"]) == (
        *("InvalidParams", plain["args"]["error"]),
        -32602,
    )
    assert {*error["data"]} == {"param", "path", "expected", "received"}


def test_what_is_undefined_is_left_out() -> None:
    undefined: Message = {"__kkrpc_next_arg__": "value"}
    outcomes = answers(
        query("a", "add", value(1), undefined),
        superjson(request("b", "add", 1, None), args_1=["undefined"]),
        superjson(request("c", "options", "p", {"lines": None}), args_1_lines=["undefined"]),
        superjson(request("d", "anything", {"a": 1, "b": None}), args_0_b=["undefined"]),
        superjson(request("e", "anything", [{"a": None}]), args_0_0_a=["undefined"]),
        # A hole that has a default is one, too.
        query("f", "work", value(2), undefined, value({"start": 2})),
        # What is marked, and is not there, is nothing.
        superjson(request("g", "add", 1), args_7=["undefined"], args_0_x=["undefined"], x=["Date"]),
        superjson(request("h", "add", None, 2), args_0=["undefined"]),
        query("i", "add", undefined, value(2)),
        query("j", "add", undefined, value(2), value(3)),
        superjson(
            request("k", "anything", {"a": [{"b": {"c": None, "d.e": None}}], "f\\": None}),
            **{
                "args_0_a_0_b_c": ["undefined"],
                "args_0_a_0_b_d\\.e": ["undefined"],
                "args_0_f\\\\": ["undefined"],
                "args_0_a_5_b": ["undefined"],
                "args_0_x_y": ["undefined"],
            },
        ),
    )
    results = [o.get("v", o.get("args", {}).get("result")) for o in outcomes]
    assert results[:7] == [1.5, 1.5, "p 10 False", {"a": 1}, [{}], 2, 1.5]
    assert "a: expected float, received null" in outcomes[7]["args"]["error"]
    assert "a: expected float, received null" in outcomes[8]["e"]["m"]
    assert outcomes[9]["e"]["code"] == -32602
    assert outcomes[10]["args"]["result"] == {"a": [{"b": {}}]}


def test_a_function_where_the_contract_has_none_is_told() -> None:
    plain, enveloped, beyond = answers(
        request("a", "add", "__callback__f", 1, callbackIds=["f"]),
        query("b", "add", callback("f"), value(1)),
        query("c", "add", value(1), value(1), callback("f")),
    )
    expected = "Invalid params: add: a: expected float, received a function"
    assert (plain["args"]["error"], enveloped["e"]["m"]) == (expected, expected)
    assert beyond["e"]["code"] == -32602


def test_a_function_that_goes_by_its_name_is_out_of_reach() -> None:
    named, by_position, perhaps, left_out = answers(
        query("a", "tellNamed", value({"told": 5})),
        query("b", "tellNamed", callback("f")),
        query("c", "perhapsTellNamed", callback("f")),
        query("d", "perhapsTellNamed"),
    )
    for answer in (named, by_position, perhaps):
        assert answer["e"]["n"] == "InvalidParams"
        assert "told is given by name, and kkrpc gives functions" in answer["e"]["m"]
    assert left_out["v"] is False


def test_a_callback_that_is_to_answer_is_refused_when_the_call_is_made() -> None:
    for answer in answers(
        request("a", "ask", "__callback__f", callbackIds=["f"]),
        query("b", "ask", callback("f")),
        query("c", "perhapsAsk", callback("f")),
    ):
        text = answer["e"]["m"] if "e" in answer else answer["args"].get("error", "")
        assert "kkrpc's callbacks have no answer" in text


# -------------------------------------------------------------------------------- errors

ERRORS: list[tuple[str, list[Any], Message, str]] = [
    ("bare", [], {"n": "Bare", "m": "Something is bare.", "code": 4321}, "Something is bare."),
    ("quiet", [], {"n": "Quiet", "m": "", "code": -32603}, "Quiet"),
    ("refuse", [7], {"n": "RpcError", "m": "no", "code": 7}, "no"),
    (
        *("refuse", [7, {"path": "x", "n": 1, "message": "y"}]),
        {
            "n": "RpcError",
            "m": "no",
            "code": 7,
            "path": "x",
            "data": {"path": "x", "n": 1, "message": "y"},
        },
        "no",
    ),
    ("refuse", [7, [1]], {"n": "RpcError", "m": "no", "code": 7, "data": [1]}, "no"),
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("method", "args", "error", "text"), ERRORS)
def test_an_error_has_its_name_its_message_and_its_fields(
    method: str, args: list[Any], error: Message, text: str
) -> None:
    plain, enveloped = answers(request("a", method, *args), query("b", method, *args))
    assert plain["args"] == {"error": text}
    assert enveloped == {"t": "r", "id": "b", "e": error}


def test_an_internal_error_has_its_stack_in_debug_mode_only() -> None:
    (told,) = answers(query("a", "quiet"))
    (debugged,) = answers(query("a", "quiet"), debug=True)
    assert "s" not in told["e"]
    assert debugged["e"]["s"].startswith("Traceback")


def test_a_result_that_cannot_be_sent_is_an_error() -> None:
    plain, enveloped = answers(request("a", "notANumber"), query("b", "notANumber"))
    assert plain["args"]["error"].startswith("Result cannot be sent")
    assert enveloped["e"]["n"] == "UnencodableResult"


REFERENCE: Message = {"__kkrpc_ref__": True, "id": "6fcc", "kind": "object"}

UNMAPPED: list[tuple[object, str]] = [
    (query("x", "add", op="get"), "a property cannot be read"),
    ({**query("x", "add"), "op": "set", "v": 1}, "a property cannot be set"),
    ({**query("x", "Point"), "op": "new"}, "nothing can be constructed"),
    ({"t": "q", "id": "x", "op": "ref", "p": ["6fcc", "call", "inc"], "a": []}, "references"),
    ({**query("x", "add"), "op": "else"}, "kkrpc's operation 'else' is not known"),
    ({"type": "get", "id": "x", "path": ["a"]}, "a property cannot be read"),
    ({"type": "set", "id": "x", "path": ["a"], "value": 1}, "a property cannot be set"),
    ({"type": "construct", "id": "x", "method": "P", "args": []}, "nothing can be constructed"),
    ({"type": "cancel", "id": "x"}, "kkrpc's 'cancel' is not known here"),
    (request("x", "anything", 1, transferSlots=[{"type": "raw"}]), "nothing can be transferred"),
    (request("x", "count", 3), "count returns a stream, which kkrpc 0.x has no form for"),
    (query("x", "anything", value(REFERENCE)), "received a reference to a remote object"),
    (query("x", "anything", REFERENCE), "received a reference to a remote object"),
    (query("x", "anything", [{"a": REFERENCE}]), "received a reference to a remote object"),
    (query("x", "anything", value({"a": REFERENCE})), "received a reference to a remote object"),
    (
        query("x", "anything", {"__kkrpc_next_arg__": "transfer", "v": 1}),
        "received an argument of kkrpc's kind 'transfer'",
    ),
    (request("x", "system.hello"), "kkrpc has no sessions"),
    (query("x", "nobody"), "Method not found: 'nobody'"),
    (request("x", "$/cancelRequest"), "Method not found"),
    ({"t": "ping", "id": "x"}, "Invalid Request"),
]


@pytest.mark.parametrize(("message", "text"), UNMAPPED)
def test_what_has_no_equal_is_refused_in_words(message: object, text: str) -> None:
    # The first line of a worker, and one of many.
    for all_of_them in (answers(message), answers(query("z", "nothing"), message)):
        (found,) = (answer for answer in all_of_them if answer["id"] != "z")
        assert found["id"] == "x"
        assert text in (found["e"]["m"] if found.get("t") else found["args"]["error"])


MALFORMED: list[tuple[object, object]] = [
    ({"t": "q"}, None),
    ({"t": "q", "id": "x"}, "x"),
    ({"t": "q", "id": "x", "p": []}, "x"),
    ({"t": "q", "id": "x", "p": "add"}, "x"),
    ({"t": "q", "id": "x", "p": [1]}, "x"),
    ({"t": "q", "id": "x", "p": ["add"], "a": {}}, "x"),
    ({"t": "q", "id": {"a": 1}, "p": ["add"]}, None),
    ({"t": "q", "id": None, "p": ["add"]}, None),
    ({"t": 5, "id": "x"}, "x"),
    ({"type": "request"}, None),
    ({"type": "request", "id": "x"}, "x"),
    ({"type": "request", "id": ["x"], "method": "add", "args": []}, None),
    ({"type": "request", "id": "x", "method": 5}, "x"),
    ({"type": "request", "id": "x", "method": "tell", "args": {"a": 1}}, "x"),
    ({"json": {"type": "request", "id": "x", "method": 5}}, "x"),
    ({"json": 5}, None),
    ({"json": {"id": "x"}}, "x"),
    (superjson(request("x", "tell", 1), args=5), "x"),
]


def test_kkrpc_2_in_superjson_is_refused_in_words_that_it_reads() -> None:
    (answer,) = answers({"json": query("x", "nothing")})
    assert [*answer] == ["json"]
    assert (answer["json"]["t"], answer["json"]["id"]) == ("r", "x")
    assert "use its jsonLineCodec()" in answer["json"]["e"]["m"]


@pytest.mark.parametrize(("message", "identity"), MALFORMED)
def test_a_malformed_message_is_an_error_with_its_id_if_it_has_one(
    message: object, identity: object
) -> None:
    found = answers(message)
    assert len(found) == 1
    assert found[0]["id"] == identity
    assert "jsonrpc" not in found[0]
    assert "e" in found[0] or "error" in found[0]["args"]


@pytest.mark.parametrize("first", ["id", "type", "t"])
def test_what_has_a_t_is_in_2_whatever_else_it_has(first: str) -> None:
    both = {**request("x", "anything", 5), **query("x", "anything", 7)}
    ordered = {first: both.pop(first), **both}
    assert answers(ordered) == [{"t": "r", "id": "x", "v": 7}]


PULLS: list[tuple[bytes | Message, Message]] = [
    ({"t": "sq", "id": "x", "sid": "s", "op": 5}, {"id": "x", "sid": "s"}),
    ({"t": "sq", "id": "x", "sid": 5}, {"id": "x", "sid": ""}),
    ({"t": "sq", "id": "x", "sid": "s", "op": "else"}, {"id": "x", "sid": "s"}),
    (b'{"t":"sq","id":"x","sid":"s","op":"pu', {"id": "x", "sid": "s"}),
]


@pytest.mark.parametrize(("message", "expected"), PULLS)
def test_what_is_wanted_of_a_stream_is_refused_where_its_reader_looks(
    message: bytes | Message, expected: Message
) -> None:
    (answer,) = answers(message)
    error = answer.pop("e")
    assert answer == {"t": "sr", **expected}
    assert error["n"] in {"InvalidRequest", "ParseError", "UnknownToken"}


@pytest.mark.parametrize("head", [b'{"t":"q', b'{"t":', b'{"id":"x","t":"q","p":["a'])
def test_a_line_that_is_cut_is_answered_in_its_dialect(head: bytes) -> None:
    (answer,) = answers(head)
    assert (answer["t"], answer["e"]["n"]) == ("r", "ParseError")


@pytest.mark.parametrize(
    "message",
    [
        *({"t": "r", "id": "x", "v": 1}, {"t": "r"}, {"t": "r", "id": 5, "e": 5}, {"t": "cb"}),
        *({"t": "cb", "id": "c5", "a": [1]}, {"t": "cb", "id": 5}, {"t": "cbr", "ids": ["c1"]}),
        *({"t": "cbr", "ids": 5}, {"t": "sr", "sid": "x", "v": 1}, {"t": "sr", "sid": 5}),
        *({"type": "response", "id": "x", "args": {"result": 1}}, {"type": "response"}),
        *({"type": "response", "args": 5}, {"type": "callback"}, {"json": {"type": "callback"}}),
        *({"type": "callback", "method": "c5", "args": [1]}, {"type": "callback", "args": 5}),
        {"type": "callback", "method": "p1", "args": 5},
        {"t": "cb", "id": "p1", "a": [1]},
    ],
)
def test_what_nobody_waits_for_is_not_answered(message: object) -> None:
    assert answers(message) == []
    assert len(answers(query("a", "nothing"), message)) == 1


# -------------------------------------------------------------------------------- limits


def test_an_id_in_flight_is_the_first_ones() -> None:
    async def main(page: Page) -> None:
        for message in (query("x", "wait"), request("x", "wait")):
            page.say(message)
            await page.rest()
            page.say(message)
            (told,) = await page.rest()
            assert told["id"] is None
            assert '"x" is in flight already' in json.dumps(told).replace("\\", "")
        # In another dialect, or in JSON-RPC, it is another one.
        page.peer.say({"jsonrpc": "2.0", "id": "x", "method": "nothing"})
        assert (await page.rest())[0] == {"jsonrpc": "2.0", "id": "x", "result": None}
        page.peer.notify("$/cancelRequest", {"id": "x"})
        assert await page.rest() == []
        page.peer.channel.cancel_all()
        assert len(await page.rest()) == 2

    played(main)


def test_a_worker_that_is_busy_or_ends_says_so() -> None:
    async def main(page: Page) -> None:
        page.say(query("a", "wait"))
        await page.rest()
        page.say(query("b", "nothing"), query("c", "nothing"), request("d", "nothing"))
        refused = await page.rest()
        assert [m["e"]["n"] for m in refused[:1]] == ["Busy"]
        assert refused[1]["args"]["error"].startswith("Busy: ")
        page.peer.channel.stop_intake()
        page.say(query("e", "nothing"), request("f", "nothing"))
        ending = await page.rest()
        assert ending[0]["e"]["n"] == "ShuttingDown"
        assert ending[1]["args"] == {"error": "The worker is shutting down"}
        page.peer.channel.cancel_all()
        names = [m["e"]["n"] for m in await page.rest()]
        assert names == ["Cancelled", "Cancelled"]

    played(main, limits=Limits(running=1, queued_requests=1))


def test_a_result_that_is_too_large_is_an_error() -> None:
    limits = Limits(response_bytes=100)
    plain, enveloped = answers(
        request("a", "anything", "x" * 200), query("b", "anything", "x" * 200), limits=limits
    )
    assert plain["args"]["error"].startswith("Response too large")
    assert enveloped["e"]["n"] == "ResponseTooLarge"


def test_a_result_that_its_dialect_makes_too_large_is_an_error() -> None:
    class Octets:
        async def many(self) -> bytes:
            return bytes([255]) * 3_000

    calls = request("a", "many"), superjson(request("b", "many")), query("a", "many")
    messages = [line(call) + b"\n" for call in calls]
    *larger, enveloped = talk(Octets(), *messages, limits=Limits(response_bytes=5_000))
    for plain in larger:
        assert plain["args"]["error"].startswith("Response too large")
    assert len(enveloped["v"]) == 4_000


LONG = "x" * 2_000


@pytest.mark.parametrize(
    ("message", "identity"),
    [
        (query("a", "anything", LONG), "a"),
        (request("a", "anything", LONG), "a"),
        (superjson(request("a", "anything", LONG)), "a"),
        ({"t": "sq", "id": "a", "sid": "1", "op": LONG}, "a"),
        ({"t": "q", "op": LONG, "id": "a"}, None),
    ],
)
def test_a_line_past_the_limit_is_answered_in_its_dialect(
    message: object, identity: object
) -> None:
    limits = Limits(message_bytes=1_000)
    for before in ([], [query("z", "nothing")]):
        found = answers(*before, message, limits=limits)
        (found,) = (answer for answer in found if answer["id"] != "z")
        assert found["id"] == identity
        text = found["e"]["m"] if "e" in found else found["args"]["error"]
        assert text.startswith("Message too large")


DEEP = b"[" * 600 + b"]" * 600


@pytest.mark.parametrize("inner", [DEEP, b'"\xff"', b'"\\ud800"', b"[1,", b"NaN"])
@pytest.mark.parametrize(
    "outer",
    [
        b'{"t":"q","id":"a","op":"call","p":["anything"],"a":[%b]}',
        b'{"id":"a","method":"anything","args":[%b],"type":"request"}',
        b'{"json":{"id":"a","method":"anything","args":[%b],"type":"request"}}',
    ],
)
def test_what_cannot_be_read_is_answered_in_its_dialect(outer: bytes, inner: bytes) -> None:
    for before in (b"", line(query("z", "nothing")) + b"\n"):
        found = talk(Service(), before + outer % inner + b"\n")
        (found,) = (answer for answer in found if answer["id"] != "z")
        assert found["id"] == "a"
        text = found["e"]["m"] if "e" in found else found["args"]["error"]
        assert text.startswith("Parse error: ")


# ------------------------------------------------------------------- one pipe, many clients


def test_each_line_of_a_chunk_is_answered_in_its_own_dialect() -> None:
    messages = [
        query("a", "add", 1, 1),
        {"jsonrpc": "2.0", "id": "a", "method": "add", "params": [1, 2]},
        superjson(request("a", "add", 1, 3)),
        {"id": 7, "jsonrpc": "2.0", "method": "add", "params": [1, 4], "t": "q"},
        request("b", "add", 1, 5),
        {"type": "request", "jsonrpc": "2.0", "id": 8, "method": "add", "params": [1, 6]},
        {"a": [], "op": "call", "id": "c", "p": ["nothing"], "t": "q"},
    ]
    chunk = b"".join(line(m) + b"\n" for m in messages)

    async def main(conversation: Conversation) -> list[Any]:
        await conversation.say(chunk)
        conversation.output.written = b""
        return [json.loads(answer) for answer in await conversation.say(chunk)]

    found = converse(main, Service())
    expected = [
        {"t": "r", "id": "a", "v": 2},
        {"jsonrpc": "2.0", "id": "a", "result": 3},
        {**RESPONSE, "id": "a", "args": {"result": 4}},
        {"jsonrpc": "2.0", "id": 7, "result": 5},
        {**RESPONSE, "id": "b", "args": {"result": 6}},
        {"jsonrpc": "2.0", "id": 8, "result": 7},
        {"t": "r", "id": "c"},
    ]
    assert len(found) == len(expected)
    assert all(answer in found for answer in expected)


RESPONSE: Message = {"id": "", "method": "", "args": {}, "type": "response", "version": "json"}


def test_an_entry_of_a_batch_is_json_rpc_or_nothing() -> None:
    (batch,) = answers([query("a", "nothing"), request("b", "nothing")])
    assert [entry["error"]["code"] for entry in batch] == [-32600, -32600]


def test_all_clients_are_one_session_that_no_other_can_name() -> None:
    async def main(page: Page) -> None:
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        first = await page.call2("who", meta={"traceparent": parent, "requestId": "r1"})
        assert first["v"] == ["q1", "kkrpc:", "who", parent]
        assert (await page.call0("who"))["result"] == ["r2", "kkrpc:", "who", None]
        assert (await page.call2("who", meta=5))["v"] == ["q3", "kkrpc:", "who", None]
        page.peer.notify("$/endSession", {"session": "kkrpc:"})
        page.peer.say({"jsonrpc": "2.0", "id": "kkrpc:1", "method": "who"})
        assert (await page.rest())[0]["result"] == ["kkrpc:1", None, "who", None]
        assert (await page.call2("who"))["v"] == ["q4", "kkrpc:", "who", None]

    played(main)


def test_events_are_json_rpc_only() -> None:
    async def main(page: Page) -> None:
        page.say(query("a", "change", "new"))
        event, answer = await page.rest()
        assert event == {"jsonrpc": "2.0", "method": "changed", "params": ["new"]}
        assert answer == {"t": "r", "id": "a"}

    played(main)


def test_the_protocols_own_methods_answer() -> None:
    async def main(page: Page) -> None:
        assert (await page.call2("system.ping", 1, "a"))["v"] == [1, "a"]
        assert (await page.call0("system.version"))["result"]["protocol"] == 1
        assert (await page.call2("rpc.discover"))["v"]["openrpc"]
        ended: list[bool] = []
        page.peer.channel.on_shutdown = lambda: ended.append(True)
        assert (await page.call0("system.shutdown")) == {"result": None}
        await turns(3)
        assert ended == [True]

    played(main)


# ---------------------------------------------------------------------- callbacks, progress


def test_callbacks_and_progress_are_called_before_the_answer() -> None:
    async def main(page: Page) -> None:
        page.say(query("a", "tell", callback("f")))
        assert await page.rest() == [
            {"t": "cb", "id": "f", "a": [value("0")]},
            {"t": "cb", "id": "f", "a": [value("1")]},
            {"t": "r", "id": "a", "v": "told"},
        ]
        page.say(query("b", "work", value(2), callback("g")))
        assert await page.rest() == [
            {"t": "cb", "id": "g", "a": [value(1)]},
            {"t": "cb", "id": "g", "a": [value(2)]},
            {"t": "r", "id": "b", "v": 2},
        ]
        told = request("c", "tell", "__callback__h", 1, callbackIds=["h"])
        page.say(told, superjson({**told, "id": "d"}))
        called: Message = {"id": "0", "method": "h", "args": ["0"], "type": "callback"}
        called["version"] = "json"
        answered = [
            {**RESPONSE, "id": identity, "args": {"result": "told"}} for identity in ("c", "d")
        ]
        assert await page.rest() == [called, answered[0], called, answered[1]]
        page.say(request("e", "work", 1, "__callback__i", callbackIds=["i"]))
        (report, _) = await page.rest()
        assert (report["method"], report["args"]) == ("i", [1])

    played(main)


def _released(heard: list[Message]) -> list[str]:
    return [identity for m in heard if m["t"] == "cbr" for identity in m["ids"]]


def test_a_function_is_released_once_no_call_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "IDLE", 0.0)

    async def main(page: Page) -> None:
        page.say(
            query("a", "tellAndWait", callback("f")), query("b", "tell", callback("f"), value(1))
        )
        heard = await page.rest()
        assert [m["t"] for m in heard] == ["cb", "cb", "r"]
        page.say(query("c", "tell", callback("g"), value(0)), query("d", "tell", callback("f")))
        assert _released(await page.rest()) == ["g"], "the first call still has the other one"
        await page.call2("goOn")
        await page.answered("a")
        assert _released([await page.told("cbr")]) == ["f"]
        page.say(request("e", "tell", "__callback__h", 1, callbackIds=["h"]))
        heard = await page.rest()
        assert [m["type"] for m in heard] == ["callback", "response"], "0.x has no such message"

    played(main)


def test_a_function_that_is_given_again_in_time_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(page: Page) -> None:
        loop = asyncio.get_running_loop()
        clock, passed = loop.time, 0.0

        async def released_after(share: float) -> list[str]:
            nonlocal passed
            passed += share * lending.IDLE
            return _released(await page.rest())

        monkeypatch.setattr(loop, "time", lambda: clock() + passed)
        await page.call2("tell", callback("f"), value(0))
        await page.call2("tell", callback("g"), value(0))
        assert await released_after(0.6) == []
        await page.call2("tell", callback("f"), value(0))
        assert await released_after(0.6) == ["g"]
        page.say(query("a", "tellAndWait", callback("f")))
        assert await released_after(0.6) == [], "a call has it"
        await page.call2("goOn")
        await page.answered("a")
        assert await released_after(0.6) == []
        assert await released_after(0.6) == ["f"]
        assert await released_after(9) == []

    played(main)


def test_what_is_undefined_and_must_be_there_is_null() -> None:
    async def main(page: Page) -> None:
        page.say(superjson(request("a", "perhaps", None), args_0=["undefined"]))
        page.say(superjson(request("b", "perhapsTell", None), args_0=["undefined"]))
        assert (await page.answered("a"))["args"] == {"result": None}
        assert (await page.answered("b"))["args"] == {"result": False}

    played(main)


# -------------------------------------------------------------------------- calls to the page


def test_a_handler_calls_the_page_in_the_dialect_that_it_was_called_in() -> None:
    async def main(peer: Peer) -> None:
        page = Page(peer)
        page.say(query("a", "askFrontend", "sure?"))
        asked = await page.told("q")
        assert (asked["op"], asked["p"], asked["a"]) == ("call", ["confirm"], [value("sure?")])
        page.say(request("b", "askFrontend", "really?"))
        asked_too = await page.told("request")
        assert (asked_too["method"], asked_too["args"]) == ("confirm", ["really?"])
        page.say(
            {"type": "response", "id": asked_too["id"], "method": "", "args": {"result": False}}
        )
        assert (await page.answered("b"))["args"] == {"result": False}
        page.say({"t": "r", "id": asked["id"], "v": True})
        assert (await page.answered("a"))["v"] is True

    play(main, Reference(), frontend=ReferenceFrontend)


REFUSALS: list[tuple[Message, str]] = [
    ({"t": "r", "e": {"n": "TypeError", "m": "no window"}}, "no window"),
    ({"t": "r", "e": {"n": "TypeError", "m": ""}}, "TypeError"),
    ({"t": "r", "e": "gone"}, "gone"),
    ({"t": "r", "e": [1]}, "[1]"),
    ({"type": "response", "args": {"error": "no window"}}, "no window"),
    ({"type": "response", "args": {"error": {"name": "E", "message": "no", "x": 1}}}, "no"),
    ({"type": "response", "args": [1]}, "could not be read"),
    ({"type": "response", "args": {}}, "answered with null, expected bool"),
    ({"t": "r", "v": "yes"}, 'answered with "yes", expected bool'),
]


@pytest.mark.parametrize(("answer", "text"), REFUSALS)
def test_what_the_page_answers_instead_is_an_error_in_the_handler(
    answer: Message, text: str
) -> None:
    async def main(peer: Peer) -> None:
        page = Page(peer)
        page.say(query("a", "askFrontend", "sure?"))
        asked = await page.told("q")
        page.say({**answer, "id": asked["id"]})
        error = (await page.answered("a"))["e"]
        assert error["n"] == "RemoteError"
        assert text in error["m"]

    play(main, Reference(), frontend=ReferenceFrontend)


def test_whoever_waits_for_the_page_can_be_cancelled() -> None:
    async def main(peer: Peer) -> None:
        page = Page(peer)
        page.say(query("a", "askFrontend", "sure?"))
        asked = await page.told("q")
        peer.channel.cancel_all()
        assert (await page.answered("a"))["e"]["n"] in {"Cancelled", "SessionEnded"}
        page.say({"t": "r", "id": asked["id"], "v": True})
        assert await page.rest() == []

    play(main, Reference(), frontend=ReferenceFrontend)


def test_a_page_that_goes_with_its_input_ends_what_waits_for_it() -> None:
    async def main(peer: Peer) -> None:
        page = Page(peer)
        page.say(query("a", "askFrontend", "sure?"))
        await page.told("q")
        peer.channel.receive_end()
        assert (await page.answered("a"))["e"]["n"] == "SessionEnded"

    play(main, Reference(), frontend=ReferenceFrontend)


class Picker(RpcError, code=55):  # noqa: N818 - named as its users would
    """Nobody picks."""

    why: str


class Window:
    async def pick(self, title: str, *, multiple: bool = False, filters: list[str] = []) -> str:  # noqa: B006 - never called
        raise NotImplementedError

    @raises(Picker)
    async def watch(self, told: Callable[[int], None], progress: Progress[int]) -> int:
        raise NotImplementedError

    async def judge(self, asked: Callable[[int], Awaitable[bool]]) -> None:
        raise NotImplementedError

    async def forget(self) -> None:
        raise NotImplementedError


class Calling:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    async def pick(self) -> str:
        return await caller(Window).pick("which?", multiple=True)

    async def watch(self) -> int:
        return await caller(Window).watch(
            self.heard.append, Progress(lambda n: self.heard.append(-n))
        )

    async def judge(self) -> None:
        async def asked(_: int) -> bool:
            return True

        await caller(Window).judge(asked)

    async def forget(self) -> None:
        await caller(Window).forget()


@pytest.mark.parametrize("dialect", ["0", "2"])
def test_arguments_of_a_call_to_the_page(dialect: str) -> None:
    calling = Calling()

    async def main(peer: Peer) -> None:
        page = Page(peer)
        call = request if dialect == "0" else query
        asks = "request" if dialect == "0" else "q"

        def given(asked: Message) -> list[Any]:
            if dialect == "0":
                return list(asked["args"])
            return [arg.get("v", arg.get("id")) for arg in asked["a"]]

        def answer(asked: Message, result: object) -> None:
            if dialect == "0":
                page.say({"type": "response", "id": asked["id"], "args": {"result": result}})
            else:
                page.say({"t": "r", "id": asked["id"], "v": result})

        page.say(call("a", "pick"))
        asked = await page.told(asks)
        assert given(asked) == ["which?", {"multiple": True}]
        answer(asked, "it")
        await page.answered("a")

        page.say(call("b", "watch"))
        asked = await page.told(asks)
        told, progress = given(asked)
        if dialect == "0":
            assert asked["callbackIds"] == [told.removeprefix("__callback__"), "p1"]
            page.say(
                {"type": "callback", "id": "z", "method": asked["callbackIds"][0], "args": [5]},
                {"type": "callback", "id": "z", "method": asked["callbackIds"][1], "args": [6]},
            )
        else:
            page.say(
                {"t": "cb", "id": told, "a": [value(5)]}, {"t": "cb", "id": progress, "a": [6]}
            )
        answer(asked, 7)
        await page.answered("b")
        assert sorted(calling.heard) == [-6, 5]

        page.say(call("c", "judge"))
        refused = await page.answered("c")
        assert "has no callbacks that answer" in json.dumps(refused)

        page.say(call("d", "forget"))
        asked = await page.told(asks)
        if dialect == "0":
            page.say({"type": "response", "id": asked["id"], "args": {}})
        else:
            page.say({"t": "r", "id": asked["id"]})
        assert "error" not in json.dumps(await page.answered("d"))

    play(main, calling, frontend=Window)


def test_an_error_that_the_pages_contract_declares_is_its_own_class() -> None:
    class Catching:
        async def watch(self) -> str:
            try:
                await caller(Window).watch(lambda _: None, Progress(lambda _: None))
            except Picker as error:
                return error.why
            return "nothing"

    async def main(peer: Peer) -> None:
        page = Page(peer)
        for fields in ({"why": "tired"}, {"data": {"why": "tired"}}):
            page.say(query("a", "watch"))
            asked = await page.told("q")
            error = {"n": "Picker", "m": "Nobody picks.", "code": 55, **fields}
            page.say({"t": "r", "id": asked["id"], "e": error})
            assert (await page.answered("a"))["v"] == "tired"

    play(main, Catching(), frontend=Window)


def test_the_page_forgets_a_function_of_ours() -> None:
    async def main(peer: Peer) -> None:
        page = Page(peer)
        page.say(query("a", "watch"))
        asked = await page.told("q")
        told = asked["a"][0]["id"]
        page.say(
            {"t": "cbr", "ids": [told, "c", "else", "c" + "9" * 5_000, 5]},
            {"t": "cbr", "ids": [told]},
        )
        page.say({"t": "cb", "id": told, "a": [5]})
        await page.rest()
        page.say({"t": "r", "id": asked["id"], "v": 7})
        await page.answered("a")
        assert calling.heard == []

    calling = Calling()
    play(main, calling, frontend=Window)
