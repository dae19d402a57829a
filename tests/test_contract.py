"""A typed class as a contract: what is read of it, what is refused, and its digest."""
# ruff: noqa: N818 - errors are called as users call them

from __future__ import annotations

import datetime as dt
import enum
import functools
import logging
import os
import pathlib
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar, Generic, Literal, Protocol, SupportsInt, TypeVar, overload

import msgspec
import pytest
import typing_extensions as te

import shared_api
from rpc_worker import ContractError, Event, Progress, RpcError, Struct, in_thread, inline, raises
from rpc_worker.contract import REQUIRED, Contract, common_digest, find_contract, read_contract
from rpc_worker.reading.names import camel
from rpc_worker.schema import Array, Record, Scalar, Union

HERE = __name__
T_co = TypeVar("T_co", covariant=True)
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


class NotFound(RpcError, code=4004):
    """Nothing there."""

    path: str


class Gone(RpcError, code=4010):
    """It was there."""


class Item(Struct):
    name: str
    count: int = 1


class DeepAPI(Protocol):
    """The innermost."""

    async def touch(self) -> None: ...


class ItemsAPI(Protocol):
    """The items."""

    deep_down: DeepAPI

    @raises(NotFound, Gone)
    async def find_one(self, item_name: str) -> Item: ...


class BaseAPI(Protocol):
    async def inherited(self) -> int: ...
    async def overridden(self) -> int: ...


class API(BaseAPI, Protocol):
    """What is offered.

    And more.
    """

    all_items: ItemsAPI
    limit: ClassVar[int] = 3

    async def put(
        self, first_item: Item, *, dry_run: bool = False, tags: list[str] | None = None
    ) -> Item | None: ...

    async def overridden(self) -> str: ...  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride] - the last one counts

    @te.deprecated("use put")
    async def put_all(self, items: list[Item] = []) -> None:  # noqa: B006 - a default as data
        """Put them all.

        Each of them.
        """

    def quick(self) -> int: ...

    async def _private(self, anything: object) -> None: ...


def misfits(cls: type) -> list[tuple[str, str, str]]:
    with pytest.raises(ContractError) as caught:
        read_contract(cls)
    return [(m.where, m.problem, m.advice) for m in caught.value.misfits]


def test_methods_are_named_in_camel_case_and_ordered_as_written() -> None:
    contract = read_contract(API)
    assert [(wire, method.path) for wire, method in contract.methods.items()] == [
        ("inherited", ("inherited",)),
        ("overridden", ("overridden",)),
        ("put", ("put",)),
        ("putAll", ("put_all",)),
        ("quick", ("quick",)),
        ("allItems.findOne", ("all_items", "find_one")),
        ("allItems.deepDown.touch", ("all_items", "deep_down", "touch")),
    ]
    overridden = contract.methods["overridden"].result
    assert isinstance(overridden, Scalar)
    assert overridden.kind == "str"


def test_namespaces_are_nested_and_carry_their_docstrings() -> None:
    contract = read_contract(API)
    assert (contract.name, contract.doc) == ("API", "What is offered.\n\nAnd more.")
    root = contract.root
    (items,) = root.namespaces
    (deep,) = items.namespaces
    assert [(n.wire, n.name, n.doc) for n in (root, items, deep)] == [
        ("", "", "What is offered.\n\nAnd more."),
        ("allItems", "allItems", "The items."),
        ("allItems.deepDown", "deepDown", "The innermost."),
    ]
    assert [m.name for m in items.methods] == ["findOne"]
    assert deep.methods[0] is contract.methods["allItems.deepDown.touch"]


class SilentAPI(Protocol):
    async def touch(self) -> None: ...


class SayingAPI(Protocol):
    silent: SilentAPI
    """What the class does not say."""
    deep: DeepAPI
    """What is said of it here."""


def test_what_is_said_of_a_namespace_where_it_stands_is_told_beside_what_its_class_says() -> None:
    namespaces = read_contract(SayingAPI, sources=True).root.namespaces
    assert [(n.said, n.doc) for n in namespaces] == [
        ("What the class does not say.", ""),
        ("What is said of it here.", "The innermost."),
    ]


class PairAPI(Protocol):
    left: DeepAPI
    right: DeepAPI


class OuterAPI(Protocol):
    pair: PairAPI


class Plain:
    deep: DeepAPI


