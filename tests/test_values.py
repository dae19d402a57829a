"""What may leave the worker, what may not, and what is said of it."""

from __future__ import annotations

import datetime as dt
import enum
import json
from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NotRequired,
    TypedDict,
    TypeVar,
)
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpc_worker import BigInt, Struct
from rpc_worker.outgoing import outgoing
from rpc_worker.reading.annotations import TypeReader
from rpc_worker.values import UnencodableResult, decoder, encode, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rpc_worker.schema import Type

T = TypeVar("T")

NAN = float("nan")
INFINITY = float("inf")
SAFE = 2**53 - 1
NAIVE = dt.datetime(2026, 1, 2)  # noqa: DTZ001 - what is to be found
AWARE = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


class Float(float):
    """As numpy.float64 is."""


class Text(str):
    __slots__ = ()


class Whole(int):
    pass


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    LOW = 1


class Huge(enum.IntEnum):
    HUGE = 2**60


class Point(Struct):
    x_pos: float
    y_pos: float = 0.0
    label: str = ""


class Further(Point):
    pass


class Sized(msgspec.Struct):
    size: int


class Named(Struct):
    name: str


class Tree(msgspec.Struct):
    size: int
    children: list[Tree] = []
    parent: Tree | None = None


class Box(Struct):
    corner: Point
    depth: int | None
    name: str


class Circle(Struct, tag=True):
    radius: float


class Line(Struct, tag=True):
    length: int


class Patch(Struct):
    size: int | msgspec.UnsetType = msgspec.UNSET


@dataclass
class Data:
    size: int
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Label:
    name: str
    color: str = "red"


@dataclass
class Labelled(Generic[T]):
    label: T
    more: list[Label] = field(default_factory=list[Label])
    count: ClassVar[int] = 5


class Row(NamedTuple):
    key: str
    size: int


class Options(TypedDict):
    depth: int
    limit: NotRequired[int]


def node_of(annotation: Any) -> Type:
    reader = TypeReader()
    node = reader.read(annotation, "here")
    assert reader.misfits == []
    return node


def check_of(annotation: Any) -> Callable[[Any], None]:
    return outgoing(node_of(annotation))


def name(value: Any) -> str:
    """Return a short name for a case; there is none for what is huge or deep."""
    return value.__name__ if isinstance(value, type) else type(value).__name__


def problem(check: Callable[[Any], object], value: Any) -> str:
    with pytest.raises(UnencodableResult) as caught:
        check(value)
    return str(caught.value)


GOOD: list[tuple[Any, list[Any]]] = [
    (None, [None]),
    (bool, [True, False]),
    (int, [0, SAFE, -SAFE, Level.LOW, Whole(5)]),
    (float, [0.0, -1.5, 1.7e308, 5, SAFE, Float(1.5), Level.LOW]),
    (str, ["", "x", Text("x"), Color.RED.value]),
    (bytes, [b"x", bytearray(b"x"), memoryview(b"x")]),
    (BigInt, [BigInt(2**70), BigInt(0)]),
    (Any, [None, True, 1, 1.5, "x", b"x", [1], {"a": {1: 2}}, (1,), {1}, Point(1.0), AWARE]),
    (Any, [Data(1), Row("a", 1), Color.RED, BigInt(2**70), UUID(int=0), Decimal(1), deque([1])]),
    (Any, [{1.5: 1, Level.LOW: 2, Color.RED: 3}, Patch(), msgspec.Raw(b'{"a":1}'), range(3)]),
    (msgspec.Raw, [msgspec.Raw(b"[1,2.5]")]),
    (dt.datetime, [AWARE]),
    (Annotated[dt.datetime, msgspec.Meta(tz=False)], [NAIVE]),
    (Annotated[dt.datetime, msgspec.Meta(tz=True)], [AWARE]),
    (dt.date, [dt.date(2026, 1, 2)]),
    (dt.time, [dt.time(1)]),
    (dt.timedelta, [dt.timedelta(1)]),
    (UUID, [UUID(int=0)]),
    (Decimal, [Decimal("1.1")]),
    (Literal["a", 1], ["a", 1]),
    (Color, [Color.RED, "red"]),
    (Level, [Level.LOW, 1]),
    (list[int], [[], [1, SAFE], (1, 2), [Level.LOW, 2], deque([1])]),
    (list[float], [[], [1.5, 2], [1.7e308, 1.7e308], [Float(1.5)]]),
    (list[str], [["a"], ("a",)]),
    (set[int], [{1, 2}, frozenset({1})]),
    (tuple[int, str], [(1, "a"), [1, "a"]]),
    (tuple[float, ...], [(), (1.5,)]),
    (dict[str, int], [{}, {"a": 1}, OrderedDict(a=1), MappingProxyType({"a": 1})]),
    (dict[int, str], [{SAFE: "a"}]),
    (dict[str, list[float | None]], [{"a": [1.5, None]}]),
    (int | None, [1, None]),
    (int | str, [1, "a", Text("a")]),
    (float | str | None, [1.5, 2, "a", None]),
    (Circle | Line, [Circle(1.5), Line(1)]),
    (Line | int | list[int], [Line(1), 1, [1]]),
    (Point, [Point(1.5), Point(1, 2)]),
    (Named, [Named("a")]),
    (list[Point], [[Point(1.5)], [], ()]),
    (list[Box], [[Box(Point(1.0), None, "a"), Box(Point(2), 1, "b")]]),
    (list[Point], [[Point(1.0), Further(2.0)]]),
    (Tree, [Tree(1, [Tree(2)], Tree(3))]),
    (Patch, [Patch(), Patch(1)]),
    (Data, [Data(1), Data(1, AWARE)]),
    (Row, [Row("a", 1)]),
    (Options, [{"depth": 1}, {"depth": 1, "limit": 2}]),
]


