"""An implementation held against its contract: what is bound, and what is said of what is not."""

# ruff: noqa: ARG002 - implementations that ignore what they are given

from __future__ import annotations

import asyncio
import dataclasses
import functools
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, NewType, Protocol, TypeVar

import msgspec
import pytest
from typing_extensions import TypeAliasType, deprecated

from rpc_worker import (
    ContractError,
    Event,
    Progress,
    Struct,
    exclusive,
    in_executor,
    in_process,
    in_thread,
    inline,
)
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
    bound = bind(contract, implementation).methods
    assert list(bound) == ["add"]
    assert bound["add"].method is contract.methods["add"]
    assert bound["add"].mode == mode
    assert bound["add"].function == implementation.add or kind is Delegated


def test_a_class_fits_itself() -> None:
    for kind in (Awaited, InThread, Inline, Deprecated, Static):
        assert list(bind(read_contract(kind), kind()).methods) == ["add"]


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
    assert bound.events == {}
    assert {wire: found.function for wire, found in bound.methods.items()} == {
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


# --------------------------------------------------------------------- streams and callbacks


class StreamAPI(Protocol):
    def tail(self, path: str) -> AsyncIterator[str]: ...


class AsyncGenerated(StreamAPI):
    async def tail(self, path: str) -> AsyncIterator[str]:
        yield path


class AsyncGeneratorOf:
    async def tail(self, path: str) -> AsyncGenerator[str, None]:
        yield path


class Handing(StreamAPI):
    def tail(self, path: str) -> AsyncIterator[str]:
        return AsyncGenerated().tail(path)


class UnannotatedStream:
    async def tail(self, path):  # type: ignore[no-untyped-def] # pyright: ignore[reportUnknownParameterType, reportMissingParameterType] # as beginners have it
        yield path


class Generated:
    def tail(self, path: str) -> Iterator[str]:
        yield path


class MarkedGenerated(StreamAPI):
    @in_thread
    def tail(self, path: str) -> Iterator[str]:
        yield path


class GeneratorOf:
    def tail(self, path: str) -> Generator[str, None, None]:
        yield path


class HandingIterable:
    def tail(self, path: str) -> Iterable[str]:
        return [path]


class UnannotatedGenerator:
    def tail(self, path):  # type: ignore[no-untyped-def] # pyright: ignore[reportUnknownParameterType, reportMissingParameterType] # as beginners have it
        yield path


STREAMING: list[tuple[type, str]] = [
    (AsyncGenerated, "loop"),
    (AsyncGeneratorOf, "loop"),
    (Handing, "loop"),
    (UnannotatedStream, "loop"),
    (Generated, "thread"),
    (MarkedGenerated, "thread"),
    (GeneratorOf, "thread"),
    (HandingIterable, "thread"),
    (UnannotatedGenerator, "thread"),
]


@pytest.mark.parametrize(("kind", "mode"), STREAMING)
def test_a_stream_runs_where_what_it_gives_is_iterated(kind: type, mode: str) -> None:
    assert bind(read_contract(StreamAPI), kind()).methods["tail"].mode == mode


class TalkAPI(Protocol):
    async def talk(
        self,
        numbers: AsyncIterator[float],
        ask: Callable[[str], Awaitable[bool]],
        tell: Callable[[str], None],
        progress: Progress[float],
    ) -> float: ...


class Talking(TalkAPI):
    async def talk(
        self,
        numbers: AsyncIterator[float],
        ask: Callable[[str], Awaitable[bool]],
        tell: Callable[[str], None],
        progress: Progress[float],
    ) -> float:
        return 0


class TalkingWider:
    async def talk(
        self,
        numbers: AsyncIterable[float],
        ask: Callable[[str], Awaitable[bool | None]],
        tell: Callable[..., object],
        progress: Progress[int],
    ) -> float:
        return 0


class TalkingInThread:
    def talk(
        self,
        numbers: Iterator[float],
        ask: Callable[[str], bool],
        tell: Callable[[str], None],
        progress: Progress[float],
    ) -> float:
        return 0


class TalkingWiderInThread:
    def talk(
        self,
        numbers: Iterable[float],
        ask: Callable[[str], object],
        tell: Callable[[str], None],
        progress: Progress[float],
    ) -> float:
        return 0


@pytest.mark.parametrize("kind", [Talking, TalkingWider, TalkingInThread, TalkingWiderInThread])
def test_references_have_the_form_of_where_the_function_runs(kind: type) -> None:
    assert list(bind(read_contract(TalkAPI), kind()).methods) == ["talk"]


class AwaitingInThread:
    def talk(
        self,
        numbers: AsyncIterator[float],
        ask: Callable[[str], Awaitable[bool]],
        tell: Callable[[str, int], None],
        progress: Progress[str],
    ) -> float:
        return 0


class BlockingOnTheLoop:
    async def talk(
        self,
        numbers: Iterator[float],
        ask: Callable[[str], bool],
        tell: Callable[[int], None],
        progress: Callable[[float], None],
    ) -> float:
        return 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            AwaitingInThread,
            [
                ("numbers", "Iterator[float] in a thread", "AsyncIterator[float]"),
                ("ask", "Callable[[str], bool] in a thread", "Callable[[str], Awaitable[bool]]"),
                ("tell", "Callable[[str], None]", "Callable[[str, int], None]"),
                ("progress", "Progress[float]", "Progress[str]"),
            ],
        ),
        (
            BlockingOnTheLoop,
            [
                ("numbers", "AsyncIterator[float]", "Iterator[float]"),
                ("ask", "Callable[[str], Awaitable[bool]]", "Callable[[str], bool]"),
                ("tell", "Callable[[str], None]", "Callable[[int], None]"),
                ("progress", "Progress[float]", "Callable[[float], None]"),
            ],
        ),
    ],
)
def test_the_form_of_another_place_is_a_misfit(
    kind: type, expected: list[tuple[str, str, str]]
) -> None:
    found = misfits(kind(), TalkAPI)
    there = f"as {__name__}.TalkAPI.talk has it"
    assert [(m.where.rpartition(" ")[2], m.problem) for m in found] == [
        (parameter, f"expected {right}, {there}; found {wrong}")
        for parameter, right, wrong in expected
    ]
    (advice,) = {m.advice for m in found}
    forms = [(parameter, right.removesuffix(" in a thread")) for parameter, right, _ in expected]
    assert all(f"{parameter}: {form}" in advice for parameter, form in forms)