class GroupsAPI(Protocol):
    outer: OuterAPI
    plain: Plain


def test_a_namespace_may_hold_nothing_but_namespaces() -> None:
    assert list(read_contract(GroupsAPI).methods) == [
        "outer.pair.left.touch",
        "outer.pair.right.touch",
        "plain.deep.touch",
    ]


class Hollow(Protocol):
    inner: Hollow


class HollowAPI(Protocol):
    hollow: Hollow

    async def touch(self) -> None: ...


class Unfinished(Protocol):
    inner: NowhereAPI  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore[reportUndefinedVariable, reportUnknownVariableType] - the mistake


class UnfinishedAPI(Protocol):
    unfinished: Unfinished


def test_a_namespace_that_comes_to_nothing_is_refused_where_it_does() -> None:
    assert [(where, what) for where, what, _ in misfits(HollowAPI)] == [
        (f"{HERE}.HollowAPI.hollow", "Hollow is no class with methods")
    ]
    assert [(where, what) for where, what, _ in misfits(UnfinishedAPI)] == [
        (
            f"{HERE}.Unfinished.inner",
            "the name 'NowhereAPI' in its annotation does not exist when the worker runs",
        )
    ]


def test_parameters_keep_their_names_kinds_and_defaults() -> None:
    methods = read_contract(API).methods
    assert [
        (p.name, p.wire, p.keyword, p.default, p.annotation) for p in methods["put"].parameters
    ] == [
        ("first_item", "firstItem", False, REQUIRED, Item),
        ("dry_run", "dryRun", True, False, bool),
        ("tags", "tags", True, None, list[str] | None),
    ]
    (items,) = methods["putAll"].parameters
    assert items.default == []
    assert isinstance(items.type, Array)


def test_results_and_what_is_said_of_a_method() -> None:
    methods = read_contract(API).methods
    put, put_all = methods["put"], methods["putAll"]
    assert isinstance(put.result, Union)
    assert put.result_annotation == Item | None
    assert put_all.result_annotation is None
    assert put_all.doc == "Put them all.\n\nEach of them."
    assert (put.deprecated, put_all.deprecated) == (None, "use put")
    assert put.source.module == HERE
    assert put.source.file == __file__


def test_declared_errors_have_a_code_and_the_record_of_their_data() -> None:
    not_found, gone = read_contract(API).methods["allItems.findOne"].errors
    assert (not_found.cls, not_found.name, not_found.code) == (NotFound, "NotFound", 4004)
    assert not_found.doc == "Nothing there."
    assert isinstance(not_found.data, Record)
    assert [field.wire for field in not_found.data.fields] == ["path"]
    assert (gone.code, gone.data) == (4010, None)


def test_lines_are_those_of_the_definitions_if_sources_are_read() -> None:
    contract = read_contract(API, sources=True)
    lines = pathlib.Path(__file__).read_text(encoding="utf-8").splitlines()

    def at(line: int) -> str:
        return lines[line - 1].strip()

    assert at(contract.source.line) == "class API(BaseAPI, Protocol):"
    assert at(contract.methods["putAll"].source.line).startswith("async def put_all(")
    assert at(contract.methods["inherited"].source.line).startswith("async def inherited(")
    assert at(contract.root.namespaces[0].source.line) == "class ItemsAPI(Protocol):"
    assert contract.digest == read_contract(API).digest


def wrapped(function: FunctionT) -> FunctionT:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return wrapper  # type: ignore[return-value]  # pyright: ignore[reportReturnType] - as decorators do


class Backend:
    """A class that is its own contract."""

    version = "1"
    db: logging.Logger
    items: ItemsAPI

    def __init__(self, name: str) -> None:
        self.name = name

    async def load(self, path: str) -> str:
        return path

    def slow(self) -> int:
        return 1

    @inline
    def fast(self) -> int:
        return 2

    @in_thread
    def threaded(self) -> int:
        return 3

    @wrapped
    async def decorated(self, a: int) -> int:
        return a

    @staticmethod
    def static(a: int) -> int:
        return a

    @classmethod
    def of_class(cls, a: int) -> int:
        return a

    @property
    def size(self) -> int:
        return 1

    def _internal(self, anything):  # type: ignore[no-untyped-def]  # pyright: ignore - not public
        return anything  # pyright: ignore[reportUnknownVariableType] - not public

    class Nested:
        pass


