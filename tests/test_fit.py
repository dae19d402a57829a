"""An implementation held against its contract: what is bound, and what is said of what is not."""

# ruff: noqa: ARG002 - implementations that ignore what they are given

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, NewType, Protocol

import msgspec
import pytest
from typing_extensions import TypeAliasType, deprecated

from rpc_worker import ContractError, Struct, in_thread, inline
from rpc_worker.contract import read_contract
from rpc_worker.errors import Misfit
from rpc_worker.fit import bind
from rpc_worker.subtyping import accepts

if TYPE_CHECKING:
    from decimal import Decimal as Hidden


class Match(Struct):
    line: int


class API(Protocol):
    async def add(self, a: float, b: float = 1.0) -> float: ...


class SearchAPI(Protocol):
    async def search(self, query: str, *, limit: int = 10) -> list[Match]: ...


class FilesAPI(Protocol):
    text: SearchAPI

    async def list(self, path: str) -> list[str]: ...


class DeepAPI(Protocol):
    files: FilesAPI


def misfits(implementation: object, contract: type = API) -> list[Misfit]:
    with pytest.raises(ContractError) as caught:
        bind(read_contract(contract), implementation)
    return list(caught.value.misfits)


# ---------------------------------------------------------------------------------- what fits


class Awaited:
    async def add(self, a: float, b: float = 1.0) -> float:
        return a + b


class InThread:
    def add(self, a: float, b: float = 1.0) -> float:
        return a + b


class MarkedInThread(API):
    @in_thread
    def add(self, a: float, b: float = 1.0) -> float:
        return a + b


class Inline(API):
    @inline
    def add(self, a: float, b: float = 1.0) -> float:
        return a + b


class Unannotated:
    async def add(self, a, b=1.0):  # type: ignore[no-untyped-def] # pyright: ignore[reportUnknownParameterType, reportMissingParameterType] # as beginners have it
        return a + b  # pyright: ignore[reportUnknownVariableType] # no annotation says what it is


class Wider:
    async def add(
        self, a: float | str, b: object = 1.0, c: int = 0, *args: int, d: str = "", **more: str
    ) -> int:
        return 5


class Anything:
    async def add(self, *args: Any, **more: Any) -> Any:
        return 5


class Deprecated:
    @deprecated("use plus")
    async def add(self, a: float, b: float = 1.0) -> float:
        return a + b


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **more: Any) -> Any:
        return function(*args, **more)

    return wrapper


class AwaitedAround:
    @logged
    def add(self, a: float, b: float = 1.0) -> float:
        return a + b


class Static:
    @staticmethod
    async def add(a: float, b: float = 1.0) -> float:
        return a + b


class OfTheClass:
    @classmethod
    async def add(cls, a: float, b: float = 1.0) -> float:
        return a + b


async def add_all(start: int, a: float, b: float = 1.0) -> float:
    return start + a + b


class Partial:
    add = staticmethod(functools.partial(add_all, 0))


class PartialOfTheInstance:
    def __init__(self) -> None:
        self.add = functools.partial(add_all, 0)


class Adder:
    async def __call__(self, a: float, b: float = 1.0) -> float:
        return a + b


class WithCallable:
    add = Adder()


class Delegated:
    def __getattr__(self, name: str) -> Any:
        return getattr(Awaited(), name)


class Inherited(Awaited, API):
    pass


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        (Awaited, "loop"),
        (InThread, "thread"),
        (MarkedInThread, "thread"),
        (Inline, "inline"),
        (Unannotated, "loop"),
        (Wider, "loop"),
        (Anything, "loop"),
        (Deprecated, "loop"),
        (AwaitedAround, "loop"),
        (Static, "loop"),
        (OfTheClass, "loop"),
        (Partial, "loop"),
        (PartialOfTheInstance, "loop"),
        (WithCallable, "loop"),
        (Delegated, "loop"),
        (Inherited, "loop"),
    ],
)
def test_what_fits_is_bound_to_the_instance(kind: type, mode: str) -> None:
    implementation = kind()
    contract = read_contract(API)
    bound = bind(contract, implementation)
    assert list(bound) == ["add"]
    assert bound["add"].method is contract.methods["add"]
    assert bound["add"].mode == mode
    assert bound["add"].function == implementation.add or kind is Delegated