@pytest.mark.parametrize(("annotation", "values"), GOOD, ids=name)
def test_what_fits_is_sent_and_read_back(annotation: Any, values: list[Any]) -> None:
    send = encoder(node_of(annotation))
    receive = decoder(annotation).decode
    for value in values:
        sent = send(value)
        assert json.loads(send(receive(sent))) == json.loads(sent)


LABEL = {"name": "a"}
WHOLE = {"name": "a", "color": "red"}


@pytest.mark.parametrize(
    ("annotation", "came", "sent"),
    [
        (Label, LABEL, WHOLE),
        (list[Label], [LABEL, LABEL], [WHOLE, WHOLE]),
        (dict[str, Label], {"x": LABEL}, {"x": WHOLE}),
        (tuple[int, Label], [1, LABEL], [1, WHOLE]),
        (Label | None, LABEL, WHOLE),
        (Labelled[Label], {"label": LABEL}, {"label": WHOLE, "more": []}),
        (list[Labelled[str]], [{"label": "x", "more": [LABEL]}], [{"label": "x", "more": [WHOLE]}]),
        (Data, {"size": 1}, {"size": 1, "at": None}),
    ],
)
def test_a_default_that_only_the_class_has_is_sent(annotation: Any, came: Any, sent: Any) -> None:
    decode = decoder(annotation).decode
    for encode_it in (encoder(node_of(annotation)), encode):
        value = decode(json.dumps(came))
        assert json.loads(encode_it(value)) == sent
        assert json.loads(encode_it(value)) == sent, "again"
        assert value == decode(json.dumps(came)), "it is no other one"


def test_an_encoder_checks_and_encodes() -> None:
    send = encoder(node_of(list[float]))
    assert send([1.5, 2]) == b"[1.5,2]"
    assert problem(send, [1.5, NAN]) == f"$[1]: {NO_NAN}"
    assert problem(encoder(node_of(str)), "abc\ud800def") == SURROGATE


BEYOND = (
    "is outside ±(2^53-1), where a JavaScript number is not exact; declare rpc_worker.BigInt and "
    "return BigInt(…)"
)
NO_NAN = "JSON has no nan; declare `float | None` and return None"
NO_INFINITY = "JSON has no inf; declare `float | None` and return None"
NO_ZONE = (
    "the datetime has no time zone, so JavaScript would take it for its own; write "
    "datetime.now(UTC) or value.astimezone()"
)
ABIDJAN = dt.timezone(-dt.timedelta(minutes=16, seconds=8))  # Its offset until 1912.
ODD_OFFSET = (
    "the datetime is -0:16:08 from UTC, and the wire has whole minutes; write value.astimezone(UTC)"
)
ODD_TIME = (
    "the time is -0:16:08 from UTC, and the wire has whole minutes; write value.replace("
    "tzinfo=None), or send a datetime"
)
NO_FORM = "has no form in JSON; return an rpc_worker.Struct, or convert it"
ZONE = (
    "the datetime has a time zone, and Meta(tz=False) says it has none; write "
    "value.replace(tzinfo=None), or declare Meta(tz=True)"
)
SURROGATE = (
    "the text 'abc\\ud800def' has a lone surrogate, which UTF-8 cannot carry; a file name can hold "
    'one: write os.fsencode(name).decode(errors="replace")'
)
A_KEY = "a text or a number as an object's key"
DEEP = (
    "it is nested deeper than 500 levels, or contains itself; return a flat list whose items refer "
    "to each other by number"
)


