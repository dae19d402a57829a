"""Pydantic models in a contract: read as records, decoded, checked, written, explained, refused."""
# ruff: noqa: N818 - errors are called as users call them

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import json
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator  # noqa: TC003 - it is read at run time
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, Protocol, TypeVar

import msgspec
import pydantic
import pytest
import typing_extensions as te
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, NaiveDatetime, RootModel
from pydantic.alias_generators import to_camel

from rpc_worker import BigInt, RpcError, Struct, raises
from rpc_worker.contract import read_contract
from rpc_worker.json_schema import Schemas
from rpc_worker.reading.annotations import TypeReader
from rpc_worker.reading.sources import Sources
from rpc_worker.schema import Array, Map, Record, Scalar, Union
from rpc_worker.subtyping import accepts
from rpc_worker.values import UnencodableResult, decoder, encode, encoder
from tests.conversation import request, talk
from tests.peer import Peer, play

HERE = __name__
T = TypeVar("T")
Port = te.TypeAliasType("Port", Annotated[int, Field(ge=0, lt=65536)])
UserId = NewType("UserId", int)


class Colour(enum.Enum):
    RED = "red"


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class User(BaseModel):
    """Who it is."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    full_name: str = Field(min_length=1, max_length=20, pattern="^[A-Z]", description="Both names.")
    age: Annotated[int, Field(ge=0)] | None = None
    """In years."""
    scores: list[Annotated[float, Field(gt=0, multiple_of=0.5)]] = Field(
        default_factory=list[float], max_length=3, title="What was scored", examples=[[1.5]]
    )
    port: Port = 80
    old: int | None = Field(default=None, deprecated="say age", le=9)
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None


class Everything(BaseModel):
    model_config = ConfigDict(val_json_bytes="base64")

    when: dt.datetime
    aware: AwareDatetime | None = None
    naive: NaiveDatetime | None = None
    day: pydantic.PastDate = dt.date(2020, 1, 2)
    time: dt.time = dt.time(1, 2)
    took: dt.timedelta = dt.timedelta(days=400, seconds=5)
    price: decimal.Decimal = decimal.Decimal("1.10")
    identity: uuid.UUID = uuid.UUID(int=7)
    data: bytes = b"\xff\xfe\xfb"
    colour: Colour = Colour.RED
    unique: set[int] = {1}
    pair: tuple[int, str] = (1, "a")
    by_day: dict[dt.date, UserId] = {}
    by_number: dict[int, list[Cat]] = {}
    strict: pydantic.StrictInt = 1
    anything: Any = None


class Node(BaseModel):
    children: list[Node] = []
    parent: Node | None = None


class Page(BaseModel, Generic[T]):
    """Some of many."""

    items: list[T]
    next: Page[T] | None = None


class Shelf(BaseModel, Generic[T]):
    page: Page[T]
    other: Shelf[T] | None = None


class Numbers(Page[int]):
    pass


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)

    unique: set[int]
    when: dt.datetime
    colour: Colour


class Holder(Struct):
    user: User | None = None
    by_name: dict[str, Cat] = {}  # noqa: RUF012 - msgspec copies it


class NotFound(RpcError, code=4004):
    cat: Cat


# ------------------------------------------------------------------------------------ reading


def read(annotation: Any, sources: Sources | None = None) -> Any:
    reader = TypeReader(sources)
    node = reader.read(annotation, "here")
    reader.check_decoders()
    assert reader.misfits == []
    return node


def shape(node: Any, within: tuple[Record, ...] = ()) -> Any:
    bounds = getattr(node, "constraints", None)
    more = () if bounds is None else (msgspec.to_builtins(bounds),)
    match node:
        case Scalar():
            return (node.kind, *more) if more else node.kind
        case Array():
            return [node.kind, shape(node.item, within), *more]
        case Map():
            return ["map", shape(node.key, within), shape(node.value, within)]
        case Union():
            return ["or", *(shape(member, within) for member in node.members)]
        case Record() if node in within:
            return node.name
        case Record():
            inner = (*within, node)
            tag = {} if node.tag_field is None else {node.tag_field: node.tag}
            return tag | {f.wire: shape(f.type, inner) for f in node.fields}
        case _:
            return type(node).__name__


CAT = {"kind": "cat", "lives": "int"}
PAGE = {"items": ["list", "int"], "next": ["or", "Page", "null"]}

READ: list[tuple[Any, Any]] = [
    (
        User,
        {
            "fullName": ("str", {"pattern": "^[A-Z]", "min_length": 1, "max_length": 20}),
            "age": ["or", ("int", {"ge": 0}), "null"],
            "scores": [
                "list",
                ("float", {"gt": 0, "multiple_of": 0.5}),
                {"max_length": 3},
            ],
            "port": ("int", {"ge": 0, "lt": 65536}),
            "old": ["or", ("int", {"le": 9}), "null"],
            "pet": ["or", CAT, {"kind": "dog", "name": "str"}, "null"],
        },
    ),
    (
        Everything,
        {
            "when": "datetime",
            "aware": ["or", ("datetime", {"tz": True}), "null"],
            "naive": ["or", ("datetime", {"tz": False}), "null"],
            "day": "date",
            "time": "time",
            "took": "timedelta",
            "price": "decimal",
            "identity": "uuid",
            "data": "bytes",
            "colour": "Enumeration",
            "unique": ["set", "int"],
            "pair": "Tuple",
            "by_day": ["map", "date", "int"],
            "by_number": ["map", "int", ["list", CAT]],
            "strict": "int",
            "anything": "any",
        },
    ),
    (Node, {"children": ["list", "Node"], "parent": ["or", "Node", "null"]}),
    (Page[int], PAGE),
    (Page[Cat | Dog], None),
    (Shelf[int], {"page": PAGE, "other": ["or", "Shelf", "null"]}),
    (Numbers, {"items": ["list", "int"], "next": ["or", PAGE, "null"]}),
    (list[Cat] | None, ["or", ["list", CAT], "null"]),
    (dict[str, Cat], ["map", "str", CAT]),
    (
        Holder,
        {"user": ["or", None, "null"], "byName": ["map", "str", CAT]},
    ),
]


@pytest.mark.parametrize(("annotation", "expected"), READ, ids=lambda x: f"{x!s:.40}")
def test_a_model_is_a_record(annotation: Any, expected: Any) -> None:
    found = shape(read(annotation))
    if annotation is Holder:
        found["user"][1] = None  # It stands above.
    if expected is not None:
        assert found == expected
    assert isinstance(Schemas().of(read(annotation)), dict)


def test_what_is_said_of_a_model_and_its_fields() -> None:
    node = read(User, Sources())
    assert (node.kind, node.name, node.cls, node.doc) == ("pydantic", "User", User, "Who it is.")
    assert (node.forbid_unknown, node.tag_field, read(Cat).forbid_unknown) == (True, None, False)
    assert [(f.name, f.required, f.default, f.doc, f.deprecated, f.examples) for f in node.fields][
        :3
    ] == [
        ("full_name", True, msgspec.UNSET, "Both names.", False, ()),
        ("age", False, None, "In years.", False, ()),
        ("scores", False, msgspec.UNSET, "What was scored", False, ([1.5],)),
    ]
    port, old = node.fields[3:5]
    assert (port.default, port.type.alias.name, old.deprecated) == (80, "Port", True)
    assert port.source.line == node.source.line + 11


def test_a_generic_model_has_a_name_and_a_template() -> None:
    reader = TypeReader(Sources())
    node = reader.read(Shelf[UserId], "here")
    assert reader.misfits == []
    assert isinstance(node, Record)
    assert (node.name, node.cls, node.annotation) == ("Shelf", Shelf, Shelf[UserId])
    assert [argument.alias and argument.alias.name for argument in node.arguments] == ["UserId"]
    template = reader.templates[Page]
    assert template.doc == "Some of many."
    items, following = (field.type for field in template.fields)
    assert isinstance(items, Array)
    assert items.item.alias is not None
    assert (items.item.alias.kind, items.item.alias.name) == ("variable", "T")
    assert isinstance(following, Union)
    assert following.members[0] is template


class ModelAPI(Protocol):
    async def user(self, user: User, ports: list[Port]) -> Shelf[UserId]: ...


class StructPoint(Struct):
    x: int
    y_value: float = 0.5


class ModelPoint(BaseModel):
    x: int
    y_value: float = Field(0.5, alias="yValue")


class StructPointAPI(Protocol):
    async def move(self, to: StructPoint) -> list[StructPoint]: ...


class ModelPointAPI(Protocol):
    async def move(self, to: ModelPoint) -> list[ModelPoint]: ...


def test_a_digest_knows_the_wire_and_not_who_writes_it() -> None:
    assert read_contract(ModelAPI).digest == read_contract(ModelAPI, sources=True).digest
    assert read_contract(StructPointAPI).digest == read_contract(ModelPointAPI).digest


def test_a_model_stands_where_its_base_is_declared() -> None:
    assert accepts(list[Page[int]] | None, list[Page[int]])
    assert accepts(Page[int], Numbers)
    assert not accepts(Numbers, Page[int])
    assert not accepts(Cat, Dog)


# ------------------------------------------------------------------------------------ values

NOON = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)

VALUES: list[tuple[Any, Any, str]] = [
    # annotation, a value, what it is on the wire
    (Cat, Cat(lives=9), '{"kind":"cat","lives":9}'),
    (Cat | None, None, "null"),
    (list[Cat], [Cat(lives=9)], '[{"kind":"cat","lives":9}]'),
    (dict[str, Cat], {"Tom": Cat(lives=9)}, '{"Tom":{"kind":"cat","lives":9}}'),
    (
        Holder,
        Holder(None, {"a": Cat(lives=1)}),
        '{"user":null,"byName":{"a":{"kind":"cat","lives":1}}}',
    ),
    (
        User,
        User(full_name="A", pet=Dog(kind="dog", name="B")),
        (
            '{"fullName":"A","age":null,"scores":[],"port":80,"old":null,'
            '"pet":{"kind":"dog","name":"B"}}'
        ),
    ),
    (
        Everything,
        Everything(when=NOON, naive=dt.datetime(2026, 1, 2), by_number={1: [Cat(lives=1)]}),  # noqa: DTZ001 - the point of the test
        (
            '{"when":"2026-01-02T12:00:00Z","aware":null,"naive":"2026-01-02T00:00:00",'
            '"day":"2020-01-02","time":"01:02:00","took":"P400DT5S","price":"1.10",'
            '"identity":"00000000-0000-0000-0000-000000000007","data":"//77","colour":"red",'
            '"unique":[1],"pair":[1,"a"],"by_day":{},"by_number":{"1":[{"kind":"cat","lives":1}]},'
            '"strict":1,"anything":null}'
        ),
    ),
    (Node, Node(children=[Node()]), '{"children":[{"children":[],"parent":null}],"parent":null}'),
    (
        Page[int],
        Page[int](items=[1], next=Page[int](items=[])),
        '{"items":[1],"next":{"items":[],"next":null}}',
    ),
    (
        Strict,
        Strict(unique={1}, when=NOON, colour=Colour.RED),
        '{"unique":[1],"when":"2026-01-02T12:00:00Z","colour":"red"}',
    ),
]


@pytest.mark.parametrize(("annotation", "value", "wire"), VALUES, ids=lambda x: f"{x!s:.40}")
def test_a_model_is_written_and_read(annotation: Any, value: Any, wire: str) -> None:
    node = read(annotation)
    assert encoder(node)(value).decode() == wire
    assert decoder(annotation).decode(wire) == value


def test_a_model_of_no_declared_type_is_written_all_the_same() -> None:
    assert encode([Cat(lives=1), Ids([1])]).decode() == '[{"kind":"cat","lives":1},[1]]'


class Sloppy(BaseModel):
    """What `model_construct` makes of it is not looked at by Pydantic."""

    number: int = 1
    ratio: float = 1.5
    when: dt.datetime | None = None
    text: str = ""
    anything: Any = None
    inner: list[Sloppy] = []


def sloppy(**values: Any) -> Sloppy:
    return Sloppy.model_construct(**values)


BIG = 2**60
BIG_TEXT = (
    f"the int {BIG} is outside ±(2^53-1), where a JavaScript number is not exact; "
    "declare rpc_worker.BigInt and return BigInt(…)"
)
NAN = "JSON has no nan; declare `float | None` and return None"
UNZONED = (
    "the datetime has no time zone, so JavaScript would take it for its own; write "
    "datetime.now(UTC) or value.astimezone()"
)
NAIVE = dt.datetime(2026, 1, 2)  # noqa: DTZ001 - the point of the test

UNSENT: list[tuple[Any, Any, str, str]] = [
    # annotation, value, path, problem
    (Sloppy, sloppy(number=BIG), "$.number", BIG_TEXT),
    (Sloppy, sloppy(ratio=float("nan")), "$.ratio", NAN),
    (Sloppy, sloppy(inner=[sloppy(), sloppy(ratio=float("nan"))]), "$.inner[1].ratio", NAN),
    (Sloppy, sloppy(anything={"a": [float("nan")]}), "$.anything.a[0]", NAN),
    (Sloppy, sloppy(when=NAIVE), "$.when", UNZONED),
    (list[Sloppy], [sloppy(), sloppy(number=BIG)], "$[1].number", BIG_TEXT),
    (Any, [sloppy(number=BIG)], "$[0].number", BIG_TEXT),
    (Sloppy, {"number": 1}, "$", "expected Sloppy, got dict"),
    (Sloppy | None, Cat(lives=1), "$", "expected Sloppy or null, got Cat"),
    (Page[int], Page[str](items=[]), "$", "expected Page, got Page[str]"),
]


@pytest.mark.parametrize(("annotation", "value", "path", "problem"), UNSENT)
def test_what_cannot_be_sent_is_told_with_its_place(
    annotation: Any, value: Any, path: str, problem: str
) -> None:
    with pytest.raises(UnencodableResult) as caught:
        encoder(read(annotation))(value)
    assert (caught.value.path, caught.value.problem) == (path, problem)


def test_what_pydantic_would_only_warn_of_is_not_sent() -> None:
    with pytest.raises(UnencodableResult) as caught:
        encoder(read(list[Sloppy]))([sloppy(text=3)])
    assert caught.value.path == "$[0]"
    assert caught.value.problem.startswith("Pydantic does not write it: ")
    assert "Expected `str`" in caught.value.problem


def test_a_lone_surrogate_is_not_sent() -> None:
    with pytest.raises(UnencodableResult, match=r"lone surrogate, which UTF-8 cannot carry"):
        encoder(read(Sloppy))(sloppy(text="\ud800"))


# ------------------------------------------------------------------------------- conversation


class Pets:
    """A backend of models."""

    async def rename(self, pet: Dog, *, name: str = "Rex") -> Dog:
        return pet.model_copy(update={"name": name})

    async def users(self, users: list[User], default: Cat = Cat(lives=7)) -> list[Cat]:  # noqa: B008 - each call has its own
        default.lives += len(users)
        return [default]

    async def page(self, page: Page[int]) -> Page[int] | None:
        return page.next

    async def holder(self, holder: Holder) -> Holder:
        return holder

    async def cats(self, lives: int) -> AsyncIterator[Cat]:
        for n in range(lives):
            yield Cat(lives=n)

    async def sloppy(self) -> list[Sloppy]:
        return [sloppy(number=BIG)]

    async def lower(self, lowered: Lowered) -> str:
        return lowered.text

    @raises(NotFound)
    async def find(self) -> None:
        raise NotFound(Cat(lives=0))


class Lowered(BaseModel):
    text: str
    first: int = 0
    last: int = 10
    by_number: dict[int, str] = {}

    @pydantic.field_validator("text")
    @classmethod
    def _lower(cls, text: str) -> str:
        if not text.isalpha():
            raise ValueError("letters only")
        return text.lower()

    @pydantic.model_validator(mode="after")
    def _order(self) -> te.Self:
        if self.first > self.last:
            raise ValueError("first is at most last")
        return self


def test_models_are_parameters_results_and_data_of_errors() -> None:
    cat = {"kind": "cat", "lives": 9}
    answers = talk(
        Pets(),
        request(1, "rename", [{"kind": "dog", "name": "A"}]),
        request(2, "rename", {"pet": {"kind": "dog", "name": "A"}, "name": "B"}),
        request(3, "users", [[{"fullName": "A"}, {"fullName": "B", "pet": cat}]]),
        request(4, "users", {"users": []}),
        request(5, "page", [{"items": [1], "next": {"items": [2]}}]),
        request(6, "holder", [{"byName": {"a": cat}}]),
        request(8, "find", []),
        request(9, "sloppy", []),
        request(10, "lower", [{"text": "ABC"}]),
    )
    found = {answer["id"]: answer.get("result", answer.get("error")) for answer in answers}
    assert found[1] == {"kind": "dog", "name": "Rex"}
    assert found[2] == {"kind": "dog", "name": "B"}
    assert found[3] == [{"kind": "cat", "lives": 9}]
    assert found[4] == [{"kind": "cat", "lives": 7}]
    assert found[5] == {"items": [2], "next": None}
    assert found[6] == {"user": None, "byName": {"a": cat}}
    assert (found[8]["code"], found[8]["data"]) == (4004, {"cat": {"kind": "cat", "lives": 0}})
    assert (found[9]["code"], found[9]["data"]["path"]) == (-32003, "$[0].number")
    assert found[10] == "abc"


def test_models_are_items_of_a_stream() -> None:
    async def main(peer: Peer) -> None:
        stream = await peer.ask("cats", [2])
        token = {"token": stream["token"]}
        rest = await peer.ask("$/enumerator/next", token)
        cats = [{"kind": "cat", "lives": n} for n in range(2)]
        assert stream["values"] + rest["values"] == cats
        assert (await peer.ask("$/enumerator/next", token))["finished"]

    play(main, Pets())


MISFITS: list[tuple[str, Any, str | None, str, str, str]] = [
    # method, params, param, path, expected, received
    ("rename", [5], "pet", "$", "object", "5"),
    ("rename", [{"kind": "dog"}], "pet", "$.name", "str", "nothing"),
    ("rename", [{"kind": "cat", "name": "A"}], "pet", "$.kind", '"dog"', '"cat"'),
    ("users", [[{}]], "users", "$[0].fullName", "str", "nothing"),
    ("users", [[{"fullName": ""}]], "users", "$[0].fullName", "str of length >= 1", '""'),
    (
        "users",
        [[{"fullName": "a"}]],
        "users",
        "$[0].fullName",
        "str matching regex '^[A-Z]'",
        '"a"',
    ),
    ("users", [[{"fullName": "A", "age": -1}]], "users", "$[0].age", "int >= 0", "-1"),
    ("users", [[{"fullName": "A", "age": "x"}]], "users", "$[0].age", "int", '"x"'),
    ("users", [[{"fullName": "A", "scores": [0]}]], "users", "$[0].scores[0]", "float > 0.0", "0"),
    (
        "users",
        [[{"fullName": "A", "scores": [1, 2, 3, 4]}]],
        "users",
        "$[0].scores",
        "array of length <= 3",
        "[1,2,3,4]",
    ),
    (
        "users",
        [[{"fullName": "A", "more": 1}]],
        "users",
        "$[0].more",
        "only the members fullName, age, scores, port, old, pet",
        "1",
    ),
    (
        "users",
        [[{"fullName": "A", "pet": {}}]],
        "users",
        "$[0].pet.kind",
        '"cat" or "dog"',
        "nothing",
    ),
    (
        "users",
        [[{"fullName": "A", "pet": {"kind": "cow"}}]],
        "users",
        "$[0].pet.kind",
        '"cat" or "dog"',
        '"cow"',
    ),
    (
        "users",
        [[{"fullName": "A", "pet": {"kind": "cat", "lives": "x"}}]],
        "users",
        "$[0].pet.lives",
        "int",
        '"x"',
    ),
    ("page", [{"items": [1], "next": {"items": ["x"]}}], "page", "$.next.items[0]", "int", '"x"'),
    ("holder", [{"byName": {"a": {"lives": "x"}}}], "holder", "$.byName[...].lives", "int", '"x"'),
    ("lower", [{"text": "1"}], "lowered", "$.text", "letters only", '"1"'),
    ("lower", [{"text": "a", "by_number": {"x": "y"}}], "lowered", "$.by_number", "int", '"x"'),
    (
        "lower",
        [{"text": "a", "first": 11}],
        "lowered",
        "$",
        "first is at most last",
        '{"text":"a","first":11}',
    ),
]


@pytest.mark.parametrize(
    ("method", "params", "param", "path", "expected", "received"),
    MISFITS,
    ids=[f"{row[0]} {row[1]!r:.40}" for row in MISFITS],
)
def test_what_does_not_fit_is_told_as_for_structs(
    method: str, params: Any, param: str, path: str, expected: str, received: str
) -> None:
    (answer,) = talk(Pets(), request(1, method, params))
    assert answer["error"] == {
        "code": -32602,
        "message": f"Invalid params: {method}, {param}{path[1:]}: expected {expected}, "
        f"received {received}",
        "data": {"param": param, "path": path, "expected": expected, "received": received},
    }


# ------------------------------------------------------------------------------------ refused


class Ids(RootModel[list[int]]):
    pass


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Encoding(BaseModel):
    model_config = ConfigDict(json_encoders={int: str})


class Computing(BaseModel):
    a: int

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def twice(self) -> int:
        return 2 * self.a


class Serializing(BaseModel):
    a: int
    b: Annotated[int, pydantic.PlainSerializer(str)] = 1

    @pydantic.field_serializer("a")
    def _text(self, value: int) -> str:
        return str(value)


class Whole(BaseModel):
    @pydantic.model_serializer
    def _text(self) -> str:
        return "x"


class TwoNames(BaseModel):
    a: int = Field(validation_alias="b", serialization_alias="c")
    d: int = Field(validation_alias=pydantic.AliasChoices("e", "f"))
    g: int = Field(alias="_g")


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)

    a: int = Field(alias="b")


class Hidden(BaseModel):
    a: int = Field(1, exclude=True)


class Later(BaseModel):
    a: Nowhere  # type: ignore[name-defined]  # noqa: F821 # pyright: ignore - the point of the test


class Bytes(BaseModel):
    a: bytes


class Encoded(BaseModel):
    a: pydantic.Json[int]
    b: pydantic.Base64Str


@dataclasses.dataclass
class Data:
    a: int


class Pair(NamedTuple):
    a: int


class Typed(te.TypedDict):
    a: int


class Foreign(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    data: Data
    pair: Pair
    typed: Typed
    holder: Holder
    big: BigInt
    url: pydantic.HttpUrl


class Untagged(BaseModel):
    a: int


class AlsoUntagged(BaseModel):
    b: int


class Ambiguous(BaseModel):
    one: Untagged | AlsoUntagged
    text: str | dt.date


class BadDefault(BaseModel):
    a: int = None  # type: ignore[assignment]  # pyright: ignore - the point of the test
    b: float = float("nan")


@pydantic.dataclasses.dataclass
class Checked:
    a: int


SENT = "Declare the type that is sent, and convert it in the method."
SERIALIZER = "it has a serializer, and what that sends need not be what is read"
BOTH = 'Write Field(alias="…"), which is both.'
NO_FORM = "has no form on the wire"

REFUSED: list[tuple[Any, list[tuple[str, str, str]]]] = [
    (
        Ids,
        [
            (
                "Ids",
                "Ids is a RootModel, which on the wire is only what it holds",
                "Write list[int], or a BaseModel with a field for it.",
            )
        ],
    ),
    (
        Open,
        [
            (
                "Open",
                "it takes members of any name, which have no type",
                'Leave extra="allow" out, and write a field that is a dict.',
            )
        ],
    ),
    (
        Encoding,
        [("Encoding", "its json_encoders change what is sent, and do not say to what", SENT)],
    ),
    (
        Computing,
        [
            (
                "Computing.twice",
                "twice is computed: it would be sent, and not read",
                "Make it a field, or leave out @computed_field.",
            )
        ],
    ),
    (Serializing, [("Serializing.a", SERIALIZER, SENT), ("Serializing.b", SERIALIZER, SENT)]),
    (Whole, [("Whole", SERIALIZER, SENT)]),
    (
        TwoNames,
        [
            ("TwoNames.a", "it is read as b, and sent as c", BOTH),
            (
                "TwoNames.d",
                "it is read from AliasChoices(choices=['e', 'f']), and sent as d",
                BOTH,
            ),
            (
                "TwoNames.g",
                "the field _g starts with _, and would be on the wire all the same",
                "Give it another alias.",
            ),
        ],
    ),
    (ByName, [("ByName.a", "it is read as a, and sent as b", BOTH)]),
    (
        Hidden,
        [
            (
                "Hidden.a",
                "it is read, and not always sent, because of exclude",
                "Leave exclude out, or make it a parameter of the method.",
            )
        ],
    ),
    (
        Later,
        [
            (
                "Later",
                "Pydantic cannot evaluate its annotations: name 'Nowhere' is not defined",
                "Import all of it outside of `if TYPE_CHECKING:`.",
            )
        ],
    ),
    (
        Bytes,
        [
            (
                "Bytes.a",
                "Pydantic reads bytes as text, and not as base64",
                'Write val_json_bytes="base64" in the model_config of Bytes.',
            )
        ],
    ),
    (
        Encoded,
        [
            (
                f"Encoded.{name}",
                f"{what} is read as text, and sent as what is in it",
                "Write str, and decode it in the method.",
            )
            for name, what in (("a", "Json"), ("b", "EncodedStr"))
        ],
    ),
    (
        Foreign,
        [
            *[
                (
                    f"Foreign.{name}",
                    f"{name.title()} is {what}, and stands in a Pydantic model",
                    f"Write class {name.title()}(BaseModel).",
                )
                for name, what in (
                    ("data", "a dataclass"),
                    ("pair", "a NamedTuple"),
                    ("typed", "a TypedDict"),
                    ("holder", "a Struct"),
                )
            ],
            ("Foreign.big", "BigInt is nothing that Pydantic knows", "Write str, or what it is."),
            (
                "Foreign.url",
                f"HttpUrl {NO_FORM}",
                "Write str, or what it is made of, and convert it in the method.",
            ),
        ],
    ),
    (
        Ambiguous,
        [
            (
                "Ambiguous.one",
                (
                    "Untagged and AlsoUntagged cannot be told apart without a tag, in "
                    "Untagged | AlsoUntagged"
                ),
                'Write kind: Literal["untagged"] in Untagged, and a kind in each of them.',
            ),
            (
                "Ambiguous.text",
                "str and date are both strings on the wire, in str | date",
                "Write one of them, or str and convert it.",
            ),
        ],
    ),
    (
        BadDefault,
        [
            ("BadDefault.a", "its default None is not int", "Write int | None."),
            ("BadDefault.b", "its default nan is not float", "Write a default that is float."),
        ],
    ),
]


@pytest.mark.parametrize(("annotation", "expected"), REFUSED, ids=lambda x: f"{x!s:.40}")
def test_what_a_model_cannot_be_is_refused_with_its_place(
    annotation: Any, expected: list[tuple[str, str, str]]
) -> None:
    reader = TypeReader()
    reader.read(list[annotation], "here")
    found = [(m.where, m.problem, m.advice) for m in reader.misfits]
    assert found == [(f"{HERE}.{where}", what, advice) for where, what, advice in expected]


USED: list[tuple[Any, str, str]] = [
    (
        Cat | Dog,
        "Cat is a Pydantic model, and goes with nothing but None here, in Cat | Dog",
        "Make it a field of a model, where Pydantic tells them apart.",
    ),
    (
        Cat | int | None,
        "Cat is a Pydantic model, and goes with nothing but None here, in Cat | int | None",
        "Make it a field of a model, where Pydantic tells them apart.",
    ),
    (Page, "Page is generic, and does not say of what", "Write Page[Any], or better."),
    (set[Cat], "Cat cannot be in a set, in set[Cat]", "Write list[Cat]."),
    (
        Checked,
        "Checked is a dataclass of Pydantic's, whose checks msgspec does not run",
        "Write class Checked(BaseModel).",
    ),
]


@pytest.mark.parametrize(("annotation", "problem", "advice"), USED, ids=lambda x: f"{x!s:.40}")
@pytest.mark.parametrize("sources", [False, True])
def test_where_a_model_cannot_stand_it_is_refused(
    annotation: Any, problem: str, advice: str, sources: bool
) -> None:
    reader = TypeReader(Sources() if sources else None)
    reader.read(Page[int], "before")
    reader.read(annotation, "here")
    assert [(m.where, m.problem, m.advice) for m in reader.misfits] == [("here", problem, advice)]


# ------------------------------------------------------------------------------ without models


def test_without_a_model_pydantic_is_not_imported() -> None:
    code = (
        "import sys, shared_api, rpc_worker.explain, rpc_worker.worker\n"
        "from rpc_worker.contract import read_contract\n"
        "from rpc_worker.json_schema import Schemas\n"
        "from rpc_worker.values import decoder, encoder\n"
        "for sources in (False, True):\n"
        "    contract = read_contract(shared_api.BackendAPI, sources=sources)\n"
        "    for method in contract.methods.values():\n"
        "        for parameter in method.parameters:\n"
        "            Schemas().crossing(parameter.type)\n"
        "print([m for m in sys.modules if 'pydantic' in m or m == 'rpc_worker.reading.models'])\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


SERVED = """\
from pydantic import BaseModel, Field