def test_a_class_can_be_its_own_contract() -> None:
    methods = read_contract(Backend).methods
    assert {wire: (m.kind, [p.name for p in m.parameters]) for wire, m in methods.items()} == {
        "load": ("async", ["path"]),
        "slow": ("thread", []),
        "fast": ("inline", []),
        "threaded": ("thread", []),
        "decorated": ("async", ["a"]),
        "static": ("thread", ["a"]),
        "ofClass": ("thread", ["a"]),
        "items.findOne": ("async", ["item_name"]),
        "items.deepDown.touch": ("async", []),
    }


def test_the_contract_of_an_implementation_is_its_nearest_protocol() -> None:
    class Base(BaseAPI): ...

    class Derived(Base): ...

    class Other(SupportsInt): ...

    class Alone: ...

    assert find_contract(Base) is BaseAPI
    assert find_contract(Derived) is BaseAPI
    assert find_contract(API) is API
    assert find_contract(Other) is Other
    assert find_contract(Alone) is Alone


NAMES: list[tuple[str, str]] = [
    ("add", "add"),
    ("get_system_info", "getSystemInfo"),
    ("from_", "from"),
    ("a__b", "aB"),
    ("sha_256", "sha256"),
    ("readURL", "readURL"),
]


@pytest.mark.parametrize(("name", "wire"), NAMES)
def test_names_change_as_those_of_fields_do(name: str, wire: str) -> None:
    fields = msgspec.defstruct("Fields", [(name, int)], rename="camel")
    assert camel(name) == wire
    assert fields.__struct_encode_fields__ == (wire,)


class ListAPI(Protocol):
    async def list(self) -> list[str]: ...


def test_a_method_called_list_does_not_hide_the_type() -> None:
    result = read_contract(ListAPI).methods["list"].result
    assert isinstance(result, Array)


# What is refused: each class, and all that is said of it.


class Failing(RpcError, code=4004):
    """It has NotFound's code."""


class CodelessError(RpcError):
    pass


class WithParameters(Protocol):
    async def positional(self, a: int, /) -> int: ...
    async def variable(self, *values: int) -> int: ...
    async def keywords(self, **values: int) -> int: ...
    async def options(self, signal: int, timeout_ms: int, on_progress: int) -> int: ...
    async def clash(self, a_b: int, aB: int) -> int: ...  # noqa: N803 - the point of the test
    async def hidden(self, _a: int) -> int: ...
    async def untyped(self, a, b: int) -> int: ...  # type: ignore[no-untyped-def]  # pyright: ignore - the point of the test
    async def default(self, a: int = "x", b: float = None) -> int: ...  # type: ignore[assignment]  # noqa: RUF013 # pyright: ignore - the point of the test
    async def unsendable(self, a: Any = logging) -> int: ...
    async def typed(self, a: complex, b: list[object]) -> int: ...


def _unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await function(*args, **kwargs)

    return wrapper


class WithResults(Protocol):
    async def silent(self): ...  # type: ignore[no-untyped-def]  # pyright: ignore - the point of the test
    async def unknown(self) -> Unknown: ...  # type: ignore[name-defined]  # noqa: F821 # pyright: ignore - the point of the test
    async def broken(self) -> logging.Nothing: ...  # type: ignore[name-defined]  # pyright: ignore - the point of the test
    def no_self() -> int: ...  # type: ignore[misc]  # pyright: ignore - the point of the test
    async def first_typed(x: int, y: int = 0) -> int: ...  # type: ignore[misc]  # noqa: N805 # pyright: ignore - the point of the test
    async def first_named(x) -> int: ...  # noqa: N805 # pyright: ignore - the point of the test
    async def first_hidden(_x: int) -> int: ...  # type: ignore[misc]  # noqa: N805 # pyright: ignore - the point of the test
    async def first_many(*xs: int) -> int: ...  # pyright: ignore - the point of the test
    @classmethod  # pyright: ignore - see below
    async def of_class(x: int) -> int: ...  # type: ignore[misc]  # noqa: N804 # pyright: ignore - the point of the test
    @overload
    async def overloaded(self, x: int) -> int: ...
    @overload
    async def overloaded(self, x: str) -> str: ...
    @_unwrapped
    async def decorated(self, x: int) -> int: ...