def over(value: int) -> str:
    return f"the int {value} {BEYOND}"


BAD: list[tuple[Any, Any, str]] = [
    (None, 5, "expected None, got int"),
    (bool, 1, "expected bool, got int"),
    (int, None, "expected int, got None"),
    (int, True, "expected int, got bool"),
    (int, 1.0, "expected int, got float"),
    (int, BigInt(1), "expected int, got BigInt"),
    (int, SAFE + 1, over(SAFE + 1)),
    (int, -SAFE - 1, over(-SAFE - 1)),
    (int, Huge.HUGE, over(2**60)),
    (int, 10**5000, f"the int of 16610 bits {BEYOND}"),
    (float, "x", "expected float, got str"),
    (float, None, "expected float, got None"),
    (float, True, "expected float, got bool"),
    (float, Decimal(1), "expected float, got Decimal"),
    (float, NAN, NO_NAN),
    (float, INFINITY, NO_INFINITY),
    (float, -INFINITY, "JSON has no -inf; declare `float | None` and return None"),
    (float, Float("nan"), NO_NAN),
    (float, 2**60, over(2**60)),
    (str, None, "expected str, got None"),
    (str, b"x", "expected str, got bytes"),
    (bytes, "x", "expected bytes, got str"),
    (BigInt, 5, "expected BigInt, got int; write BigInt(…)"),
    (BigInt, "5", "expected BigInt, got str"),
    (dt.datetime, NAIVE, NO_ZONE),
    (dt.datetime, NAIVE.replace(tzinfo=ABIDJAN), ODD_OFFSET),
    (Any, NAIVE.replace(tzinfo=ABIDJAN), ODD_OFFSET),
    (dt.time, dt.time(12, tzinfo=ABIDJAN), ODD_TIME),
    (list[dt.time], [dt.time(12, tzinfo=ABIDJAN)], f"$[0]: {ODD_TIME}"),
    (dt.datetime, "2026-01-02", "expected datetime, got str"),
    (dt.date, AWARE, "expected date, got datetime"),
    (Annotated[dt.datetime, msgspec.Meta(tz=False)], AWARE, ZONE),
    (msgspec.Raw, b"1", "expected msgspec.Raw, got bytes"),
    (
        msgspec.Raw,
        msgspec.Raw(b"[1,\n2]"),
        "the Raw has a line break; write msgspec.Raw(msgspec.json.format(raw, indent=-1))",
    ),
    (
        msgspec.Raw,
        msgspec.Raw(b"[1"),
        "the Raw is not JSON: Input data was truncated",
    ),
    (msgspec.Raw, msgspec.Raw(b"[1e400]"), "the Raw is not JSON: Number out of range - at `$[0]`"),
    (msgspec.Raw, msgspec.Raw(b'{"a":9007199254740993}'), f"$.a: {over(2**53 + 1)}"),
    (Literal["a", 1], "b", "expected \"a\" or 1, got 'b'"),
    (Literal["a", 1], True, 'expected "a" or 1, got True'),
    (Color, "blue", "expected \"red\", got 'blue'"),
    (Level, Color.RED, "expected 1, got <Color.RED: 'red'>"),
    (list[int], None, "expected list of int, got None"),
    (list[int], {"a": 1}, "expected list of int, got dict"),
    (list[int], [1, "x"], "$[1]: expected int, got str"),
    (list[int], [1, True], "$[1]: expected int, got bool"),
    (list[int], [1, BigInt(2)], "$[1]: expected int, got BigInt"),
    (list[float], [1.5, 2**60], f"$[1]: {over(2**60)}"),
    (list[int], [1, 2**53], f"$[1]: {over(2**53)}"),
    (list[float], [1.5, NAN], f"$[1]: {NO_NAN}"),
    (list[float], [INFINITY, -INFINITY], f"$[0]: {NO_INFINITY}"),
    (list[float], [Decimal(1)], "$[0]: expected float, got Decimal"),
    (list[str], "abc", "expected list of str, got str"),
    (list[str], (c for c in "abc"), "expected list of str, got generator"),
    (list[list[float]], [[1.5], [NAN]], f"$[1][0]: {NO_NAN}"),
    (tuple[int, str], (1,), "expected list of exactly 2 items, got tuple"),
    (tuple[str, int], ("a", "b"), "$[1]: expected int, got str"),
    (dict[str, int], [1], "expected object of int, got list"),
    (dict[str, float], {"a": NAN}, f"$.a: {NO_NAN}"),
    (dict[str, float], {"a b": NAN}, f"$['a b']: {NO_NAN}"),
    (dict[int, str], {2**53: "a"}, f"$[{2**53}]: {over(2**53)}"),
    (dict[float, str], {NAN: "a"}, f"$[nan]: {NO_NAN}"),
    (int | None, "x", "expected int or null, got str"),
    (float | str | None, NAN, NO_NAN),
    (Circle | Line, Circle(NAN), f"$.radius: {NO_NAN}"),
    (Circle | Line, Point(1.0), "expected Circle or Line, got Point"),
    (Point, {"xPos": 1.5}, "expected Point, got dict"),
    (Point, None, "expected Point, got None"),
    (Point, Point(NAN), f"$.xPos: {NO_NAN}"),
    (Named, Point(1.0), "expected Named, got Point"),
    (list[Point], [Point(1.0), Point(0.0, NAN)], f"$[1].yPos: {NO_NAN}"),
    (dict[str, list[Sized]], {"a": [Sized(2**53)]}, f"$.a[0].size: {over(2**53)}"),
    (list[float | None], [1.5, None, NAN], f"$[2]: {NO_NAN}"),
    (
        list[Box],
        [Box(Point(1.0), None, "a"), Box(Point(NAN), 1, "a")],
        f"$[1].corner.xPos: {NO_NAN}",
    ),
    (list[Box], [Box(Point(1.0), 2**53, "a")], f"$[0].depth: {over(2**53)}"),
    (list[Point], [Point(1.0), Named("a")], "$[1]: expected Point, got Named"),
    (Tree, Tree(1, [Tree(2), Tree(2**53)]), f"$.children[1].size: {over(2**53)}"),
    (Patch, Patch(2**53), f"$.size: {over(2**53)}"),
    (Sized, Sized(msgspec.UNSET), "$.size: expected int, got UnsetType"),  # type: ignore[arg-type] # to be found
    (Data, Data(1, NAIVE), f"$.at: {NO_ZONE}"),
    (Row, Row("a", 2**53), f"$.size: {over(2**53)}"),
    (Options, {"depth": 2**53}, f"$.depth: {over(2**53)}"),
    (Options, Point(1.0), "expected Options, got Point"),
    (Any, {"a": [1, {"b": NAN}]}, f"$.a[1].b: {NO_NAN}"),
    (Any, [Point(NAN)], f"$[0].xPos: {NO_NAN}"),
    (Any, Data(2**53), f"$.size: {over(2**53)}"),
    (Any, [NAIVE], f"$[0]: {NO_ZONE}"),
    (Any, {2**53: 1}, f"$[{2**53}]: {over(2**53)}"),
    (Any, Huge.HUGE, over(2**60)),
    (Any, {(1, 2): 1}, f"expected {A_KEY}, got tuple"),
    (Any, {None: 1}, f"expected {A_KEY}, got None"),
    (
        Any,
        {"a": object()},
        f"$.a: object {NO_FORM}",
    ),
    (dict[str, Any], {"a": {NAN: 1}}, f"$.a[nan]: {NO_NAN}"),
]