class NoYield:
    async def tail(self, path: str) -> AsyncIterator[str]:
        return AsyncGenerated().tail(path)


class AList:
    def tail(self, path: str) -> list[str]:
        return [path]


class InlineStream:
    @inline
    def tail(self, path: str) -> Iterator[str]:
        yield path


class ProcessStream:
    @in_process
    def tail(self, path: str) -> Iterator[str]:
        yield path


class OtherItems:
    async def tail(self, path: str) -> AsyncIterator[int]:
        yield 1


NO_INLINE = "Remove @inline: a generator runs in a thread"
A_STREAM = "AsyncIterator[str], from the loop or a thread"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (
            NoYield,
            (
                "that calling it gives AsyncIterator[str]",
                "async def without yield",
                "Write yield in it for each item; if it calls what does, remove async",
            ),
        ),
        (
            AList,
            (
                "-> AsyncIterator[str]",
                "-> list[str]",
                "Write: def tail(self, path: str) -> AsyncIterator[str]",
            ),
        ),
        (InlineStream, (A_STREAM, "@inline", NO_INLINE)),
        (ProcessStream, (A_STREAM, "@in_process", NO_INLINE.replace("@inline", "@in_process"))),
        (
            OtherItems,
            (
                "-> AsyncIterator[str]",
                "-> AsyncIterator[int]",
                "Write: async def tail(self, path: str) -> AsyncIterator[str]",
            ),
        ),
    ],
)
def test_what_gives_no_stream_is_a_misfit(kind: type, expected: tuple[str, str, str]) -> None:
    right, found, advice = expected
    (misfit,) = misfits(kind(), StreamAPI)
    assert misfit.problem == f"expected {right}, as {__name__}.StreamAPI.tail has it; found {found}"
    assert misfit.advice == advice