def test_a_class_fits_itself() -> None:
    for kind in (Awaited, InThread, Inline, Deprecated, Static):
        assert list(bind(read_contract(kind), kind())) == ["add"]


class TextBackend(SearchAPI):
    async def search(self, query: str, *, limit: int = 10) -> list[Match]:
        return [Match(limit)]


class FilesBackend(FilesAPI):
    def __init__(self) -> None:
        self.text = TextBackend()

    async def list(self, path: str) -> list[str]:
        return [path]


class DeepBackend(DeepAPI):
    def __init__(self, files: Any) -> None:
        self.files = files


def test_namespaces_are_bound_to_the_objects_in_them() -> None:
    files = FilesBackend()
    bound = bind(read_contract(DeepAPI), DeepBackend(files))
    assert {wire: found.function for wire, found in bound.items()} == {
        "files.list": files.list,
        "files.text.search": files.text.search,
    }


# ------------------------------------------------------------------------------ what does not


class Nothing:
    pass


class OnlyStub(API):
    pass


class NoMethod:
    add = 5


class AClass:
    class add:  # noqa: N801 - a nested class in place of a method
        pass


class Raising:
    @property
    def add(self) -> Any:
        raise RuntimeError("not yet")


class WrongType:
    async def add(self, a: float, b: str = 1.0) -> float:  # type: ignore[assignment] # pyright: ignore[reportArgumentType] # to be found
        return a


class WrongResult:
    def add(self, a: float, b: float = 1.0) -> str:
        return ""


class WrongName:
    async def add(self, x: float, b: float = 1.0) -> float:
        return x


class Swapped:
    async def add(self, b: float, a: float = 1.0) -> float:
        return a


class Fewer:
    async def add(self, a: float) -> float:
        return a


class More:
    async def add(self, a: float, b: float, c: float) -> float:
        return a


class OtherDefault:
    async def add(self, a: float, b: float = 2.0) -> float:
        return a


class NoneAtAll:
    async def add() -> float:  # type: ignore[misc] # pyright: ignore[reportSelfClsParameterName] # a beginner's mistake
        return 0


class NoSelf:
    async def add(a: float, b: float) -> float:  # type: ignore[misc] # noqa: N805 # pyright: ignore[reportSelfClsParameterName] # a beginner's mistake
        return a


class KeywordOnly:
    async def add(self, *, a: float, b: float = 1.0) -> float:
        return a


class PositionalOnly:
    async def add(self, a: float, b: float = 1.0, /) -> float:
        return a


class Yielding:
    async def add(self, a: float, b: float = 1.0) -> AsyncIterator[float]:
        yield a


class PlainYielding:
    def add(self, a: float, b: float = 1.0) -> Iterator[float]:
        yield a


class InlineAwaited:
    @inline
    async def add(self, a: float, b: float = 1.0) -> float:
        return a


class ThreadAwaited:
    @in_thread
    async def add(self, a: float, b: float = 1.0) -> float:
        return a


class Unresolvable:
    async def add(self, a: Hidden, b: float = 1.0) -> float:
        return b


class Builtin:
    add = max


PLAIN_STREAM = "-> Iterator[float]"
STREAM = "-> AsyncIterator[float]"
UNKNOWN = "that the name 'Hidden' in its annotation does not exist when the worker runs"
IMPORT_IT = (
    "Import it outside of `if TYPE_CHECKING:`, and define it in the module, not in a function."
)
ADD = "Write: async def add(self, a: float, b: float = 1.0) -> float"
PLAIN_ADD = "Write: def add(self, a: float, b: float = 1.0) -> float"
COLLECT = "Collect the items in a list, and return that"
TAKES_DEFAULT = "a parameter with a default"
EXTRA = "no such parameter, or one with a default"
CALL_IT = ADD.replace("Write:", "Call it in a function of your own:")