class WithErrors(Protocol):
    @raises(ValueError)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - the point of the test
    async def foreign(self) -> None: ...
    @raises(CodelessError)
    async def codeless(self) -> None: ...
    @raises(RpcError)
    async def base(self) -> None: ...
    @raises(NotFound, Failing)
    async def same_code(self) -> None: ...


class RpcAPI(Protocol):
    async def ping(self) -> None: ...


class WithMembers(Protocol):
    rpc: RpcAPI
    system: RpcAPI
    get_items: RpcAPI
    title: str
    maybe: RpcAPI | None
    itself: WithMembers
    gone: Unknown  # type: ignore[name-defined]  # noqa: F821 # pyright: ignore - the point of the test

    async def getItems(self) -> None: ...  # noqa: N802 - the point of the test
    async def then(self) -> None: ...
    @property
    def size(self) -> int: ...


class Nothing(Protocol):
    """It promises nothing."""


class GenericAPI(Protocol, Generic[T_co]):
    async def get(self) -> T_co: ...


ANOTHER_NAME = "Give it another name."


def no_self(name: str) -> tuple[str, str]:
    return "it has no self", f"Write def {name}(self, …)."


GONE = "the name 'Unknown' in its annotation does not exist when the worker runs"
IMPORT_IT = (
    "Import it outside of `if TYPE_CHECKING:`, and define it in the module, not in a function."
)

BAD: list[tuple[type, list[tuple[str, str, str]]]] = [
    (
        WithParameters,
        [
            (
                ".positional, parameter a",
                "it is positional-only, and a call by name could not give it",
                "Remove the / from the signature.",
            ),
            (
                ".variable, parameter values",
                "it is any number of parameters",
                "Write one parameter that is a list, such as values: list[float].",
            ),
            (
                ".keywords, parameter values",
                "it is parameters of any name",
                (
                    "Write keyword-only parameters, or one that is a dict, such as "
                    "values: dict[str, float]."
                ),
            ),
            (
                ".options, parameter signal",
                "signal is an option of every call in TypeScript",
                ANOTHER_NAME,
            ),
            (
                ".options, parameter timeout_ms",
                "timeoutMs is an option of every call in TypeScript",
                ANOTHER_NAME,
            ),
            (
                ".options, parameter on_progress",
                "onProgress is an option of every call in TypeScript",
                ANOTHER_NAME,
            ),
            (
                ".clash, parameter aB",
                "a_b and aB are both aB on the wire",
                "Give one of them another name.",
            ),
            (".hidden, parameter _a", "its name starts with _", ANOTHER_NAME),
            (".untyped, parameter a", "it has no type", "Write a: str, or what it is."),
            (
                ".default, parameter a",
                "its default 'x' is not int",
                "Write a default that is int.",
            ),
            (".default, parameter b", "its default None is not float", "Write float | None."),
            (
                ".unsendable, parameter a",
                "its default cannot be sent: module has no form on the wire",
                "Write a default that JSON can hold, or None.",
            ),
            (
                ".typed, parameter a",
                "complex has no form on the wire",
                "Write tuple[float, float].",
            ),
            (".typed, parameter b", "object has no form on the wire", "Write Any."),
        ],
    ),
    (
        WithResults,
        [
            (
                ".silent",
                "it does not say what it returns",
                "Write -> None, or the type of the result.",
            ),
            (".unknown", GONE, IMPORT_IT),
            (
                ".broken",
                (
                    "its annotation cannot be evaluated: AttributeError: module 'logging' has no "
                    "attribute 'Nothing'"
                ),
                "Write a type, such as str or list[int].",
            ),
            (".no_self", *no_self("no_self")),
            (".first_typed", *no_self("first_typed")),
            (".first_named", *no_self("first_named")),
            (".first_named, parameter x", "it has no type", "Write x: str, or what it is."),
            (".first_hidden", *no_self("first_hidden")),
            (".first_hidden, parameter _x", "its name starts with _", ANOTHER_NAME),
            (".first_many", *no_self("first_many")),
            (
                ".first_many, parameter xs",
                "it is any number of parameters",
                "Write one parameter that is a list, such as values: list[float].",
            ),
            (".of_class", *no_self("of_class")),
            (
                ".overloaded",
                "it has several signatures, by @overload, and a method has one",
                "Write one signature, with unions where the types differ.",
            ),
            (
                ".decorated",
                "its decorator returns wrapper, which hides the signature",
                "Write @functools.wraps(…) above def wrapper, in the decorator.",
            ),
        ],
    ),
    (
        WithErrors,
        [
            (
                ".foreign, @raises(ValueError)",
                "ValueError is no RpcError",
                "Write class NotFound(RpcError, code=4004), or another code.",
            ),
            (
                ".codeless, @raises(CodelessError)",
                "CodelessError has no code of its own",
                "Write class CodelessError(RpcError, code=4004), or another code.",
            ),
            (
                ".base, @raises(RpcError)",
                "RpcError has no code of its own",
                "Write class NotFound(RpcError, code=4004), or another code.",
            ),
            (
                ".same_code, @raises(Failing)",
                "NotFound has the code 4004 too",
                "Give one of them another code.",
            ),
        ],
    ),
    (
        WithMembers,
        [
            (
                ".then",
                "JavaScript takes an object with a member called then for a promise",
                ANOTHER_NAME,
            ),
            (
                ".size",
                "size is a property, and callers can only call",
                "Write async def size(self) -> …: ...",
            ),
            (".rpc", "names that start with rpc. are reserved on the wire", ANOTHER_NAME),
            (".system", "names that start with system. are reserved on the wire", ANOTHER_NAME),
            (
                ".get_items",
                "getItems and get_items are both getItems on the wire",
                "Give one of them another name.",
            ),
            (
                ".title",
                "str is no class with methods",
                "Write async def title(self) -> str: ..., or leave it out.",
            ),
            (
                ".maybe",
                "RpcAPI | None is no class with methods",
                "Write async def maybe(self) -> RpcAPI | None: ..., or leave it out.",
            ),
            (".itself", "WithMembers contains itself", "Give it a class of its own."),
            (".gone", GONE, IMPORT_IT),
        ],
    ),
    (
        Nothing,
        [
            (
                "",
                "it has no public methods, so there is nothing to call",
                "Write a method with types: async def greet(self, name: str) -> str: ...",
            )
        ],
    ),
    (
        GenericAPI,
        [
            (
                ".get, result",
                "T_co is a type variable, and stands for no type",
                "Write a type, or give the generic class its argument, as in Page[Item].",
            )
        ],
    ),
]