@pytest.mark.parametrize(("annotation", "value", "message"), BAD, ids=name)
def test_what_must_not_be_sent_is_found_with_its_place(
    annotation: Any, value: Any, message: str
) -> None:
    assert problem(check_of(annotation), value) == message


async def forgotten() -> float:
    return 1.5


def test_a_coroutine_that_nobody_awaited_is_named() -> None:
    coroutine = forgotten()
    message = problem(check_of(float), coroutine)
    coroutine.close()
    assert message == "expected float, got coroutine (is an await missing?)"


UNENCODABLE: list[tuple[Any, str]] = [
    (object(), f"object {NO_FORM}"),
    (
        [{"a": 1j}],
        "$[0].a: complex has no form in JSON; return an rpc_worker.Struct, or convert it",
    ),
    (ValueError("x"), f"ValueError {NO_FORM}"),
    ({(1,): 1}, f"expected {A_KEY}, got tuple"),
    ([10**5000], f"$[0]: the int of 16610 bits {BEYOND}"),
    ({"a": "abc\ud800def"}, SURROGATE),
    ({True: 1}, f"expected {A_KEY}, got bool"),
]


@pytest.mark.parametrize(("value", "message"), UNENCODABLE, ids=name)
def test_what_has_no_form_in_json_is_told(value: Any, message: str) -> None:
    assert problem(encode, value) == message


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (BigInt(2**70), '"1180591620717411303424"'),
        ([BigInt(1), 1], '["1",1]'),
        (Float(1.5), "1.5"),
        (Text("a"), '"a"'),
        (Whole(5), "5"),
        (deque([1]), "[1]"),
        (range(2), "[0,1]"),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (Point(1.5), '{"xPos":1.5,"yPos":0.0,"label":""}'),
    ],
    ids=name,
)
def test_what_msgspec_does_not_know_by_itself_is_sent(value: Any, text: str) -> None:
    assert encode(value).decode() == text