MISFITS: list[tuple[type, list[tuple[str, str, str, str]]]] = [
    (Nothing, [("", "a method", "nothing", ADD)]),
    (OnlyStub, [("", "a method", "only the contract's own", ADD)]),
    (NoMethod, [("", "a method", "int", ADD)]),
    (AClass, [("", "a method", "the class AClass.add", ADD)]),
    (Raising, [("", "a method", "that reading it raises RuntimeError: not yet", ADD)]),
    (WrongType, [("b", "float", "str", ADD)]),
    (WrongResult, [("", "-> float", "-> str", PLAIN_ADD)]),
    (WrongName, [("a", "the name a", "x", ADD)]),
    (Swapped, [("a", "the name a", "b", ADD), ("b", "the name b", "a", ADD)]),
    (Fewer, [("b", TAKES_DEFAULT, "none", ADD)]),
    (More, [("b", "the default 1.0", "none", ADD), ("c", EXTRA, "it without", ADD)]),
    (OtherDefault, [("b", "the default 1.0", "2.0", ADD)]),
    (NoSelf, [("", "self as the first parameter", "a", ADD)]),
    (NoneAtAll, [("", "self as the first parameter", "no parameters", ADD)]),
    (KeywordOnly, [(name, "it before the *", "it after", ADD) for name in "ab"]),
    (PositionalOnly, [(n, "that it can be given by name", "it before the /", ADD) for n in "ab"]),
    (Yielding, [("", "a function that returns", "yield", COLLECT), ("", "-> float", STREAM, ADD)]),
    (
        PlainYielding,
        [
            ("", "a function that returns", "yield", COLLECT),
            ("", "-> float", PLAIN_STREAM, PLAIN_ADD),
        ],
    ),
    (InlineAwaited, [("", "def below @inline", "async def", "Remove @inline, or the async")]),
    (ThreadAwaited, [("", "def below @in_thread", "async def", "Remove @in_thread, or the async")]),
    (Unresolvable, [("", "types that can be read", UNKNOWN, IMPORT_IT)]),
    (Builtin, [("", "parameters that can be read", "a builtin function", CALL_IT)]),
]


@pytest.mark.parametrize(("kind", "expected"), MISFITS, ids=[kind.__name__ for kind, _ in MISFITS])
def test_a_misfit_says_what_where_and_what_to_write(
    kind: type, expected: list[tuple[str, str, str, str]]
) -> None:
    where = f"{__name__}.{kind.__name__}.add"
    there = f"as {__name__}.API.add has it"
    assert misfits(kind()) == [
        Misfit(
            f"{where}, parameter {parameter}" if parameter else where,
            f"expected {right}, {there}; found {found}",
            advice,
        )
        for parameter, right, found, advice in expected
    ]


class NoParameterAPI(Protocol):
    async def count(self) -> int: ...


class Counting:
    async def count(number: int) -> int:  # type: ignore[misc]  # noqa: N805 # pyright: ignore - without a self
        return number


def test_an_argument_cannot_take_the_place_of_self() -> None:
    (found,) = misfits(Counting(), NoParameterAPI)
    assert found.problem == (
        f"expected self as the first parameter, as {__name__}.NoParameterAPI.count has it; "
        "found number"
    )


def test_nobody_else_is_named_if_a_class_is_its_own_contract() -> None:
    (found,) = misfits(InlineAwaited(), InlineAwaited)
    assert found.problem == "expected def below @inline; found async def"


class FewerOptions:
    async def search(self, query: str) -> Sequence[Match]:
        return []


class PositionalOption:
    async def search(self, limit: int = 10, query: str = "") -> list[Match]:
        return []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (FewerOptions, [("limit", "a keyword-only parameter with a default", "none")]),
        (PositionalOption, [("query", "the name query", "limit")]),
    ],
)
def test_keyword_only_parameters_are_found_by_name(
    kind: type, expected: list[tuple[str, str, str]]
) -> None:
    found = [m for m in misfits(kind(), SearchAPI) if m.where.count("parameter")]
    assert [(m.where, m.problem) for m in found] == [
        (
            f"{__name__}.{kind.__name__}.search, parameter {parameter}",
            f"expected {right}, as {__name__}.SearchAPI.search has it; found {wrong}",
        )
        for parameter, right, wrong in expected
    ]
    write = "Write: async def search(self, query: str, *, limit: int = 10) -> list[Match]"
    assert {m.advice for m in found} == {write}


def test_a_protocol_in_place_of_an_implementation_is_told_so() -> None:
    (found,) = misfits(API)
    assert found.advice == "Write class Backend(API): …, and then: Backend()"