@pytest.mark.parametrize(("cls", "expected"), BAD, ids=lambda x: getattr(x, "__name__", ""))
def test_everything_wrong_is_told_at_once(cls: type, expected: list[tuple[str, str, str]]) -> None:
    place = f"{HERE}.{cls.__qualname__}"
    assert misfits(cls) == [(place + where, what, advice) for where, what, advice in expected]


def test_an_object_is_no_contract() -> None:
    backend: Any = Backend("x")
    with pytest.raises(ContractError) as caught:
        read_contract(backend)
    (misfit,) = caught.value.misfits
    assert misfit.where == f"{HERE}.Backend"
    assert misfit.problem.startswith("a contract is a class, and this is one of its objects: <")
    assert misfit.advice == "Write Backend."


def test_decorators_tell_at_once_what_is_wrong_with_them() -> None:
    async def method() -> None: ...

    with pytest.raises(TypeError, match=r"^@raises takes classes of errors: write @raises\(Not"):
        raises(method)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - no parentheses
    with pytest.raises(TypeError, match=r"^@raises takes classes of errors"):
        raises()
    with pytest.raises(TypeError, match=r"method is marked both @inline and @in_thread: choose"):
        inline(in_thread(method))


# The digest.


class Digested(Protocol):
    async def call(
        self, a: int, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> dict[str, float]: ...


def digest_of(cls: type) -> str:
    return read_contract(cls).digest


def test_the_digest_of_the_reference_contract() -> None:
    # A change here means that clients generated before warn: that is what it is for.
    assert digest_of(shared_api.BackendAPI) == "cd6200070d18d918"


def test_the_digest_of_a_conversation_is_that_of_both_contracts() -> None:
    backend, frontend = read_contract(shared_api.BackendAPI), read_contract(shared_api.FrontendAPI)
    assert common_digest(backend, None) == backend.digest
    both = common_digest(backend, frontend)
    assert both == "1973deb90a251ab8"
    assert both != common_digest(frontend, backend)


def test_the_digest_is_the_same_in_every_process() -> None:
    code = (
        "import shared_api; from rpc_worker.contract import read_contract;"
        "print(read_contract(shared_api.BackendAPI).digest)"
    )
    root = pathlib.Path(__file__).parent.parent
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "7"}
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert found.stdout.strip() == digest_of(shared_api.BackendAPI)


