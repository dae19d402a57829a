"""What only the generator is told: names of types, generics as written, places in the source."""
# ruff: noqa: N818 - errors are called as users call them
# pyright: reportDeprecated=false

from __future__ import annotations

import dataclasses
import enum
import importlib.util
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    Protocol,
    TypedDict,
    TypeVar,
)

import attrs
import msgspec
import pytest
import typing_extensions as te
from msgspec import Meta

from rpc_worker import Event, RpcError, Struct, raises
from rpc_worker.contract import read_contract
from rpc_worker.reading.annotations import TypeReader
from rpc_worker.reading.references import ReferenceReader
from rpc_worker.reading.sources import Sources
from rpc_worker.schema import (
    Alias,
    Array,
    Callback,
    Enumeration,
    Map,
    Record,
    Scalar,
    Stream,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from types import ModuleType

    from rpc_worker.schema import Reference, Source, Type

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")
HERE = __name__

UserId = NewType("UserId", int)
"""Who it is."""
AdminId = NewType("AdminId", UserId)
Port = te.TypeAliasType("Port", Annotated[int, Meta(ge=0, description="Where it listens.")])
OtherPort = te.TypeAliasType("OtherPort", Port)
Ids = te.TypeAliasType("Ids", list[UserId])
Pair = te.TypeAliasType("Pair", tuple[T, T], type_params=(T,))


class Circle(Struct, tag="circle"):
    radius: float


class Square(Struct, tag="square"):
    side: float


class Mood(enum.Enum):
    GOOD = "good"


Shape = te.TypeAliasType("Shape", Circle | Square)
MaybeShape = te.TypeAliasType("MaybeShape", Shape | None)
Round = te.TypeAliasType("Round", Circle)
Feeling = te.TypeAliasType("Feeling", Mood)
Ask = te.TypeAliasType("Ask", Callable[[UserId], Awaitable[Port]])
Answer = te.TypeAliasType("Answer", Awaitable[bool])
MaybeAsk = te.TypeAliasType("MaybeAsk", Ask | None)
Ports = te.TypeAliasType("Ports", AsyncIterator[Port])


class Tree(Struct, Generic[T]):
    value: T
    user: UserId
    children: list[Tree[T]] = []  # noqa: RUF012 - msgspec copies it
    other: Box[T] | None = None


@dataclasses.dataclass
class Box(Generic[T]):
    tree: Tree[T]
    unique: set[T]
    bounded: Annotated[T, Meta(le=9)]


@dataclasses.dataclass
class Both(Generic[K, V]):
    items: dict[str, tuple[K, V]]


@attrs.define
class Attributes(Generic[T]):
    value: T


class Typed(TypedDict, Generic[T]):
    value: T


class Named(NamedTuple, Generic[T]):
    value: T | None


def named(node: Type | Reference | None, within: tuple[Record, ...] = ()) -> Any:
    """Return a node with its names: `["UserId", "int"]` is an int that is called so."""
    inside: Any
    match node:
        case Record():
            arguments = [named(argument, (*within, node)) for argument in node.arguments]
            return [node.name, *arguments] if arguments else node.name
        case Enumeration():
            inside = node.name
        case Array():
            inside = [node.kind, named(node.item, within)]
        case Tuple():
            inside = ["items", *(named(item, within) for item in node.items)]
        case Map():
            inside = ["map", named(node.key, within), named(node.value, within)]
        case Union():
            inside = ["or", *(named(m, within) for m in node.written or node.members)]
        case Stream():
            inside = ["stream", named(node.item)]
        case Callback():
            inside = ["callback", *map(named, node.parameters), named(node.result)]
        case Scalar():
            inside = node.kind
        case _:
            inside = None
    return inside if node is None or node.alias is None else [node.alias.name, inside]


def reader_with_sources() -> TypeReader:
    return TypeReader(Sources())


PORT = ["Port", "int"]
USER = ["UserId", "int"]
SHAPE = ["Shape", ["or", "Circle", "Square"]]

NAMED: list[tuple[Any, Any]] = [
    (UserId, USER),
    (AdminId, ["AdminId", "int"]),
    (Port, PORT),
    (OtherPort, ["OtherPort", "int"]),
    (Ids, ["Ids", ["list", USER]]),
    (Annotated[Port, Meta(le=9)], PORT),
    (Pair[UserId], ["items", USER, USER]),
    (list[Port], ["list", PORT]),
    (dict[UserId, Ids], ["map", USER, ["Ids", ["list", USER]]]),
    (UserId | None, ["or", USER, "null"]),
    (UserId | str, ["or", USER, "str"]),
    (UserId | int, "int"),
    (Ids | list[int] | None, ["or", ["Ids", ["list", USER]], "null"]),
    (Shape, SHAPE),
    (Shape | None, ["or", SHAPE, "null"]),
    (None | int | Shape, ["or", "int", SHAPE, "null"]),
    (list[Shape | None], ["list", ["or", SHAPE, "null"]]),
    (MaybeShape, ["MaybeShape", ["or", SHAPE, "null"]]),
    (Round, "Circle"),
    (Feeling | None, ["or", "Mood", "null"]),
    (Tree[UserId], ["Tree", USER]),
    (Tree[int], ["Tree", "int"]),
    (Literal["a", None] | None, ["or", None, "null"]),  # noqa: PYI061 - users write it
]


@pytest.mark.parametrize(("annotation", "expected"), NAMED, ids=lambda x: f"{x!s:.40}")
def test_types_keep_the_names_that_they_were_given(annotation: Any, expected: Any) -> None:
    reader, plain = reader_with_sources(), TypeReader()
    node, nameless = reader.read(annotation, "here"), plain.read(annotation, "here")
    assert (reader.misfits, plain.misfits) == ([], [])
    assert named(node) == expected
    # The decoders' types, and the members of unions, are the same with names and without.
    assert node.annotation == nameless.annotation
    assert (nameless.alias, plain.templates) == (None, {})
    if isinstance(node, Union) and isinstance(nameless, Union):
        assert [m.annotation for m in node.members] == [m.annotation for m in nameless.members]
        assert nameless.written == ()


REFERENCES: list[tuple[Any, Any]] = [
    (Ask, ["Ask", ["callback", USER, PORT]]),
    (Ask | None, ["Ask", ["callback", USER, PORT]]),
    (MaybeAsk, ["Ask", ["callback", USER, PORT]]),
    (Callable[[Ids], Answer], ["callback", ["Ids", ["list", USER]], "bool"]),
    (Ports, ["Ports", ["stream", PORT]]),
    (AsyncIterator[Shape], ["stream", SHAPE]),
]


@pytest.mark.parametrize(("annotation", "expected"), REFERENCES, ids=lambda x: f"{x!s:.40}")
def test_references_keep_their_names_and_those_of_what_they_are_of(
    annotation: Any, expected: Any
) -> None:
    types, plain = reader_with_sources(), TypeReader()
    node = ReferenceReader(types).read(annotation, "here", blocking=False)
    nameless = ReferenceReader(plain).read(annotation, "here", blocking=False)
    assert (types.misfits, plain.misfits) == ([], [])
    assert named(node) == expected
    assert nameless is not None
    assert nameless.alias is None


def test_a_name_is_one_object_that_says_what_it_is_and_where() -> None:
    reader = reader_with_sources()
    nodes = [reader.read(annotation, "here") for annotation in (UserId, UserId | None, Port)]
    user, port = nodes[0].alias, nodes[2].alias
    assert isinstance(nodes[1], Union)
    assert nodes[1].members[0].alias is user
    assert isinstance(user, Alias)
    assert isinstance(port, Alias)
    assert (user.kind, user.doc, user.module, at(user.source)) == (
        "newtype", "Who it is.", HERE, "UserId",
    )  # fmt: skip
    assert (port.kind, port.doc, at(port.source)) == ("alias", "Where it listens.", "Port")


class GenericAPI(Protocol):
    async def trees(self, a: Tree[UserId], b: Tree[int], c: Tree[Port]) -> Both[int, str]: ...
    async def others(self, a: Attributes[int], b: Typed[int], c: Named[int]) -> None: ...


VARIABLES = {"T": ["T", "any"], "K": ["K", "any"], "V": ["V", "any"]}
VAR = VARIABLES["T"]

TEMPLATES: dict[type, dict[str, Any]] = {
    Tree: {
        "value": VAR,
        "user": USER,
        "children": ["list", ["Tree", VAR]],
        "other": ["or", ["Box", VAR], "null"],
    },
    Box: {"tree": ["Tree", VAR], "unique": ["set", VAR], "bounded": VAR},
    Both: {"items": ["map", "str", ["items", VARIABLES["K"], VARIABLES["V"]]]},
    Attributes: {"value": VAR},
    Typed: {"value": VAR},
    Named: {"value": ["or", VAR, "null"]},
}


def test_a_generic_class_is_told_as_it_is_written() -> None:
    contract = read_contract(GenericAPI, sources=True)
    found = {
        cls: {field.name: named(field.type) for field in record.fields}
        for cls, record in contract.templates.items()
    }
    assert found == TEMPLATES
    tree = contract.templates[Tree]
    (variable,) = tree.arguments
    assert variable.alias is not None
    assert (variable.alias.kind, variable.alias.name) == ("variable", "T")
    children = tree.fields[2].type
    assert isinstance(children, Array)
    assert children.item is tree
    assert read_contract(GenericAPI).templates == {}


class SameAPI(Protocol):
    async def trees(self, a: Tree[int], b: Tree[int], c: Tree[Port]) -> Both[int, str]: ...
    async def others(self, a: Attributes[int], b: Typed[int], c: Named[int]) -> None: ...


def test_a_digest_knows_no_names() -> None:
    digests = {
        read_contract(api, sources=sources).digest
        for api in (GenericAPI, SameAPI)
        for sources in (True, False)
    }
    assert len(digests) == 1


class Misused(Struct):
    value: T  # type: ignore[valid-type]  # pyright: ignore - the point of the test


def test_a_type_variable_outside_of_its_class_is_refused_after_as_before() -> None:
    reader = reader_with_sources()
    reader.read(Tree[int], "here")
    assert reader.misfits == []
    variable: Any = T
    for annotation in (Misused, variable, list[variable]):
        reader.read(annotation, "here")
    assert [m.problem for m in reader.misfits] == [
        "T is a type variable, and stands for no type"
    ] * 3


# ------------------------------------------------------------------------------ in the source


def at(source: Source | None) -> str:
    """Return the name that stands at a place."""
    assert source is not None
    line = Path(source.file).read_text(encoding="utf-8").split("\n")[source.line - 1]
    # As an editor counts: in UTF-16.
    rest = line.encode("utf-16-le")[2 * source.column :].decode("utf-16-le")
    found = re.match(r"\w+", rest)
    return found[0] if found else ""


BASE = '''\
from rpc_worker import Struct

class Base(Struct):
    """Below others."""

    inherited: int
    """Said in the other file."""
'''

WRITTEN = '''\
from __future__ import annotations
import enum
from typing import Annotated, Protocol
from base_module import Base
from msgspec import Meta
from rpc_worker import Event, RpcError, Struct, inline, raises
from typing_extensions import deprecated

class Item(Base):
    ä𝔘: int = 0; after: int = 0

class Mood(enum.Enum):
    GOOD = "good"
    """As it should be."""

if True:
    class NotFound(RpcError, code=4004):
        path: str

class Files(Protocol):
    changed: Event[int]
    """When one is."""

class Outer:
    class   Deep ( Protocol ):
        async    def  deep(self) -> None: ...

class API(Protocol):
    ä: Files; files: Files
    deep: Outer.Deep

    @raises(NotFound)
    @deprecated("no more")
    async def item(self, mood: Mood) -> Item: ...
    def stream(self) -> int: ...
'''


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name, text in (("base_module", BASE), ("written_module", WRITTEN)):
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        module = imported(path)
        monkeypatch.setitem(sys.modules, name, module)
        execute(module)
    return sys.modules["written_module"]


def imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    return importlib.util.module_from_spec(spec)


def execute(module: ModuleType) -> None:
    assert module.__spec__ is not None
    assert module.__spec__.loader is not None
    module.__spec__.loader.exec_module(module)


def test_everything_is_found_at_its_name(written: ModuleType) -> None:
    contract = read_contract(written.API, sources=True)
    item = contract.methods["item"]
    record, mood, error = item.result, item.parameters[0].type, item.errors[0]
    assert isinstance(record, Record)
    assert isinstance(mood, Enumeration)
    assert (at(contract.source), at(item.source)) == ("API", "item")
    assert at(contract.methods["stream"].source) == "stream"
    assert (at(record.source), at(mood.source), at(error.source)) == ("Item", "Mood", "NotFound")
    fields = {field.name: field for field in record.fields}
    assert [at(field.source) for field in record.fields] == ["inherited", "ä𝔘", "after"]
    base = fields["inherited"].source
    assert base is not None
    assert (base.module, Path(base.file).name) == ("base_module", "base_module.py")
    assert Path(record.source.file).name == "written_module.py"
    assert [(at(m.source), m.doc) for m in mood.members] == [("GOOD", "As it should be.")]
    assert [at(n.attribute) for n in contract.root.namespaces] == ["ä", "files", "deep"]
    assert [at(n.source) for n in contract.root.namespaces] == ["Files", "Files", "Deep"]
    assert at(contract.methods["deep.deep"].source) == "deep"
    assert at(contract.events["files.changed"].source) == "changed"
    assert contract.root.attribute is None


def test_without_sources_nobody_looks_for_places(written: ModuleType) -> None:
    contract = read_contract(written.API)
    item = contract.methods["item"]
    assert isinstance(item.result, Record)
    assert [field.source for field in item.result.fields] == [None] * 3
    assert (item.result.source.file, item.result.source.column) == ("", 0)
    assert contract.root.namespaces[0].attribute is None
    assert contract.digest == read_contract(written.API, sources=True).digest


MODERN = '''\
from typing import Annotated
from msgspec import Meta
from rpc_worker import Struct

type Port = Annotated[int, Meta(ge=0, title="T")]
"""Where it listens."""
type Pair[A] = tuple[A, A]

class Tree[A](Struct):
    value: A
    port: Port
    pair: Pair[A]
    children: list["Tree[A]"] = []
'''


def test_the_syntax_of_python_3_12(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "modern_module.py"
    path.write_text(MODERN, encoding="utf-8")
    module = imported(path)
    monkeypatch.setitem(sys.modules, "modern_module", module)
    if sys.version_info >= (3, 12):
        execute(module)
        reader = reader_with_sources()
        tree = reader.read(module.Tree[module.Port], "here")
        assert reader.misfits == []
        assert named(tree) == ["Tree", PORT]
        assert isinstance(tree, Record)
        alias = tree.arguments[0].alias
        assert alias is not None
        assert (alias.kind, alias.doc, at(alias.source)) == ("alias", "Where it listens.", "Port")
        variable = ["A", "any"]
        template = {f.name: named(f.type) for f in reader.templates[module.Tree].fields}
        assert template == {
            "value": variable,
            "port": PORT,
            "pair": ["items", variable, variable],
            "children": ["list", ["Tree", variable]],
        }
    else:
        with pytest.raises(SyntaxError):
            execute(module)


# ----------------------------------------------------------------------------- what is said


@te.deprecated("use Circle")
class Oval(Struct):
    """Not round."""

    a: Annotated[int, Meta(title="The width.", examples=[1, 2])]
    b: Annotated[int, Meta(title="The height", description="How high.")] = 0


with pytest.warns(DeprecationWarning, match="use Circle"):

    class Egg(Oval):
        pass


@te.deprecated("feel")
class OldMood(enum.Enum):
    BAD = "bad"


@te.deprecated("use NotFound")
class Lost(RpcError, code=4004):
    path: str


@te.deprecated("write it out")
class OldTyped(TypedDict):
    value: int


class OldAPI(Protocol):
    @raises(Lost)
    async def draw(
        self, oval: Oval, size: Annotated[int, Meta(title="Pixels", examples=[64])], mood: OldMood
    ) -> Egg: ...

    async def typed(self) -> OldTyped: ...

    changed: Event[int]


def test_classes_say_themselves_that_they_are_deprecated() -> None:
    contract = read_contract(OldAPI)
    draw, typed = contract.methods["draw"], contract.methods["typed"]
    oval, _, mood = (parameter.type for parameter in draw.parameters)
    assert isinstance(oval, Record)
    assert isinstance(mood, Enumeration)
    assert isinstance(draw.result, Record)
    assert isinstance(typed.result, Record)
    assert (oval.deprecated, mood.deprecated) == ("use Circle", "feel")
    assert (draw.errors[0].deprecated, typed.result.deprecated) == ("use NotFound", "write it out")
    # What inherits from it may be the one to use.
    assert draw.result.deprecated is None


def test_examples_and_titles_come_from_the_annotations() -> None:
    draw = read_contract(OldAPI).methods["draw"]
    oval, size, _ = draw.parameters
    assert (size.doc, size.examples) == ("Pixels", (64,))
    assert isinstance(oval.type, Record)
    assert [(f.doc, f.examples) for f in oval.type.fields] == [
        ("The width.", (1, 2)),
        ("How high.", ()),
    ]


def test_what_is_deprecated_is_decoded_without_a_warning() -> None:
    decoded = msgspec.json.decode(b'{"a":1}', type=Oval)
    assert decoded.a == 1
