"""The OpenRPC document: its structure, and that its schemas accept what the worker accepts."""

from __future__ import annotations

import datetime as dt
import enum
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - read when it runs
from typing import (
    Annotated,
    Any,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NotRequired,
    Protocol,
    TypedDict,
    TypeVar,
)

import jsonschema  # type: ignore[import-untyped] # its stubs are a package of their own
import msgspec
import pytest
from typing_extensions import deprecated

from rpc_worker import BigInt, Event, Progress, RpcError, Struct, raises
from rpc_worker.contract import Contract, read_contract
from rpc_worker.openrpc import document
from rpc_worker.values import decoder
from shared_api import BackendAPI, FrontendAPI

T = TypeVar("T")
Draft7Validator: Any = jsonschema.Draft7Validator


class Color(enum.Enum):
    """A colour of the rainbow."""

    RED = "red"
    BLUE = "blue"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(Struct):
    x_pos: float
    label: str = "here"


class Strict(Struct, forbid_unknown_fields=True):
    a: int


class Circle(Struct, tag="circle"):
    radius: float


class Square(Struct, tag="square"):
    side: float


class Pair(Struct, array_like=True):
    left: int
    right: str = ""


class Row(NamedTuple):
    key: str
    total: int


class Options(TypedDict):
    depth: int
    glob: NotRequired[str]


class Tree(Struct):
    """A node and what hangs below it."""

    name: str
    children: list[Tree] = []  # noqa: RUF012 - msgspec copies it


class Page(Struct, Generic[T]):
    items: list[T]


class Patch(Struct):
    title: str | msgspec.UnsetType | None = msgspec.UNSET


def described(annotation: Any) -> tuple[dict[str, Any], Contract]:
    """Return the document of a contract with one method, whose parameter is of the type."""

    class API(Protocol):
        async def take(self, value: Any) -> None: ...

    API.take.__annotations__["value"] = annotation
    contract = read_contract(API)
    return document(contract, name="x", version="1"), contract


VALUES: list[tuple[Any, list[Any], list[Any]]] = [
    (Any, [None, 1, "x", [{}]], []),
    (bool, [True], [1, "x", None]),
    (int, [0, -5, 2**70], [1.5, "1", True, None]),
    (float, [0, 1.5], ["x", True, None]),
    (str, ["", "x"], [1, None, []]),
    (str | None, ["x", None], [1]),
    (BigInt, ["0", "-12", "9" * 30], ["x", "1.5", "", 5]),
    (bytes, ["", "AAEC"], [1, None]),
    (Annotated[int, msgspec.Meta(ge=1, lt=10)], [1, 9], [0, 10]),
    (Annotated[float, msgspec.Meta(gt=0, le=1)], [0.5, 1], [0, 1.5]),
    (Annotated[int, msgspec.Meta(multiple_of=5)], [0, 10], [3]),
    (Annotated[str, msgspec.Meta(pattern="^a", min_length=2, max_length=3)], ["ab"], ["a", "bb"]),
    (Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)], [[1]], [[], [1, 2, 3]]),
    (Annotated[dict[str, int], msgspec.Meta(min_length=1)], [{"a": 1}], [{}]),
    (Literal["a", "b"], ["a"], ["c", 1, None]),
    (Literal[1, 2] | None, [1, None], [3, "1"]),
    (Color, ["red"], ["RED", 1]),
    (Level, [1], [3, "LOW"]),
    (list[int], [[], [1, 2]], [[1, "x"], {}, None]),
    (set[str], [["a"], []], [[1]]),
    (tuple[int, ...], [[], [1, 2]], [["x"]]),
    (tuple[int, str], [[1, "x"]], [[1], [1, "x", 2], ["x", 1]]),
    (tuple[()], [[]], [[1]]),
    (dict[str, float], [{}, {"a": 1.5}], [{"a": "x"}, []]),
    (dict[int, str], [{"1": "a"}], [{"x": "a"}]),
    (dict[float, str], [{"1.5": "a", "1e5": "b"}], [{"x": "a"}]),
    (dict[Color, int], [{"red": 1}], [{"green": 1}]),
    (dict[Literal["a", "b"], int], [{"a": 1}], [{"c": 1}]),
    (dict[Annotated[str, msgspec.Meta(max_length=2)], int], [{"ab": 1}], [{"abc": 1}]),
    (Point, [{"xPos": 1}, {"xPos": 1, "label": "a", "more": 1}], [{}, {"xPos": "a"}, []]),
    (Strict, [{"a": 1}], [{"a": 1, "b": 2}]),
    (
        Circle | Square,
        [{"type": "circle", "radius": 1}],
        [{"type": "square", "radius": 1}, {"type": "line"}, {"radius": 1}],
    ),
    (Pair, [[1], [1, "x"]], [[], ["x"], [1, 2], {"left": 1}]),
    (Row, [["a", 1]], [["a"], [1, "a"], {"key": "a", "total": 1}]),
    (Options, [{"depth": 1}, {"depth": 1, "glob": "*"}], [{}, {"depth": "x"}]),
    (Tree, [{"name": "a", "children": [{"name": "b"}]}], [{"name": "a", "children": [{}]}]),
    (Page[int], [{"items": [1]}], [{"items": ["x"]}]),
    (dict[str, Page[Point]], [{"a": {"items": [{"xPos": 1}]}}], [{"a": {"items": [{}]}}]),
    (Patch, [{}, {"title": None}, {"title": "x"}], [{"title": 1}]),
    (list[str] | int | None, [["a"], 5, None], ["a", [5]]),
]


