"""jsonrpcserver's dispatcher and ours answer the same, but for what is written down here."""

from __future__ import annotations

import json
import math
import os
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeGuard

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.conversation import DEADLINE
from tests.interop.jsonrpcserver_app import (
    COROUTINE_FUNCTIONS,
    FUNCTIONS,
    ours,
    reduced,
    theirs,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SOAK: Final = "SOAK" in os.environ

both: Final = pytest.mark.parametrize(
    "methods", [FUNCTIONS, COROUTINE_FUNCTIONS], ids=["def", "async def"]
)


def request(method: str, params: object = None, identity: object = 1) -> str:
    message: dict[str, object] = {"jsonrpc": "2.0", "method": method, "id": identity}
    return json.dumps(message if params is None else {**message, "params": params})


def batch(*entries: str) -> str:
    return f"[{', '.join(entries)}]"


# --------------------------------------------------------------------------- where they differ


class Deviation(NamedTuple):
    """Where the two dispatchers differ, and why ours is as it is.

    Attributes:
        line: A line that shows it.
        theirs: What jsonrpcserver answers, as `reduced` has it; the text of what it raises.
        ours: The same of the worker.
        applies: Tells of any line whether it may show it: the message, and its text. None where
            none of those that are made up here does.
        methods: The functions that show it.
        whole: Whether it is in what `reduced` leaves out.
    """

    reason: str
    line: str
    theirs: Any
    ours: Any
    applies: Callable[[Any, str], bool] | None = None
    methods: dict[str, Callable[..., Any]] = FUNCTIONS
    whole: bool = False


def result(value: object, identity: object = 1) -> dict[str, Any]:
    return {"id": repr(identity), "result": value}


def error(told: object, identity: object = 1) -> dict[str, Any]:
    return {"id": repr(identity), "error": told}


MEMBERS: Final = {"jsonrpc", "method", "params", "id"}


def is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


def entries(message: Any) -> list[Any]:
    return message if is_list(message) else [message]


def is_valid(entry: Any) -> bool:
    """Tell whether an entry is a request by the schema of jsonrpcserver's."""
    identity = entry.get("id") if is_object(entry) else None
    return (
        is_object(entry)
        and entry.get("jsonrpc") == "2.0"
        and isinstance(entry.get("method"), str)
        and isinstance(entry.get("params", []), list | dict)
        and not isinstance(identity, bool | list | dict)
        and entry.keys() <= MEMBERS
    )


def keeps_id(entry: Any) -> bool:
    """Tell whether an entry is no request, and has an id that one could have."""
    usable = is_object(entry) and isinstance(entry.get("id"), str | int | float)
    return usable and not isinstance(entry["id"], bool) and not is_valid(entry)


def names(entry: Any, method: str) -> bool:
    return is_object(entry) and entry.get("method") == method


def any_entry(holds: Callable[[Any], bool]) -> Callable[[Any, str], bool]:
    return lambda message, _text: any(map(holds, entries(message)))


def repeats_an_id(message: Any, _text: str) -> bool:
    found = [json.dumps(e["id"]) for e in entries(message) if is_object(e) and "id" in e]
    return len(found) > len(set(found))


def has_a_number_beyond(limit: float) -> Callable[[Any, str], bool]:
    def beyond(value: object) -> bool:
        if is_list(value):
            return any(map(beyond, value))
        if is_object(value):
            return any(map(beyond, value.values()))
        return isinstance(value, int | float) and not abs(value) < limit

    return lambda message, _text: beyond(message)


def has_a_huge_number(message: Any, text: str) -> bool:
    named = any(names(entry, "huge") for entry in entries(message))
    return named or has_a_number_beyond(2**53)(message, text)


def has_a_bad_entry(message: Any, _text: str) -> bool:
    return is_list(message) and not all(map(is_valid, message))


def has(pattern: str) -> Callable[[Any, str], bool]:
    return lambda _message, text: re.search(pattern, text) is not None


DEVIATIONS: Final = {
    # ---------------------------------------------------------------- what is taken for a request
    "members that nobody knows are ignored": Deviation(
        "Later protocols add members, and some of ours are such: timeoutMs, session.",
        '{"jsonrpc": "2.0", "id": 1, "method": "get_data", "timeoutMs": 500}',
        error(-32600, None),
        result(["hello", 5]),
        any_entry(lambda entry: is_object(entry) and not entry.keys() <= MEMBERS),
    ),
    "one bad entry does not fail its batch": Deviation(
        "So the specification's examples have it.",
        batch(request("get_data"), '{"foo": "boo"}'),
        error(-32600, None),
        [error(-32600, None), result(["hello", 5])],
        has_a_bad_entry,
    ),
    "what looks like an answer is not answered": Deviation(
        "Two ends that answer each other's answers never come to rest.",
        '{"jsonrpc": "2.0", "id": 1, "result": 19}',
        error(-32600, None),
        None,
        any_entry(lambda e: is_object(e) and "method" not in e and not e.keys() <= MEMBERS),
    ),
    "an invalid request is answered with its id": Deviation(
        "It can be told, and with it who asked.",
        '{"jsonrpc": "2.0", "id": 1, "method": 2}',
        error(-32600, None),
        error(-32600),
        any_entry(keeps_id),
    ),
    "params that are no array and no object are invalid params": Deviation(
        "The request is one; and of which method's params it is, is told.",
        '{"jsonrpc": "2.0", "id": 1, "method": "get_data", "params": null}',
        error(-32600, None),
        error(-32602),
        any_entry(
            lambda entry: is_object(entry) and not isinstance(entry.get("params", []), list | dict)
        ),
    ),
    "an id is in flight once": Deviation(
        "Nobody could tell the two answers apart.",
        batch(request("get_data"), request("subtract", [3, 2])),
        [result(1), result(["hello", 5])],
        [error(-32600, None), result(["hello", 5])],
        repeats_an_id,
    ),
    "names that the protocol reserves are its own": Deviation(
        "rpc. is JSON-RPC's; system. and $/ are this protocol's.",
        request("system.ping", [7]),
        error(-32601),
        result([7]),
        any_entry(
            lambda e: is_object(e) and str(e.get("method")).startswith(("rpc.", "system.", "$/"))
        ),
    ),
    # -------------------------------------------------------------------------- what is no JSON
    "NaN and Infinity are no JSON": Deviation(
        "RFC 8259, section 6; no window could have written it.",
        '{"jsonrpc": "2.0", "id": 1, "method": "echo", "params": [NaN]}',
        result("NaN"),
        error(-32700),
        has(r"NaN|Infinity"),
    ),
    "a lone surrogate is no text": Deviation(
        "UTF-8 cannot carry what a function would make of it.",
        '{"jsonrpc": "2.0", "id": 1, "method": "echo", "params": ["\\ud800"]}',
        result("\ud800"),
        error(-32700),
        has(r"\\u[dD][89a-fA-F]"),
    ),
    "a number beyond what a float holds is refused": Deviation(
        "It would come back as Infinity, which is no JSON.",
        '{"jsonrpc": "2.0", "id": 1, "method": "echo", "params": [1e400]}',
        result(math.inf),
        error(-32602),
        has_a_number_beyond(math.inf),
    ),
    "nesting has a limit": Deviation(
        "Its limit is where the interpreter's stack ends, which differs from version to version.",
        f'{{"jsonrpc": "2.0", "id": 1, "method": "nothing", "params": {"[" * 600}{"]" * 600}}}',
        result(None),
        error(-32700),
    ),
    # ------------------------------------------------------------------- how functions are called
    "a type that is annotated is checked": Deviation(
        "It is what a page is told by rpc.discover, and what the function was written for.",
        request("add", ["1"]),
        error(-32603),
        error(-32602),
        any_entry(lambda entry: names(entry, "add")),
    ),
    "plain functions and coroutine functions are mounted together": Deviation(
        "Its two dispatchers take one kind each.",
        request("get_data"),
        error(-32603),
        result(["hello", 5]),
        methods={**FUNCTIONS, "late": COROUTINE_FUNCTIONS["late"]},
    ),
    # ------------------------------------------------------------------------ what they return
    "a value that is no Result is the result": Deviation(
        "It is what every other handler returns; functions can be rid of Success one by one.",
        request("plain"),
        error(-32603),
        result("plain"),
        any_entry(lambda entry: names(entry, "plain")),
    ),
    "whatever has a form in JSON can be returned": Deviation(
        "Its caller gets an exception of json.dumps, and the page no answer at all.",
        request("many"),
        "TypeError",
        result([1]),
        any_entry(lambda entry: names(entry, "many")),
    ),
    "a result that is not a number is refused": Deviation(
        "It writes NaN, which JSON.parse refuses, with the whole of the line.",
        request("not_a_number"),
        result("NaN"),
        error({"code": -32003}),
        any_entry(lambda entry: names(entry, "not_a_number")),
    ),
    "an integer that JavaScript would round is refused": Deviation(
        "The page would read another number than was written.",
        request("huge"),
        result(2**53),
        error({"code": -32003}),
        has_a_huge_number,
    ),
    "data that is null is left out": Deviation(
        "To JSON-RPC both say the same: no data.",
        request("refuse_with_null"),
        error({"code": 7, "message": "no", "data": None}),
        error({"code": 7, "message": "no"}),
        any_entry(lambda entry: names(entry, "refuse_with_null")),
    ),
    "a message that is no text becomes one": Deviation(
        "A page that shows error.message finds what JSON-RPC says is there.",
        request("refuse_with_a_number"),
        error({"code": 7, "message": 5}),
        error({"code": 7, "message": "5"}),
        any_entry(lambda entry: names(entry, "refuse_with_a_number")),
    ),
    "a code that JavaScript would round is a bug": Deviation(
        "The page would read another code than was written.",
        request("refuse_beyond"),
        error({"code": 2**63, "message": "no"}),
        error(-32603),
        any_entry(lambda entry: names(entry, "refuse_beyond")),
    ),
    "the keys of an object are texts and numbers": Deviation(
        'It writes None as "null", and True as "true", which nobody reads back.',
        request("with_odd_keys"),
        result({"null": 1}),
        error({"code": -32003}),
        any_entry(lambda entry: names(entry, "with_odd_keys")),
    ),
    "a code that is no integer is a bug": Deviation(
        "A page that looks at error.code finds what JSON-RPC says is there.",
        request("refuse_with_a_name"),
        error({"code": "busy", "message": "no"}),
        error(-32603),
        any_entry(lambda entry: names(entry, "refuse_with_a_name")),
    ),
    # ------------------------------------------------------------------------------ what is told
    "a bug is told with its type": Deviation(
        "As that of any handler; it is logged, too.",
        request("crash"),
        {"code": -32603, "message": "Internal error", "data": "a bug"},
        {
            "code": -32603,
            "message": "Internal error: ValueError: a bug",
            "data": {"type": "ValueError", "message": "a bug"},
        },
        whole=True,
    ),
    "params that do not fit are told with their place": Deviation(
        "As those of any method.",
        request("echo", {"text": 1}),
        {
            "code": -32602,
            "message": "Invalid params",
            "data": "missing a required argument: 'value'",
        },
        {
            "code": -32602,
            "message": "Invalid params: echo, value: expected a value, received nothing",
            "data": {
                "param": "value",
                "path": "$",
                "expected": "a value",
                "received": "nothing",
            },
        },
        whole=True,
    ),
    "an unknown method is told with what is alike": Deviation(
        "As that of any worker.",
        request("ecko"),
        {"code": -32601, "message": "Method not found", "data": "ecko"},
        {
            "code": -32601,
            "message": "Method not found: 'ecko'; did you mean 'echo'?",
            "data": {"method": "ecko"},
        },
        whole=True,
    ),
}


def seen(answer: Any, *, whole: bool) -> Any:
    """Return an answer as the list of deviations has it."""
    if whole:
        return answer["error"]
    found = reduced(answer)
    if is_object(found) and is_object(found.get("error")) and found["error"]["code"] == -32003:
        return {**found, "error": {"code": -32003}}
    if is_object(found) and found.get("result") != found.get("result"):
        return {**found, "result": "NaN"}
    return found


@pytest.mark.parametrize("name", DEVIATIONS)
def test_each_deviation_still_occurs(name: str) -> None:
    deviation = DEVIATIONS[name]
    assert deviation.applies is None or name in deviating(deviation.line)
    answer = theirs(deviation.line, deviation.methods)
    assert seen(answer, whole=deviation.whole) == deviation.theirs
    (answer,) = ours([deviation.line], deviation.methods)
    assert seen(answer, whole=deviation.whole) == deviation.ours


def test_plain_functions_run_at_the_same_time() -> None:
    """In threads, so that none waits for another; @exclusive and @inline change that."""
    alone, met = (
        batch(request("meet", [seconds]), request("meet", [seconds], 2))
        for seconds in (0.01, DEADLINE)
    )
    assert reduced(theirs(alone, FUNCTIONS)) == [result("alone"), result("alone", 2)]
    (answers,) = ours([met], FUNCTIONS)
    assert reduced(answers) == [result("met"), result("met", 2)]


def test_answers_of_a_batch_come_in_the_order_in_which_they_are_ready() -> None:
    line = batch(request("late", [9]), request("late", [1], identity=2))
    assert [answer["id"] for answer in theirs(line, COROUTINE_FUNCTIONS)] == [1, 2]
    (answers,) = ours([line], COROUTINE_FUNCTIONS)
    assert [answer["id"] for answer in answers] == [2, 1]


def test_a_validator_sees_each_request_of_a_batch_by_itself() -> None:
    def two_at_most(message: Any) -> None:
        if len(message) < 3:
            raise ValueError("few")

    line = batch(request("get_data"), request("get_data", identity=2))
    assert reduced(theirs(line, FUNCTIONS, validator=two_at_most)) == error(-32600, None)
    (answers,) = ours([line], FUNCTIONS, validator=two_at_most)
    assert reduced(answers) == [result(["hello", 5]), result(["hello", 5], 2)]


# -------------------------------------------------------------------------- where they do not


def deviating(line: str) -> list[str]:
    """Return the deviations that a line may show."""
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    return [
        name for name, d in DEVIATIONS.items() if d.applies is not None and d.applies(message, line)
    ]


SPECIFICATION: Final = [
    request("subtract", [42, 23]),
    request("subtract", [23, 42], 2),
    request("subtract", {"subtrahend": 23, "minuend": 42}, 3),
    request("subtract", {"minuend": 42, "subtrahend": 23}, 4),
    '{"jsonrpc": "2.0", "method": "total", "params": [1, 2, 3, 4, 5]}',
    '{"jsonrpc": "2.0", "method": "foobar"}',
    request("foobar", identity="1"),
    '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    f'[{request("total", [1, 2, 4], "1")}, {{"jsonrpc": "2.0", "method"',
    "[]",
    "[1]",
    "[1, 2, 3]",
    batch(
        request("total", [1, 2, 4], "1"),
        '{"jsonrpc": "2.0", "method": "nothing", "params": [7]}',
        request("subtract", [42, 23], "2"),
        '{"foo": "boo"}',
        request("foo.get", {"name": "myself"}, "5"),
        request("get_data", identity="9"),
    ),
    batch(
        '{"jsonrpc": "2.0", "method": "nothing", "params": [1, 2, 4]}',
        '{"jsonrpc": "2.0", "method": "nothing", "params": [7]}',
    ),
]
"""The examples of section 7, for methods that are here."""

EXPECTED_TO_DEVIATE: Final = {SPECIFICATION[8], *SPECIFICATION[11:14]}
"""Those of which its answer is not what the specification says; but for the first, whose params are
no array either: that deviates elsewhere."""


@both
@pytest.mark.parametrize("line", SPECIFICATION)
def test_the_examples_of_the_specification(
    line: str, methods: dict[str, Callable[..., Any]]
) -> None:
    (answer,) = ours([line], methods)
    differ = reduced(answer) != reduced(theirs(line, methods))
    if differ:
        assert deviating(line) != []
    assert differ == (line in EXPECTED_TO_DEVIATE - {SPECIFICATION[8]})


VALUES: Final[list[Any]] = [None, True, 0, -0.0, 1e300, "é\u2028\0", [[]], {"": {}}]
LINES: Final = [
    *("1", '"x"', "null", "true", "{}", "", "nonsense", '{"jsonrpc": "2.0"}'),
    *(request("greet", params) for params in ([], ["you"], ["you", True], {"loud": True}, {})),
    *(request("greet", params) for params in ({"name": "a", "loud": 1}, {"nome": "a"})),
    *(request("members", params) for params in ([], [1], {}, {"a": 1, "self": 2, "value": 3})),
    *(request("first", params) for params in ([1], {"value": 1}, [], [1, 2])),
    *(request("total", params) for params in ([], [1], {"numbers": [1]})),
    *(request("refuse", p) for p in ([], [-32050, "x", [1]], [-32602], [2**40], [0])),
    *(request(name) for name in ("refuse_plainly", "give_up_plainly", "crash", "nothing")),
    *(request("give_up", [code, "so"]) for code in (1, -1, -32600, -32603, -32001, -32768)),
    *(request("refuse_params", [data]) for data in ("x", {"a": [None]}, 0)),
    *(request("echo", [v]) for v in VALUES),
    *(request("get_data", identity=i) for i in (None, "", "é", 0, -1, 1.0, 1.5, 2**60, 10**30)),
    *(request("get_data", identity=identity) for identity in (True, [1], {"a": 1})),
    '{"jsonrpc": "2.0", "method": "crash"}',
    '{"jsonrpc": "2.0", "method": "echo", "params": {"value": 1, "value": 2}, "id": 1}',
    '  {"id": 1e2 , "method":"get_data","jsonrpc":"2.0"} ',
]


@both
def test_they_answer_the_same(methods: dict[str, Callable[..., Any]]) -> None:
    lines = [line for line in LINES if line]
    differing = {
        line: (expected, found)
        for line, answer in zip(lines, ours(lines, methods), strict=True)
        if (expected := reduced(theirs(line, methods))) != (found := reduced(answer))
    }
    assert differing == {}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=True)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
params = (
    st.lists(json_values, max_size=3)
    | st.dictionaries(
        st.sampled_from(["value", "name", "loud", "minuend", "subtrahend", "code", "data", "x"]),
        json_values,
        max_size=3,
    )
    | st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(list)
)
identities = st.none() | st.integers() | st.floats() | st.text(max_size=4) | st.booleans()
SAMPLED: Final = sorted(FUNCTIONS.keys() - {"meet", "give_up", "refuse"})
good_requests = st.fixed_dictionaries(
    {"jsonrpc": st.just("2.0"), "method": st.sampled_from([*SAMPLED, "unknown"])},
    optional={"params": params, "id": identities},
)
weird_requests = st.fixed_dictionaries(
    {},
    optional={
        "jsonrpc": st.just("2.0") | json_values,
        "method": st.sampled_from([*SAMPLED, "system.ping", "$/x", "rpc."]) | json_values,
        "params": params | json_values,
        "id": identities | json_values,
        "extra": json_values,
        "result": json_values,
    },
)
messages = st.one_of(
    good_requests,
    good_requests,
    st.lists(good_requests, max_size=4),
    weird_requests,
    st.lists(weird_requests | good_requests, max_size=3),
    json_values,
)


@both
@settings(max_examples=5_000 if SOAK else 100)
@given(made_up=st.lists(messages, min_size=1, max_size=8))
def test_they_answer_the_same_to_whatever_is_made_up(
    methods: dict[str, Callable[..., Any]], made_up: list[Any]
) -> None:
    lines = [json.dumps(message) for message in made_up]
    for line, answer in zip(lines, ours(lines, methods), strict=True):
        listed = deviating(line)
        event("compared" if not listed else "deviates")
        if not listed:
            assert reduced(answer) == reduced(theirs(line, methods)), line