from rpc_worker import serve


class Point(BaseModel):
    x: int = Field(ge=0)
    label: str = Field("", alias="theLabel")


class Backend:
    async def mirror(self, points: list[Point]) -> list[Point]:
        return points[::-1]

    def largest(self, points: list[Point]) -> Point | None:
        return max(points, key=lambda point: point.x, default=None)


serve(Backend())
"""


@pytest.mark.process
def test_a_worker_serves_models(tmp_path: Any) -> None:
    script = tmp_path / "models_backend.py"
    script.write_text(SERVED, encoding="utf-8")
    points = [{"x": 1}, {"x": 2, "theLabel": "b"}]
    lines = [
        request(1, "mirror", [points]),
        request(2, "largest", [points]),
        request(3, "mirror", [[{"x": -1}]]),
    ]
    worker = subprocess.run(
        [sys.executable, script], input=b"".join(lines), capture_output=True, check=True, timeout=60
    )
    answers = {a["id"]: a for a in map(json.loads, worker.stdout.splitlines()) if "id" in a}
    second = {"x": 2, "theLabel": "b"}
    assert answers[1]["result"] == [second, {"x": 1, "theLabel": ""}]
    assert answers[2]["result"] == second
    assert answers[3]["error"]["data"] == {
        "param": "points",
        "path": "$[0].x",
        "expected": "int >= 0",
        "received": "-1",
    }