@pytest.mark.parametrize(("annotation", "good", "bad"), VALUES, ids=lambda v: str(v)[:40])
def test_a_schema_accepts_what_the_worker_accepts(
    annotation: Any, good: list[Any], bad: list[Any]
) -> None:
    found, contract = described(annotation)
    schema = found["methods"][0]["params"][0]["schema"] | {"components": found["components"]}
    Draft7Validator.check_schema(schema)
    decode = decoder(contract.methods["take"].parameters[0].annotation).decode
    for value in good:
        decode(json.dumps(value))
        Draft7Validator(schema).validate(value)
    for value in bad:
        with pytest.raises(msgspec.ValidationError):
            decode(json.dumps(value))
        assert not Draft7Validator(schema).is_valid(value), value


class NotFound(RpcError, code=4004):  # noqa: N818 - as users name it
    """Nothing is there.

    Or it cannot be seen.
    """

    path: str


class Busy(RpcError, code=4005):  # noqa: N818 - as users name it
    pass


class FilesAPI(Protocol):
    @raises(NotFound, Busy)
    async def read_text(self, path: str, *, max_bytes: int = 100) -> str:
        """Read a file.

        All of it.
        """
        ...


class API(Protocol):
    """What is offered."""

    files: FilesAPI

    @deprecated("use draw")
    async def paint(self, color: Color, level: Level = Level.LOW) -> None: ...


def test_the_document_says_what_the_contract_says() -> None:
    assert document(read_contract(API), name="demo", version="1.2") == {
        "openrpc": "1.3.2",
        "info": {"title": "demo", "version": "1.2", "description": "What is offered."},
        "methods": [
            {
                "name": "paint",
                "deprecated": True,
                "description": "Deprecated: use draw",
                "paramStructure": "either",
                "params": [
                    {
                        "name": "color",
                        "required": True,
                        "schema": {"$ref": "#/components/schemas/Color"},
                    },
                    {
                        "name": "level",
                        "required": False,
                        "schema": {"allOf": [{"$ref": "#/components/schemas/Level"}], "default": 1},
                    },
                ],
                "result": {"name": "result", "schema": {"type": "null"}},
            },
            {
                "name": "files.readText",
                "summary": "Read a file.",
                "description": "Read a file.\n\nAll of it.",
                "paramStructure": "by-name",
                "params": [
                    {"name": "path", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "maxBytes",
                        "required": False,
                        "schema": {"type": "integer", "default": 100},
                        "x-keyword-only": True,
                    },
                ],
                "result": {"name": "result", "schema": {"type": "string"}},
                "errors": [
                    {
                        "code": 4004,
                        "message": "Nothing is there.",
                        "x-name": "NotFound",
                        "data": {"$ref": "#/components/schemas/NotFound"},
                    },
                    {"code": 4005, "message": "Busy", "x-name": "Busy"},
                ],
            },
        ],
        "components": {
            "schemas": {
                "Color": {
                    "title": "Color",
                    "description": "A colour of the rainbow.",
                    "enum": ["red", "blue"],
                },
                "Level": {"title": "Level", "enum": [1, 2]},
                "NotFound": {
                    "title": "NotFound",
                    "type": "object",
                    "properties": {"path": {"type": "string"}},
                    "required": ["path"],
                },
            }
        },
    }


