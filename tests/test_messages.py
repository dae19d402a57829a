"""One line to one message, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import UNSET, Struct

from rpc_worker.lines import Oversized
from rpc_worker.messages import (
    Batch,
    ErrorObject,
    Invalid,
    Request,
    Response,
    decode,
    decode_lines,
    decode_oversized,
    notification_line,
    request_line,
)
from rpc_worker.salvage import nests_too_deeply, salvage

LEGAL_IDS = [
    b"0", b"-0", b"1.0", b"1e2", b"1.5", b"9007199254740993", b"18446744073709551616",
    b"1" * 400, b'""', b'"' + b"x" * 1_000_000 + b'"', b"null", b'"\\u00e9"', '"é"'.encode(),
    b'"S:1"', b"-1.5E-3",
]  # fmt: skip
ILLEGAL_IDS = [b"true", b"false", b"[]", b"{}", b"[1]", b'{"a":1}']


@pytest.mark.parametrize("identity", LEGAL_IDS, ids=lambda value: value[:20].decode())
def test_a_legal_id_survives_byte_for_byte(identity: bytes) -> None:
    request = decode(b'{"jsonrpc":"2.0","id":%b,"method":"m"}' % identity)
    assert isinstance(request, Request)
    assert request.id == identity


@pytest.mark.parametrize("identity", ILLEGAL_IDS)
def test_an_illegal_id_is_an_invalid_request_with_id_null(identity: bytes) -> None:
    invalid = decode(b'{"jsonrpc":"2.0","id":%b,"method":"m"}' % identity)
    assert isinstance(invalid, Invalid)
    assert (invalid.id, invalid.error.code) == (b"null", -32600)
    assert invalid.error.message.startswith(
        "Invalid Request: id: expected a string, a number or null, got "
    )


def test_a_notification_is_a_request_without_an_id() -> None:
    notification = decode(b'{"jsonrpc":"2.0","method":"m","params":[1, 2],"session":"S","x":1}')
    assert isinstance(notification, Request)
    assert notification.id is UNSET
    assert notification.params is not UNSET
    assert bytes(notification.params) == b"[1, 2]"


def test_a_batch_keeps_its_entries() -> None:
    batch = decode(b' [1, {"jsonrpc": "2.0"}]')
    assert isinstance(batch, Batch)
    assert [bytes(entry) for entry in batch.entries] == [b"1", b'{"jsonrpc": "2.0"}']


@pytest.mark.parametrize(
    "line",
    [
        b'{"jsonrpc":"2.0","id":"S:1","result":null}',
        b'{"jsonrpc":"2.0","id":"S:1","error":{"code":1,"message":"x"}}',
        b'{"jsonrpc":"2.0","id":"S:1","result":1,"error":null}',
        b'{"id":"S:1","result":5}',
        b'{"jsonrpc":"1.0","id":"S:1","result":5}',
        b'{"jsonrpc":"2\\u002e0","id":"S:1","result":5}',
        b'{"jsonrpc":"2.0","id":"S:1","result":' + b"[" * 600 + b"]" * 600 + b"}",
        b'{"jsonrpc":"2.0","id":"S:1","result":"\xff"}',
        b'{"jsonrpc":"2.0","id":"S:1","result":[1,',
    ],
)
def test_what_has_a_result_or_an_error_and_no_method_is_a_response(line: bytes) -> None:
    response = decode(line)
    assert isinstance(response, Response)
    assert response.id == b'"S:1"'


INVALID: list[tuple[bytes, bytes, int, str]] = [
    (b"{", b"null", -32700, "Parse error: Input data was truncated"),
    (b"nonsense", b"null", -32700, "Parse error: JSON is malformed: invalid character (byte 1)"),
    (
        b'{"jsonrpc":"2.0","id":5,"method":"m","params":[1,]}',
        b"5",
        -32700,
        "Parse error: JSON is malformed: trailing comma in array (byte 49)",
    ),
    (b'{"jsonrpc":"2.0","id":5,"method":"m\xff"}', b"5", -32700, "Parse error: not UTF-8"),
    (
        b'{"jsonrpc":"2.0","id":5,"method":"m"} x',
        b"5",
        -32700,
        "Parse error: JSON is malformed: trailing characters (byte 39)",
    ),
    (b'{"jsonrpc":"2.0","id":5,"resul', b"5", -32700, "Parse error: Input data was truncated"),
    (b'{"jsonrpc":"2.0","id":5,"result', b"5", -32700, "Parse error: Input data was truncated"),
    (b'{"jsonrpc":"2.0","id":12', b"null", -32700, "Parse error: Input data was truncated"),
    (
        b'{"jsonrpc":"2.0","id":1,"method":"m","params":[NaN]}',
        b"1",
        -32700,
        "Parse error: JSON is malformed: invalid character (byte 47)",
    ),
    (b"1", b"null", -32600, "Invalid Request: expected an object or an array, got 1"),
    (b'"text"', b"null", -32600, 'Invalid Request: expected an object or an array, got "text"'),
    (b"null", b"null", -32600, "Invalid Request: expected an object or an array, got null"),
    (b"[]", b"null", -32600, "Invalid Request: an empty batch"),
    (b"{}", b"null", -32600, 'Invalid Request: the member "jsonrpc":"2.0" is missing'),
    (
        b'{"id":7,"method":"m"}',
        b"7",
        -32600,
        'Invalid Request: the member "jsonrpc":"2.0" is missing',
    ),
    (
        b'{"jsonrpc":"1.0","id":7,"method":"m"}',
        b"7",
        -32600,
        'Invalid Request: jsonrpc: expected "2.0", got "1.0"',
    ),
    (
        b'{"jsonrpc":2.0,"id":7,"method":"m"}',
        b"7",
        -32600,
        'Invalid Request: jsonrpc: expected "2.0", got 2.0',
    ),
    (b'{"jsonrpc":"2.0","id":7}', b"7", -32600, 'Invalid Request: the member "method" is missing'),
    (
        b'{"jsonrpc":"2.0","id":7,"method":1}',
        b"7",
        -32600,
        "Invalid Request: method: expected a string, got 1",
    ),
    (
        b'{"jsonrpc":"2.0","id":[],"method":1}',
        b"null",
        -32600,
        "Invalid Request: id: expected a string, a number or null, got []",
    ),
]


@pytest.mark.parametrize(
    ("line", "identity", "code", "message"), INVALID, ids=[repr(row[0])[:50] for row in INVALID]
)
def test_what_is_no_message_gets_a_reason(
    line: bytes, identity: bytes, code: int, message: str
) -> None:
    assert decode(line) == Invalid(identity, ErrorObject(code, message))


@pytest.mark.parametrize("depth", [499, 500, 501, 2_000, 100_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
def test_nesting_ends_at_500_levels(depth: int, brackets: tuple[bytes, bytes]) -> None:
    opening, closing = brackets
    # The request itself is a level.
    params = opening * (depth - 1) + b"1" + closing * (depth - 1)
    message = decode(b'{"jsonrpc":"2.0","id":5,"method":"m","params":%b}' % params)
    if depth <= 500:
        assert isinstance(message, Request)
    else:
        reason = "Parse error: arrays and objects nested more than 500 levels deep"
        assert message == Invalid(b"5", ErrorObject(-32700, reason, {"limit": 500}))


def test_ten_million_levels_are_an_error_like_any_other() -> None:
    for line in (b"[" * 10_000_000, b"[" * 10_000_000 + b"]" * 10_000_000):
        message = decode(line)
        assert isinstance(message, Invalid)
        assert message.error.code == -32700


def test_brackets_in_strings_and_beside_each_other_do_not_nest() -> None:
    text = json.dumps(["[" * 2_000, '\\"[{' * 600, [[]] * 2_000, {"a": {}}]).encode()
    assert not nests_too_deeply(text, 500)
    message = decode(b'{"jsonrpc":"2.0","id":5,"method":"m","params":%b}' % text)
    assert isinstance(message, Request)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b'{"jsonrpc":"2.0","id":"S:1","method":"m","params":["', (b'"S:1"', False)),
        (b'{"jsonrpc":"2.0","method":"m","id":1.0,"params":[', (b"1.0", False)),
        (b' { "id" : null , "x', (b"null", False)),
        (b'{"id":true,', (b"true", False)),
        (b'{"id":01,', (None, False)),
        (b'{"id":5', (None, False)),
        (b'{"id":5}', (b"5", False)),
        (b'{"params":{"id":6},"id":5,', (None, False)),
        (b'{"jsonrpc":"2.0","id":5,"result":"xxx', (b"5", True)),
        (b'{"jsonrpc":"2.0","id":5,"error":{"', (b"5", True)),
        (b'{"jsonrpc":"2.0","result":{"', (None, True)),
        (b'{"jsonrpc":"2.0","method":"m","id":5,"error":{"', (b"5", False)),
        (b'[{"id":5,', (None, False)),
        (b"garbage", (None, False)),
        (b"", (None, False)),
    ],
)
def test_what_a_line_was_is_salvaged_from_its_first_members(
    head: bytes, found: tuple[bytes | None, bool]
) -> None:
    assert salvage(head) == found


def test_an_unterminated_string_after_many_brackets_takes_linear_time() -> None:
    # Looked at from each of its quotes to its end, this would take many minutes.
    line = b"[" * 501 + b'"' + b'\\"' * 2_000_000
    message = decode(line)
    assert isinstance(message, Invalid)
    assert message.error.code == -32700


PLAIN = b'{"jsonrpc":"2.0","id":1,"method":"m","params":[1]}'
OTHERS: dict[str, bytes | bytearray | Oversized] = {
    "an id of its own": b'{"jsonrpc":"2.0","id":"S:1","method":"m"}',
    "a notification": b'{"jsonrpc":"2.0","method":"m","timeoutMs":5}',
    "one that came in pieces": bytearray(b'{"jsonrpc":"2.0","id":2,"method":"m"}'),
    "UTF-8": '{"jsonrpc":"2.0","id":"é","method":"m"}'.encode(),
    "no UTF-8": b'{"jsonrpc":"2.0","id":3,"method":"m","params":["\xff"]}',
    "an answer": b'{"jsonrpc":"2.0","id":"S:w1","result":1}',
    "a batch": b'[{"jsonrpc":"2.0","id":4,"method":"m"}]',
    "an empty batch": b"[]",
    "no JSON": b'{"jsonrpc":"2.0","id":5,"method":',
    "no request": b'{"jsonrpc":"2.0","id":6}',
    "an illegal id": b'{"jsonrpc":"2.0","id":[7],"method":"m"}',
    "nested too deeply": b'{"jsonrpc":"2.0","id":8,"method":"m","params":%b%b}'
    % (b"[" * 501, b"]" * 501),
    "past the limit": Oversized(b'{"jsonrpc":"2.0","id":9,"method":"m"', 4_097),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_what_a_line_says_does_not_depend_on_its_neighbours(
    other: bytes | bytearray | Oversized,
) -> None:
    said = decode_oversized(other, 4_096) if isinstance(other, Oversized) else decode(other)
    assert decode_lines([other], 4_096) == [said]
    assert decode_lines([PLAIN, other, PLAIN], 4_096) == [decode(PLAIN), said, decode(PLAIN)]


def test_a_line_past_a_small_limit_is_told_from_short_ones() -> None:
    oversized = Oversized(b'{"jsonrpc":"2.0","id":9,"method":"m"', 101)
    assert decode_lines([PLAIN, oversized], 100) == [
        decode(PLAIN),
        decode_oversized(oversized, 100),
    ]


def test_no_lines_say_nothing() -> None:
    assert decode_lines([], 4_096) == []


def test_an_answer_past_the_limit_is_an_answer() -> None:
    head = b'{"jsonrpc":"2.0","id":"S:w1","result":"xxxx'
    assert decode_oversized(Oversized(head, 5_000), 4_096) == Response(b'"S:w1"', UNSET, UNSET)


def test_a_line_past_the_limit_is_answered_with_its_id() -> None:
    head = b'{"jsonrpc":"2.0","id":"S:1","method":"m","params":["xxxx'
    assert decode_oversized(Oversized(head, 5_000), 4_096) == Invalid(
        b'"S:1"',
        ErrorObject(
            -32007,
            "Message too large: 5000 bytes on one line, the limit is 4096",
            {"limit": 4096, "received": 5000},
        ),
    )


class Position(Struct):
    """Stands for where a call is in a trace."""

    traceparent: str
    tracestate: str | None = None


REQUESTS: list[tuple[tuple[Any, ...], bytes]] = [
    ((b'"w1"', "m", b"[]"), b'"id":"w1","method":"m","params":[]'),
    ((b'"w1"', "m", b"[]", 0.2), b'"id":"w1","method":"m","params":[],"timeoutMs":1'),
    (
        (b'"w1"', "m", b"{}", None, Position("p")),
        b'"id":"w1","method":"m","params":{},"traceparent":"p"',
    ),
    (
        (b'"w1"', "m", b"{}", 5.0, Position("p", "s")),
        b'"id":"w1","method":"m","params":{},"timeoutMs":5,"traceparent":"p","tracestate":"s"',
    ),
]


@pytest.mark.parametrize(("parts", "expected"), REQUESTS)
def test_a_request_of_ours_is_written_in_this_order(
    parts: tuple[Any, ...], expected: bytes
) -> None:
    assert request_line(*parts) == b'{"jsonrpc":"2.0",%b}\n' % expected


def test_a_line_for_one_session_begins_with_it() -> None:
    """A relay, and the other clients, compare no more than the first bytes."""
    assert notification_line("m", b"[1]", "S") == (
        b'{"jsonrpc":"2.0","session":"S","method":"m","params":[1]}\n'
    )
    assert notification_line("m", b"[1]") == b'{"jsonrpc":"2.0","method":"m","params":[1]}\n'
