"""Whatever comes: one answer a line at most, nothing escapes, and the next good call works."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rpc_worker import Limits
from rpc_worker.messages import Foreign, decode
from tests.conversation import Conversation, is_batch, request
from tests.reference import Reference

GOOD = request("good", "subtract", [5, 3])
MESSAGES = [
    request(1, "subtract", [42, 23]).strip(),
    request("S:1", "subtract", {"subtrahend": 23, "minuend": 42}).strip(),
    request(None, "greet", ["é\u2028\ud83d\ude00"]).strip(),
    b'{"jsonrpc":"2.0","method":"update","params":[1,2,3,4,5]}',
    b"[" + request(1, "nothing").strip() + b"," + request(2, "getData").strip() + b"]",
    request("abc:0", "system.hello", {"session": "abc", "window": "main"}).strip(),
    b'{"jsonrpc":"2.0","id":"w1","result":{"a":[1,2.5e-3,null,true,"\\u00e9\\n"]}}',
]


def answers_to(lines: list[bytes], limits: Limits | None = None) -> list[list[Any]]:
    """Return, for each line by itself, what it was answered; check the worker after each."""

    async def run() -> list[list[Any]]:
        conversation = Conversation(Reference(), limits=limits)
        answers: list[list[Any]] = []
        for line in lines:
            conversation.output.written = b""
            *first, last = await conversation.say(line + b"\n", GOOD)
            assert json.loads(last) == {"jsonrpc": "2.0", "id": "good", "result": 2}, line
            answers.append([json.loads(answer) for answer in first])
        conversation.assert_at_rest()
        return answers

    return asyncio.run(run())


def assert_answer(answer: Any) -> None:
    if is_batch(answer):
        assert answer
        for entry in answer:
            assert_answer(entry)
        return
    assert answer["jsonrpc"] == "2.0"
    assert "id" in answer
    assert ("result" in answer) != ("error" in answer)
    if "error" in answer:
        assert isinstance(answer["error"]["code"], int)
        assert isinstance(answer["error"]["message"], str)


@pytest.mark.parametrize("message", MESSAGES, ids=range(len(MESSAGES)))
def test_a_message_cut_anywhere_is_one_parse_error(message: bytes) -> None:
    cuts = [message[:length] for length in range(1, len(message))]
    for cut, answers in zip(cuts, answers_to(cuts), strict=True):
        if b'"result":' in cut:
            assert answers == [], "an answer is never answered"
            continue
        (answer,) = answers
        assert answer["error"]["code"] == -32700, cut
        assert "id" in answer


def test_one_byte_mutations_never_end_the_conversation() -> None:
    rng = random.Random(20_260_101)
    lines: list[bytes] = []
    for _ in range(2_000):
        mutant = bytearray(rng.choice(MESSAGES))
        where = rng.randrange(len(mutant))
        match rng.randrange(3):
            case 0:
                mutant[where] = rng.randrange(256)
            case 1:
                del mutant[where]
            case _:
                mutant.insert(where, rng.randrange(256))
        lines.append(bytes(mutant).replace(b"\n", b" "))
    for line, answers in zip(lines, answers_to(lines), strict=True):
        assert len(answers) <= 1, line
        for answer in answers:
            assert_answer(answer)


EDGES: list[tuple[bytes, int | None]] = [
    (b"[" * 501 + b"]" * 501, -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"greet","params":[' + b"[" * 10_000_000, -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"divide","params":[NaN,1]}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"divide","params":[Infinity,1]}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"divide","params":[1e400,1]}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"divide","params":[' + b"9" * 5_000 + b",1]}", -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"greet","params":["\\ud800"]}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"greet","params":["\xff"]}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"nothing","x":"\xff"}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"system.ping","params":["\xff"]}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"greet","params":["\x00"]}', -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"greet","params":["\r"]}', -32700),
    (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"nothing"}', -32700),
    (b"\x00", -32700),
    (b"\xff\xfe", -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"nothing","params":null}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"nothing","params":5}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"nothing","params":"x"}', -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"\\u006eothing"}', None),
    (b'{"jsonrpc":"2.0","id":1,"id":2,"method":"nothing"}', None),
    (b' {"jsonrpc":"2.0" , "id":1,\t"method":"nothing" } ', None),
    (b'{"jsonrpc":"2.0","id":1,"method":"greet","params":["\xe2\x80\xa8"]}', None),
]


@pytest.mark.parametrize(("line", "code"), EDGES, ids=[repr(line)[:60] for line, _ in EDGES])
def test_an_edge_of_json_is_one_answer(line: bytes, code: int | None) -> None:
    # Not the first line of all: there, a mark is tolerated.
    _, (answer) = answers_to([b"{}", line])
    assert len(answer) == 1
    assert_answer(answer[0])
    assert answer[0].get("error", {}).get("code") == code


def test_a_mark_is_tolerated_at_the_very_start_only() -> None:
    line = b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"nothing"}'
    assert answers_to([line]) == [[{"jsonrpc": "2.0", "id": 1, "result": None}]]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
METHODS = st.sampled_from(
    [
        *("subtract", "sum", "getData", "greet", "open", "divide", "text.upperCase", "update"),
        *("system.hello", "system.ping", "system.version", "rpc.discover", "$/cancelRequest", ""),
    ]
)
LINES = st.dictionaries(
    st.sampled_from(["jsonrpc", "id", "method", "params", "result", "error", "session", "x"]),
    VALUES,
).flatmap(
    lambda members: st.fixed_dictionaries(
        {},
        optional={
            "jsonrpc": st.just("2.0"),
            "id": st.integers() | st.text(max_size=5) | st.none(),
            "method": METHODS,
            "params": st.lists(VALUES, max_size=5) | VALUES,
        },
    ).map(lambda good: {**members, **good})
)


@given(st.lists(LINES | st.lists(LINES, max_size=3) | VALUES, max_size=5))
@example([{"json": None}])
@settings(max_examples=150, deadline=None)
def test_random_messages_are_answered_at_most_once_each(messages: list[Any]) -> None:
    lines = [json.dumps(message).encode() for message in messages]
    for line, answers in zip(lines, answers_to(lines, Limits(batch_entries=2)), strict=True):
        assert len(answers) <= 1
        for answer in answers:
            if isinstance(decode(line), Foreign):
                assert "jsonrpc" not in answer, "kkrpc's lines are answered as kkrpc has it"
            else:
                assert_answer(answer)