POOL = ThreadPoolExecutor(1)


class Elsewhere:
    @in_process
    def total(self, numbers: AsyncIterator[float]) -> float:
        return 0

    @in_executor(POOL)
    def report(self, progress: Progress[float]) -> None: ...

    @inline
    def ask(self, ask: Callable[[str], Awaitable[bool]]) -> None: ...

    @inline
    def tell(self, tell: Callable[[str], None], progress: Progress[float]) -> None: ...


class TotalAPI(Protocol):
    async def total(self, numbers: AsyncIterator[float]) -> float: ...


class InlineTotal:
    @inline
    def total(self, numbers: Iterator[float]) -> float:
        return sum(numbers)


def test_what_is_marked_for_another_place_is_told_that_alone() -> None:
    """It is written as it is to be where it can run."""
    (misfit,) = misfits(InlineTotal(), TotalAPI)
    assert misfit.problem.endswith("; found @inline")
    assert misfit.advice == "Write async def, or @in_thread"


def test_nothing_but_values_goes_elsewhere_and_nothing_inline_waits() -> None:
    with pytest.raises(ContractError) as caught:
        bind(read_contract(Elsewhere), Elsewhere())
    assert [(m.where.rpartition(".")[2], m.problem, m.advice) for m in caught.value.misfits] == [
        (
            "total",
            (
                "expected a function in this process for numbers: AsyncIterator[float]; "
                "found @in_process"
            ),
            "Write @in_thread, or leave numbers out of the contract",
        ),
        (
            "report",
            (
                "expected a function in this process for progress: Progress[float]; "
                "found @in_executor"
            ),
            "Write @in_thread, or leave progress out of the contract",
        ),
        (
            "ask",
            (
                "expected a function that can wait for ask: Callable[[str], Awaitable[bool]]; "
                "found @inline"
            ),
            "Write async def, or @in_thread",
        ),
    ]


class Marked:
    @exclusive
    async def one(self) -> None: ...

    @in_executor(POOL)
    @exclusive
    def two(self) -> None: ...

    @in_process
    def three(self) -> None: ...

    @exclusive
    @inline
    def four(self) -> None: ...


def test_marks_are_found_on_the_function_of_the_implementation() -> None:
    bound = bind(read_contract(Marked), Marked()).methods
    assert {wire: (b.mode, b.exclusive, b.executor) for wire, b in bound.items()} == {
        "one": ("loop", True, None),
        "two": ("executor", True, POOL),
        "three": ("process", False, None),
        "four": ("inline", True, None),
    }


# ------------------------------------------------------------------------------------- events


class ChangesAPI(Protocol):
    changed: Event[Match]


class EventAPI(Protocol):
    happened: Event[int]
    deep: ChangesAPI


class Changes(ChangesAPI):
    changed: Event[Match]


class Emitting(EventAPI):
    happened: Event[int]

    def __init__(self) -> None:
        self.deep = Changes()


class EmittingItsOwn(EventAPI):
    happened = Event[int]()

    def __init__(self) -> None:
        self.deep = Changes()
        self.deep.changed = Event[Match]()


@dataclasses.dataclass(frozen=True)
class Frozen:
    deep: Changes = dataclasses.field(default_factory=Changes)


@pytest.mark.parametrize("kind", [Emitting, EmittingItsOwn, Frozen])
def test_events_are_those_of_the_implementation_and_made_if_missing(kind: type) -> None:
    implementation: Any = kind()
    before = implementation.deep.__dict__.get("changed")
    events = bind(read_contract(EventAPI), implementation).events
    assert list(events) == ["happened", "deep.changed"]
    assert events["happened"] is implementation.happened
    assert events["deep.changed"] is implementation.deep.changed
    assert before in {None, events["deep.changed"]}
    # Bound again, as a reload does, they stay what they are.
    assert bind(read_contract(EventAPI), implementation).events == events