def in_list(inner: object) -> object:
    return [inner]


def in_object(inner: object) -> object:
    return {"a": inner}


def nested(depth: int, wrap: Callable[[object], object] = in_list) -> Any:
    value: Any = wrap(None)
    for _ in range(depth - 1):
        value = wrap(value)
    return value


def chain(length: int) -> Tree:
    tree = Tree(0)
    for _ in range(length - 1):
        tree = Tree(0, [], tree)
    return tree


def cycles() -> list[tuple[Any, Any]]:
    items: list[Any] = []
    items.append(items)
    members: dict[str, Any] = {}
    members["self"] = members
    tree = Tree(1)
    tree.children.append(tree)
    return [(Any, items), (Any, members), (Tree, tree), (list[Any], items)]


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        *cycles(),
        (Any, nested(501)),
        (Any, nested(501, in_object)),
        (Any, nested(100_000)),
        (Tree, chain(100_000)),
    ],
    ids=name,
)
def test_cycles_and_what_is_too_deep_end_in_an_error(annotation: Any, value: Any) -> None:
    assert problem(check_of(annotation), value) == DEEP


@pytest.mark.parametrize(
    "value", [nested(100_000), chain(100_000), *(value for _, value in cycles())], ids=name
)
def test_encoding_alone_ends_in_an_error_too(value: Any) -> None:
    assert problem(encode, value) == DEEP


@pytest.mark.parametrize("value", [nested(500), nested(500, in_object)], ids=name)
def test_500_levels_are_sent(value: Any) -> None:
    check_of(Any)(value)
    assert json.loads(encode(value)) == value


class Lost(Mapping[str, int]):
    def __getitem__(self, key: str) -> int:
        raise LookupError(f"no {key} today")

    def __iter__(self) -> Iterator[str]:
        return iter("a")

    def __len__(self) -> int:
        return 1


class Unready:
    def __getattribute__(self, attribute: str) -> Any:
        # As proxies do, which look up what they stand for.
        raise RuntimeError("not yet")


@pytest.mark.parametrize("annotation", [Any, int, float, str, bool, list[int], Tree, int | None])
def test_what_a_class_of_the_users_raises_is_told(annotation: Any) -> None:
    assert problem(check_of(annotation), Unready()) == "reading it raises RuntimeError: not yet"


def test_what_an_iterator_of_the_users_raises_is_told() -> None:
    message = "reading it raises LookupError: no a today"
    assert problem(check_of(dict[str, int]), Lost()) == message
    assert problem(encode, Lost()) == message


text = st.text(st.characters(codec="utf-8"))
leaves = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | st.floats(allow_nan=False) | text
plain = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(text, inner))


@given(plain)
def test_whatever_the_check_lets_pass_is_read_back_the_same(value: Any) -> None:
    try:
        sent = encode(value)
    except UnencodableResult:
        assert "Infinity" in json.dumps(value)
    else:
        assert json.loads(sent) == value