def test_a_class_in_place_of_an_instance_is_told_so() -> None:
    expected = Misfit(
        f"{__name__}.Awaited",
        "expected an object that fits API; found the class itself",
        "Write: Awaited()",
    )
    assert misfits(Awaited) == [expected]


class NoFiles:
    pass


class LazyFiles:
    @property
    def files(self) -> Any:
        raise RuntimeError("not yet")


@pytest.mark.parametrize(
    ("implementation", "found", "advice"),
    [
        (NoFiles(), "nothing", "Write in __init__: self.files = …"),
        (DeepBackend(None), "None", "Write in __init__: self.files = …"),
        (
            DeepBackend(FilesBackend),
            "the class FilesBackend itself",
            "Write in __init__: self.files = FilesBackend()",
        ),
        (LazyFiles(), "that reading it raises RuntimeError: not yet", "Make it an attribute"),
    ],
)
def test_a_namespace_that_is_missing_is_one_misfit(
    implementation: object, found: str, advice: str
) -> None:
    here, there = f"{__name__}.{type(implementation).__name__}", f"{__name__}.DeepAPI"
    problem = f"expected an object with the methods list, as {there}.files has them; found {found}"
    assert misfits(implementation, DeepAPI) == [Misfit(f"{here}.files", problem, advice)]


def test_misfits_in_namespaces_have_the_whole_path() -> None:
    class Text:
        async def search(self, query: int, *, limit: int = 10) -> list[Match]:
            return []

    files = FilesBackend()
    files.text = Text()  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue] # to be found
    (found,) = misfits(DeepBackend(files), DeepAPI)
    assert found.where == f"{__name__}.DeepBackend.files.text.search, parameter query"
    assert found.problem == (
        f"expected str, as {__name__}.DeepAPI.files.text.search has it; found int"
    )


def test_all_misfits_are_told_at_once() -> None:
    with pytest.raises(ContractError) as caught:
        bind(read_contract(API), More())
    assert str(caught.value) == (
        f"2 misfits:\n"
        f"  {__name__}.More.add, parameter b\n"
        f"    expected the default 1.0, as {__name__}.API.add has it; found none\n"
        f"    {ADD}\n"
        f"  {__name__}.More.add, parameter c\n"
        f"    expected {EXTRA}, as {__name__}.API.add has it; found it without\n"
        f"    {ADD}"
    )


Id = NewType("Id", int)
Short = Annotated[str, msgspec.Meta(max_length=5)]
Names = TypeAliasType("Names", list[str])


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        (float, float, True),
        (float, int, True),
        (int, float, False),
        (int, bool, True),
        (str, None, False),
        (None, None, True),
        (None, type(None), True),
        (object, str, True),
        (str, Any, True),
        (Any, str, True),
        (str, Short, True),
        (Short, str, True),
        (int, Id, True),
        (list[str], Names, True),
        (Names, list[int], False),
        (str | None, str, True),
        (str, str | None, False),
        (int | str | None, str | None, True),
        (float | None, int, True),
        (Literal["a", "b"], Literal["a"], True),
        (Literal["a"], Literal["a", "b"], False),
        (str, Literal["a"], True),
        (int, Literal["a"], False),
        (Literal["a"], str, False),
        (list[float], list[float], True),
        (list[float], list[int], False),
        (list, list[int], True),
        (list[int], dict[str, int], False),
        (Sequence[float], list[int], True),
        (Sequence[str], tuple[str, ...], True),
        (Sequence[str], tuple[str, int], False),
        (list[str], Sequence[str], False),
        (tuple[float, str], tuple[int, str], True),
        (tuple[float, str], tuple[float], False),
        (tuple[float, ...], tuple[int, int], True),
        (tuple[int, int], tuple[int, ...], False),
        (Mapping[str, float], dict[str, int], True),
        (dict[str, float], dict[str, int], False),
        (API, Awaited, True),
        (Awaited, Inherited, True),
        (Inherited, Awaited, False),
    ],
    ids=str,
)
def test_whether_a_type_may_stand_for_another(wide: Any, narrow: Any, *, expected: bool) -> None:
    assert accepts(wide, narrow) is expected