class Slotted:
    __slots__ = ("deep",)

    def __init__(self) -> None:
        self.deep = Changes()


class NoEvent:
    happened = 3
    deep = Changes()


class TheClass:
    happened = Event
    deep = Changes()


class RaisingEvent:
    deep = Changes()

    @property
    def happened(self) -> Any:
        raise RuntimeError("not yet")


LEAVE_OUT = "Leave it out, or write in __init__: self.happened = Event[int]()"


@pytest.mark.parametrize(
    ("kind", "found", "advice"),
    [
        (
            Slotted,
            "nothing, and Slotted takes no new attributes",
            "Give it a place, and write in __init__: self.happened = Event[int]()",
        ),
        (NoEvent, "int", LEAVE_OUT),
        (TheClass, "the class itself", LEAVE_OUT),
        (RaisingEvent, "that reading it raises RuntimeError: not yet", LEAVE_OUT),
    ],
)
def test_an_event_that_is_none_is_a_misfit(kind: type, found: str, advice: str) -> None:
    expected = f"expected Event[int], as {__name__}.EventAPI.happened has it; found {found}"
    where = f"{__name__}.{kind.__name__}.happened"
    assert misfits(kind(), EventAPI) == [Misfit(where, expected, advice)]


def test_a_namespace_of_events_is_told_so() -> None:
    class Shallow:
        happened = Event[int]()

    (found,) = misfits(Shallow(), EventAPI)
    assert found.problem.startswith("expected an object with events, as ")


def test_an_event_of_no_worker_says_so() -> None:
    with pytest.raises(RuntimeError, match="declare it in the contract and in the class that"):
        asyncio.run(Event[int]().emit(1))


def test_what_is_emitted_goes_to_who_bound_the_event() -> None:
    sent: list[tuple[int, str | None]] = []

    async def send(value: int, to: str | None) -> None:
        sent.append((value, to))

    async def emit() -> None:
        event = Event[int]()
        event.bind(send)
        await event.emit(1)
        await event.emit(2, to="S")

    asyncio.run(emit())
    assert sent == [(1, None), (2, "S")]


def test_progress_goes_to_who_made_it() -> None:
    seen: list[float] = []
    Progress(seen.append).report(0.5)
    assert seen == [0.5]


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
        (AsyncIterator[float], AsyncGenerator[int, None], True),
        (AsyncGenerator[int, None], AsyncIterator[int], False),
        (AsyncIterator[str], AsyncIterator[int], False),
        (Iterable[float], list[int], True),
        (Iterable[str], dict[str, int], True),
        (Awaitable[float], Coroutine[Any, Any, int], True),
        (Awaitable[str], Coroutine[Any, Any, int], False),
        (Callable[[int], float], Callable[[float], int], True),
        (Callable[[float], int], Callable[[int], int], False),
        (Callable[[int], str], Callable[[int], int], False),
        (Callable[[int], None], Callable[[int, int], None], False),
        (Callable[..., int], Callable[[int], int], True),
        (Progress[int], Progress[float], True),
        (Progress[float], Progress[int], False),
        (API, Awaited, True),
        (Awaited, Inherited, True),
        (Inherited, Awaited, False),
    ],
    ids=str,
)
def test_whether_a_type_may_stand_for_another(wide: Any, narrow: Any, *, expected: bool) -> None:
    assert accepts(wide, narrow) is expected


class KeptAPI(Protocol):
    async def keep(self, value: str | None) -> None: ...


T = TypeVar("T")


class Store(Generic[T]):
    async def keep(self, value: T) -> None: ...


class KeptStore(Store[str | None]): ...


def test_a_type_variable_is_left_to_type_checkers() -> None:
    assert bind(read_contract(KeptAPI), KeptStore()).methods.keys() == {"keep"}