def test_records_of_one_name_are_two_components() -> None:
    def one() -> type:
        class Item(Struct):
            a: int

        return Item

    def other() -> type:
        class Item(Struct):
            b: str

        return Item

    found, _ = described(tuple[one(), other(), list[one()]])  # type: ignore[misc] # made as it runs
    assert [*found["components"]["schemas"]] == ["Item", "Item2", "Item3"]


def test_a_generic_record_is_a_component_for_each_argument() -> None:
    found, _ = described(tuple[Page[int], Page[list[Point]], Page[int]])
    assert {*found["components"]["schemas"]} == {"Page_int", "Page_Point_list", "Point"}


class Sparse(Struct, omit_defaults=True):
    a: int
    b: int = 0


ABSENT: list[tuple[Any, list[str] | None]] = [
    (Point, None),  # A default is written, too.
    (Patch, ["title"]),
    (Options, ["glob"]),
    (Sparse, ["b"]),
]


@pytest.mark.parametrize(("annotation", "expected"), ABSENT)
def test_a_record_says_which_fields_may_be_absent_from_what_the_worker_gives(
    annotation: Any, expected: list[str] | None
) -> None:
    found, _ = described(annotation)
    (component,) = found["components"]["schemas"].values()
    assert component.get("x-absent") == expected


CONSTRAINED: list[tuple[Any, dict[str, Any]]] = [
    (Annotated[bytes, msgspec.Meta(max_length=8)], {"max_length": 8}),
    (Annotated[dt.datetime, msgspec.Meta(tz=True)], {"tz": True}),
]


@pytest.mark.parametrize(("annotation", "expected"), CONSTRAINED)
def test_what_draft_7_cannot_demand_stands_beside(
    annotation: Any, expected: dict[str, Any]
) -> None:
    found, _ = described(annotation)
    assert found["methods"][0]["params"][0]["schema"]["x-constraints"] == expected


REPEATED: Final = """
import sys
import msgspec
from typing import Protocol
from rpc_worker.contract import read_contract
from rpc_worker.openrpc import document
from shared_api import BackendAPI

class API(Protocol):
    async def take(self, names: frozenset[str] = frozenset("abcdefgh")) -> None: ...

for contract in (API, BackendAPI):
    found = document(read_contract(contract), name="x", version="1")
    sys.stdout.buffer.write(msgspec.json.encode(found))
"""


@pytest.mark.process
def test_the_document_is_the_same_in_each_process() -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", REPEATED],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=30,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(found) == 1


def test_the_types_are_in_the_order_of_their_names() -> None:
    found, _ = described(tuple[Strict, Color, Point])
    assert [*found["components"]["schemas"]] == ["Color", "Point", "Strict"]


class TalkAPI(Protocol):
    changed: Event[Point]
    """A point has moved."""

    def points(self, seed: AsyncIterator[int] | None = None) -> AsyncIterator[Point]: ...
    async def load(self, path: str, progress: Progress[float]) -> None: ...
    async def ask(
        self, question: Callable[[str], Awaitable[bool]], told: Callable[[str, int], None]
    ) -> None: ...


class WindowAPI(Protocol):
    """A window."""

    async def confirm(self, point: Point) -> bool: ...