class Renamed(Struct):
    """The same as Item on the wire."""

    count: int = 1
    name: str = "required there"


class SameItem(Struct, kw_only=True):
    """Another class, with a docstring and another order."""

    count: int = 1
    name: str


class SameOnTheWire(Protocol):
    """With a docstring."""

    async def call(
        self, a: int, *, c: list[SameItem] | None = None, b: Literal["y", "x"] = "x"
    ) -> dict[str, float]:
        """Say something."""
        ...


class OtherName(Protocol):
    async def calls(
        self, a: int, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> dict[str, float]: ...


class OtherParameter(Protocol):
    async def call(
        self, aa: int, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> dict[str, float]: ...


class OtherType(Protocol):
    async def call(
        self, a: float, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> dict[str, float]: ...


class OtherKind(Protocol):
    async def call(
        self, a: int, b: Literal["x", "y"] = "x", *, c: list[Item] | None = None
    ) -> dict[str, float]: ...


class OtherDefault(Protocol):
    async def call(
        self, a: int, *, b: Literal["x", "y"] = "y", c: list[Item] | None = None
    ) -> dict[str, float]: ...


class Streaming(Protocol):
    def call(
        self, a: int, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> AsyncIterator[float]: ...


class AskingAPI(Protocol):
    async def call(self, ask: Callable[[str], Awaitable[bool]]) -> None: ...


class TellingAPI(Protocol):
    async def call(self, ask: Callable[[str], None]) -> None: ...


class MaybeAskingAPI(Protocol):
    async def call(self, ask: Callable[[str], Awaitable[bool]] | None) -> None: ...


class TakingAPI(Protocol):
    async def call(self, ask: AsyncIterator[str]) -> None: ...


class ReportingAPI(Protocol):
    async def call(self, ask: Progress[str]) -> None: ...


class ReportingMaybeAPI(Protocol):
    async def call(self, ask: Progress[str] | None = None) -> None: ...


class HappeningAPI(Protocol):
    ask: Event[str]

    async def call(self) -> None: ...


class OtherEventAPI(Protocol):
    ask: Event[int]

    async def call(self) -> None: ...


class NoDefault(Protocol):
    async def call(
        self, a: int, *, b: Literal["x", "y"], c: list[Item] | None = None
    ) -> dict[str, float]: ...


class OtherValues(Protocol):
    async def call(
        self, a: int, *, b: Literal["x", "y", "z"] = "x", c: list[Item] | None = None
    ) -> dict[str, float]: ...


class OtherFields(Protocol):
    async def call(
        self, a: int, *, b: Literal["x", "y"] = "x", c: list[Renamed] | None = None
    ) -> dict[str, float]: ...


class OtherResult(Protocol):
    async def call(
        self, a: int, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> dict[str, int]: ...


class OtherErrors(Protocol):
    @raises(NotFound)
    async def call(
        self, a: int, *, b: Literal["x", "y"] = "x", c: list[Item] | None = None
    ) -> dict[str, float]: ...


def test_the_digest_leaves_out_what_the_wire_does_not_show() -> None:
    assert digest_of(SameOnTheWire) == digest_of(Digested)


OTHERS = [
    OtherName,
    OtherParameter,
    OtherType,
    OtherKind,
    OtherDefault,
    NoDefault,
    OtherValues,
    OtherFields,
    OtherResult,
    OtherErrors,
    Streaming,
]


@pytest.mark.parametrize("cls", OTHERS, ids=lambda cls: cls.__name__)
def test_the_digest_changes_with_what_the_wire_shows(cls: type) -> None:
    assert digest_of(cls) != digest_of(Digested)
    assert len(digest_of(cls)) == 16


def test_the_digest_covers_what_is_no_value() -> None:
    different = (
        AskingAPI,
        TellingAPI,
        MaybeAskingAPI,
        TakingAPI,
        ReportingAPI,
        HappeningAPI,
        OtherEventAPI,
    )
    assert len({digest_of(cls) for cls in different}) == len(different)
    # On the wire nobody has to listen in either.
    assert digest_of(ReportingMaybeAPI) == digest_of(ReportingAPI)


# The reference contract.


@pytest.fixture(scope="module")
def reference() -> Contract:
    return read_contract(shared_api.BackendAPI, sources=True)


def test_the_reference_contract(reference: Contract) -> None:
    assert {
        wire: (
            [p.wire + ("" if p.default is REQUIRED else "?") for p in m.parameters],
            [error.name for error in m.errors],
        )
        for wire, m in reference.methods.items()
    } == {
        "add": (["a", "b"], []),
        "echo": (["message"], []),
        "total": (["numbers"], []),
        "getSystemInfo": ([], []),
        "files.stat": (["path"], ["NotFound"]),
        "files.readText": (
            ["path", "encoding?", "maxBytes?"],
            ["NotFound", "NotAFile", "NotText"],
        ),
        "files.search": (
            ["root", "query", "glob?", "limit?", "caseSensitive?"],
            ["NotFound", "NotADirectory"],
        ),
        "files.tail": (["path", "lines?"], ["NotFound", "NotAFile"]),
        "files.count": (["root", "found"], ["NotFound", "NotADirectory"]),
        "files.checksum": (["path", "progress", "algorithm?"], ["NotFound", "NotAFile"]),
        "files.deleteAll": (["paths", "ask"], ["NotFound", "NotAFile"]),
        "files.deletePicked": ([], ["NotFound", "NotAFile"]),
        "files.list": (["path", "hidden?"], ["NotFound", "NotADirectory"]),
    }


def test_the_reference_contract_of_the_frontend() -> None:
    methods = read_contract(shared_api.FrontendAPI).methods
    assert {wire: m.kind for wire, m in methods.items()} == {"confirm": "async", "pick": "stream"}


def test_everything_in_the_reference_contract_is_documented(reference: Contract) -> None:
    assert reference.events
    for event in reference.events.values():
        assert event.doc, event.wire
    for method in reference.methods.values():
        assert method.doc, method.wire
        for error in method.errors:
            assert error.doc, error.name
    assert reference.doc
    assert all(namespace.doc for namespace in reference.root.namespaces)


class Selves:
    async def typed(self: te.Self, x: int) -> int:
        return x

    async def hidden(_self, x: int) -> int:  # noqa: N805 - what is to be accepted
        return x

    @classmethod
    async def of_class(cls, x: int) -> int:
        return x

    @staticmethod
    async def static(x: int) -> int:
        return x


def test_self_has_the_names_that_it_usually_has() -> None:
    methods = read_contract(Selves).methods
    assert {name: [p.name for p in m.parameters] for name, m in methods.items()} == {
        "typed": ["x"],
        "hidden": ["x"],
        "ofClass": ["x"],
        "static": ["x"],
    }


class Width(enum.Enum):
    NARROW = 1


class KeyedAPI(Protocol):
    async def set(self, *, widths: dict[Width, int] = {Width.NARROW: 2}) -> None: ...  # noqa: B006 - a default as data


def test_a_default_may_have_keys_that_are_no_text() -> None:
    assert read_contract(KeyedAPI).digest != read_contract(API).digest


ValueT = TypeVar("ValueT")


class Endless(Struct, Generic[ValueT]):
    value: ValueT
    inner: Endless[list[ValueT]] | None = None


class EndlessAPI(Protocol):
    async def put(self, value: Endless[int]) -> None: ...


class Dated(Struct):
    at: dt.datetime = dt.datetime(2026, 1, 2)  # noqa: DTZ001 - that is what is refused


class DefaultsAPI(Protocol):
    async def put(self, value: Dated, size: int = 2**53) -> None: ...


def test_a_generic_class_that_holds_itself_without_an_end() -> None:
    what = "Endless holds itself with other arguments each time, without an end"
    advice = "Give it the arguments that it has itself."
    assert misfits(EndlessAPI) == [(f"{HERE}.Endless.inner", what, advice)]


def test_a_default_that_no_result_could_have() -> None:
    dated, sized = misfits(DefaultsAPI)
    assert dated[0] == f"{HERE}.Dated.at"
    assert dated[1].startswith("its default cannot be sent: the datetime has no time zone")
    assert sized[0] == f"{HERE}.DefaultsAPI.put, parameter size"
    assert sized[1].startswith("its default cannot be sent: the int 9007199254740992 is outside")
