"""Whatever comes in kkrpc's dialects: nothing escapes, and the next good call of each works."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rpc_worker import Limits
from tests.conversation import Conversation, until
from tests.dialects.page import callback, line, query, request, stream, superjson, value
from tests.reference import Reference, ReferenceFrontend

GOOD = [
    line(query("good", "subtract", value(5), value(3))),
    line(superjson(request("good", "subtract", 5, 3))),
    line(request("good", "subtract", 5, 3)),
    b'{"jsonrpc":"2.0","id":"good","method":"subtract","params":[5,3]}',
]
MESSAGES = [
    *(good.replace(b"good", b"1") for good in GOOD),
    line(query("1", "greet", value("é\u2028\U0001f600"), value({"punctuation": "!"}))),
    line(query("1", "tellAll", value(["a"]), callback("f"))),
    line(query("1", "total", value(stream("s")))),
    line(query("1", "subtract", 5, 3, meta={"traceparent": "x"})),
    line(
        superjson(
            request("1", "greet", "x", {"punctuation": None}), args_1_punctuation=["undefined"]
        )
    ),
    line(request("1", "tellAll", ["a"], "__callback__f", callbackIds=["f"])),
    line({"type": "response", "id": "w1", "method": "", "args": {"result": 1}}),
    line({"type": "callback", "id": "1", "method": "c1", "args": [1]}),
    line({"t": "r", "id": "w1", "v": 1}),
    line({"t": "r", "id": "w1", "e": {"n": "E", "m": "m", "code": 5}}),
    line({"t": "cb", "id": "c5", "a": [value(1)]}),
    line({"t": "cbr", "ids": ["c5"]}),
    line({"t": "sq", "id": "1", "sid": "1", "op": "pull", "n": 3}),
    line({"t": "sq", "id": "1", "sid": "1", "op": "return"}),
    line({"t": "sr", "id": "1", "sid": "s", "d": False, "v": 1}),
]


def check(lines: list[bytes], limits: Limits | None = None) -> None:
    """Say each line, and after it a good call of each dialect."""

    async def run() -> None:
        problems: list[Any] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, it: problems.append(it))
        conversation = Conversation(Reference(), frontend=ReferenceFrontend, limits=limits)
        for each in lines:
            conversation.channel.receive(each.replace(b"\n", b" ") + b"\n")
            for good in GOOD:
                conversation.output.written = b""
                conversation.channel.receive(good + b"\n")
                await until(lambda: b'"good"' in conversation.output.written)
                found = [json.loads(text) for text in conversation.output.lines]
                (answer,) = (found for found in found if found.get("id") == "good")
                result = answer.get("v", answer.get("result", answer.get("args", {}).get("result")))
                assert result == 2, each
        conversation.channel.receive_end()
        conversation.channel.cancel_all()
        async with asyncio.timeout(20):
            await conversation.channel.over()
        conversation.assert_at_rest()
        assert problems == []

    asyncio.run(run())


def test_messages_cut_anywhere_disturb_nothing() -> None:
    check([message[:length] for message in MESSAGES for length in range(1, len(message), 3)])


def test_one_byte_mutations_disturb_nothing() -> None:
    rng = random.Random(20_260_101)
    lines: list[bytes] = []
    for _ in range(1_000):
        mutant = bytearray(rng.choice(MESSAGES))
        where = rng.randrange(len(mutant))
        match rng.randrange(3):
            case 0:
                mutant[where] = rng.randrange(256)
            case 1:
                del mutant[where]
            case _:
                mutant.insert(where, rng.randrange(256))
        lines.append(bytes(mutant))
    check(lines)
    check(lines[:200], Limits(message_bytes=max(map(len, GOOD))))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["__callback__f", "w1", "1", "c1", "p1", "s"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [*("__kkrpc_next_arg__", "__kkrpc_next_stream__", "v", "id", "values", "a", "code")]
            ),
            inner | st.sampled_from(["value", "callback", "async-iterable"]),
        )
    ),
    max_leaves=6,
)
METHODS = st.sampled_from(
    [
        *("subtract", "greet", "tellAll", "askAll", "work", "total", "count", "askFrontend"),
        *("text.upperCase", "system.ping", "system.hello", "$/enumerator/next", "", "."),
    ]
)
MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "t": st.sampled_from(["q", "r", "cb", "cbr", "sq", "sr", "x"]) | VALUES,
    "type": st.sampled_from(["request", "response", "callback", "get", "x"]) | VALUES,
    "id": st.sampled_from(["1", "w1", "c1"]) | VALUES,
    "op": st.sampled_from(["call", "get", "pull", "return", "throw"]) | VALUES,
    "p": METHODS.map(lambda method: method.split(".")) | VALUES,
    "a": st.lists(VALUES, max_size=3) | VALUES,
    "args": st.lists(VALUES, max_size=3) | VALUES,
    "method": METHODS | VALUES,
    "callbackIds": st.lists(st.sampled_from(["f", "g"]), max_size=2) | VALUES,
    "transferSlots": VALUES,
    "v": VALUES,
    "e": VALUES,
    "n": VALUES,
    "sid": st.sampled_from(["1", "s"]) | VALUES,
    "d": VALUES,
    "ids": VALUES,
    "meta": VALUES,
}
LINES = st.fixed_dictionaries({}, optional=MEMBERS).map(line)
ENCLOSED = st.tuples(
    st.fixed_dictionaries({}, optional=MEMBERS),
    st.dictionaries(st.sampled_from(["args.0", "args.1.a", "args.0.0", "x\\.y", "args"]), VALUES),
).map(lambda parts: line({"json": parts[0], "meta": {"values": parts[1]}}))


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES | ENCLOSED, max_size=5))
def test_any_members_disturb_nothing(lines: list[bytes]) -> None:
    check(lines)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(MESSAGES) | LINES | ENCLOSED, max_size=8), st.integers(1, 40))
def test_chunks_of_any_shape_disturb_nothing(lines: list[bytes], size: int) -> None:
    async def run() -> None:
        conversation = Conversation(Reference(), frontend=ReferenceFrontend)
        text = b"".join(each.replace(b"\n", b" ") + b"\n" for each in [*lines, *GOOD])
        for start in range(0, len(text), size):
            conversation.channel.receive(text[start : start + size])
        for _ in range(30):
            await asyncio.sleep(0)
        answers = [json.loads(each) for each in conversation.output.lines]
        assert sum(answer.get("id") == "good" for answer in answers) >= 3
        conversation.channel.receive_end()
        conversation.channel.cancel_all()
        async with asyncio.timeout(20):
            await conversation.channel.over()
        conversation.assert_at_rest()

    asyncio.run(run())