POINT: dict[str, Any] = {"$ref": "#/components/schemas/Point"}
TOKEN: dict[str, Any] = {"type": ["string", "integer", "null"]}


def stream_of(item: dict[str, Any]) -> dict[str, Any]:
    properties = {"token": TOKEN, "values": {"type": "array", "items": item}}
    return {"type": "object", "properties": properties, "x-stream": item}


def callback_of(called: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "__jsonrpc_marshaled": {"const": 1},
            "handle": {"type": "integer"},
            "lifetime": {"const": "call"},
        },
        "required": ["__jsonrpc_marshaled", "handle"],
        "x-callback": called,
    }


def test_references_are_described_as_they_cross_with_what_they_refer_to_beside() -> None:
    found = document(read_contract(TalkAPI), name="demo", version="1")
    points, load, ask = found["methods"]
    assert points["result"]["schema"] == stream_of(POINT)
    assert points["params"] == [
        {
            "name": "seed",
            "required": False,
            "schema": {"anyOf": [stream_of({"type": "integer"}), {"type": "null"}]},
        }
    ]
    # Nobody has to listen.
    assert load["params"][1] == {
        "name": "progress",
        "required": False,
        "schema": TOKEN | {"x-progress": {"type": "number"}},
    }
    asked = {"params": [{"type": "string"}], "result": {"type": "boolean"}}
    told = {"params": [{"type": "string"}, {"type": "integer"}]}
    schemas = [parameter["schema"] for parameter in ask["params"]]
    assert schemas == [callback_of(asked), callback_of(told)]


@pytest.mark.parametrize(
    ("method", "index", "given"),
    [
        ("points", 0, {"token": 0, "values": [1]}),
        ("points", 0, {"values": [1, 2]}),
        ("points", 0, {}),
        ("points", 0, None),
        ("load", 1, "t"),
        ("load", 1, 0),
        ("load", 1, None),
        ("ask", 0, {"__jsonrpc_marshaled": 1, "handle": 7, "lifetime": "call"}),
    ],
)
def test_the_schema_of_a_reference_accepts_its_forms(method: str, index: int, given: Any) -> None:
    found = document(read_contract(TalkAPI), name="demo", version="1")
    described = {m["name"]: m for m in found["methods"]}[method]["params"][index]["schema"]
    validator = Draft7Validator({**described, "components": found["components"]})
    assert validator.is_valid(given)
    assert not validator.is_valid([given])


def test_events_and_the_frontend_have_places_of_their_own() -> None:
    contract, window = read_contract(TalkAPI, sources=True), read_contract(WindowAPI)
    found = document(contract, name="demo", version="1", frontend=window)
    assert found["x-events"] == [
        {
            "name": "changed",
            "description": "A point has moved.",
            "paramStructure": "by-position",
            "params": [{"name": "payload", "required": True, "schema": POINT}],
        }
    ]
    confirm = {
        "name": "confirm",
        "paramStructure": "either",
        "params": [{"name": "point", "required": True, "schema": POINT}],
        "result": {"name": "result", "schema": {"type": "boolean"}},
    }
    assert found["x-frontend"] == {"description": "A window.", "methods": [confirm]}
    assert list(found["components"]["schemas"]) == ["Point"]


def test_the_document_of_the_reference_contract_is_plain_json_with_schemas_that_are_valid() -> None:
    frontend = read_contract(FrontendAPI)
    found = document(read_contract(BackendAPI), name="demo", version="1", frontend=frontend)
    assert json.loads(json.dumps(found)) == found
    assert msgspec.json.decode(msgspec.json.encode(found)) == found
    methods = [*found["methods"], *found["x-frontend"]["methods"]]
    schemas = [p["schema"] for m in [*methods, *found["x-events"]] for p in m["params"]]
    schemas += [method["result"]["schema"] for method in methods]
    schemas += found["components"]["schemas"].values()
    assert len(schemas) > 20
    for schema in schemas:
        Draft7Validator.check_schema(schema)
    names = set(found["components"]["schemas"])
    assert set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(found))) == names
