"""Streams, progress, callbacks and events in a contract: what is read of them, what is refused."""

from __future__ import annotations

import collections.abc as c
import typing
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any, ClassVar, Literal, Protocol, TypeAlias

import msgspec
import pytest

from rpc_worker import ContractError, Event, Progress, Struct, in_thread, inline
from rpc_worker import schema as s
from rpc_worker.contract import REQUIRED, read_contract
from rpc_worker.schema import describe

HERE = __name__

Asked: TypeAlias = c.Callable[[str, int], c.Awaitable[bool]]


class Item(Struct):
    name: str


def told(node: Any) -> Any:
    """Return a node as nested tuples, which can be compared."""
    match node:
        case s.Stream():
            return ("stream", told(node.item), *(["or null"] if node.optional else []))
        case s.Progress():
            return ("progress", told(node.value))
        case s.Callback():
            taken, answer = tuple(map(told, node.parameters)), node.result
            form = ("callback", taken, None if answer is None else told(answer))
            return (*form, *(["or null"] if node.optional else []))
        case _:
            return describe(node)


PARAMETERS: list[tuple[Any, Any]] = [
    (c.AsyncIterator[int], ("stream", "int")),
    (c.AsyncIterable[Item], ("stream", "Item")),
    (c.AsyncGenerator[int, None], ("stream", "int")),
    (typing.AsyncIterator[int], ("stream", "int")),
    (typing.AsyncIterable[list[str]], ("stream", "list of str")),
    (typing.AsyncGenerator[int, None], ("stream", "int")),
    (c.AsyncIterator[int] | None, ("stream", "int", "or null")),
    (typing.Optional[c.AsyncIterator[int]], ("stream", "int", "or null")),  # noqa: UP045 - a form
    (Annotated[c.AsyncIterator[int], msgspec.Meta(description="Numbers.")], ("stream", "int")),
    (Progress[float], ("progress", "float")),
    (Progress[Item], ("progress", "Item")),
    (c.Callable[[str], c.Awaitable[bool]], ("callback", ("str",), "bool")),
    (c.Callable[[str], c.Coroutine[Any, Any, bool]], ("callback", ("str",), "bool")),
    (c.Callable[[], c.Awaitable[None]], ("callback", (), "null")),
    (c.Callable[[Item], None], ("callback", ("Item",), None)),
    (typing.Callable[[str], typing.Awaitable[int]], ("callback", ("str",), "int")),
    (c.Callable[[str], None] | None, ("callback", ("str",), None, "or null")),
    (Asked, ("callback", ("str", "int"), "bool")),
]


@pytest.mark.parametrize(("annotation", "expected"), PARAMETERS, ids=lambda x: str(x)[:60])
def test_a_parameter_can_be_a_reference(annotation: Any, expected: Any) -> None:
    async def call(self: Any, given: Any) -> None: ...

    call.__annotations__["given"] = annotation
    (parameter,) = read_contract(type("API", (), {"call": call})).methods["call"].parameters
    assert told(parameter.type) == expected
    assert parameter.default is REQUIRED


class StreamsAPI(Protocol):
    def plain(self) -> c.AsyncIterator[Item]: ...
    def iterable(self) -> c.AsyncIterable[Item]: ...
    def generator(self) -> c.AsyncGenerator[Item, None]: ...
    def both(self, numbers: c.AsyncIterator[int]) -> c.AsyncIterator[Item]: ...


def test_a_result_can_be_a_stream() -> None:
    for method in read_contract(StreamsAPI).methods.values():
        assert (told(method.result), method.kind) == (("stream", "Item"), "stream")


class Own:
    """A class that is its own contract."""

    async def generator(self) -> c.AsyncIterator[int]:
        yield 1

    def blocking(self, numbers: c.Iterable[int], ask: c.Callable[[str], bool]) -> c.Iterator[int]:
        yield from (number for number in numbers if ask(str(number)))

    @in_thread
    def marked(self, numbers: c.Iterator[int]) -> int:
        return sum(numbers)


def test_what_runs_in_a_thread_has_the_blocking_forms() -> None:
    methods = read_contract(Own).methods
    assert {
        wire: [told(m.result), *(told(p.type) for p in m.parameters)] for wire, m in methods.items()
    } == {
        "generator": [("stream", "int")],
        "blocking": [("stream", "int"), ("stream", "int"), ("callback", ("str",), "bool")],
        "marked": ["int", ("stream", "int")],
    }


class DefaultsAPI(Protocol):
    async def call(
        self,
        path: str,
        progress: Progress[float] | None = None,
        *,
        numbers: c.AsyncIterator[int] | None = None,
        ask: c.Callable[[str], None] | None = None,
    ) -> None: ...
    async def named(self, on_progress: Progress[float]) -> None: ...


def test_a_reference_can_be_left_out() -> None:
    methods = read_contract(DefaultsAPI).methods
    defaults = [p.default for p in methods["call"].parameters]
    assert defaults == [REQUIRED, None, None, None]
    # It is the option of that name in TypeScript, whatever it is called here.
    assert [p.wire for p in methods["named"].parameters] == ["onProgress"]


# ------------------------------------------------------------------------------ what is refused


class BadStreams(Protocol):
    def blocking(self) -> c.Iterator[int]: ...
    async def awaited(self) -> c.AsyncIterator[int]: ...
    def maybe(self) -> c.AsyncIterator[int] | None: ...
    def sent(self) -> c.AsyncGenerator[int, str]: ...
    def bare(self, given: c.AsyncIterator) -> c.AsyncIterator[int]: ...  # type: ignore[type-arg]  # pyright: ignore - the mistake
    async def iterable(self, given: c.Iterable[float]) -> None: ...
    async def within(self, given: list[c.AsyncIterator[int]]) -> None: ...
    async def union(self, given: c.AsyncIterator[int] | int) -> None: ...
    async def none(self, given: c.AsyncIterator[int] = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013 # pyright: ignore - the mistake
    async def default(self, given: c.AsyncIterator[int] = 3) -> None: ...  # type: ignore[assignment]  # pyright: ignore - the mistake


class BadProgress(Protocol):
    async def bare(self, done: Progress) -> None: ...  # type: ignore[type-arg]  # pyright: ignore - the mistake
    async def twice(self, done: Progress[int], *, more: Progress[int]) -> None: ...
    async def followed(self, done: Progress[int], path: str) -> None: ...
    async def optional(self, done: Progress[int] | None) -> None: ...
    async def returned(self) -> Progress[int]: ...
    def streamed(self, done: Progress[int]) -> c.AsyncIterator[int]: ...
    async def within(self, done: dict[str, Progress[int]]) -> None: ...


class BadCallbacks(Protocol):
    async def blocking(self, ask: c.Callable[[str], bool]) -> None: ...
    async def anything(self, ask: c.Callable[..., None]) -> None: ...
    async def bare(self, ask: c.Callable) -> None: ...  # type: ignore[type-arg]  # pyright: ignore - the mistake
    async def unsaid(self, ask: c.Callable[[], c.Awaitable]) -> None: ...  # type: ignore[type-arg]  # pyright: ignore - the mistake
    async def nested(self, ask: c.Callable[[c.Callable[[int], None]], None]) -> None: ...
    async def unsendable(self, ask: c.Callable[[complex], c.Awaitable[object]]) -> None: ...
    async def returned(self) -> c.Callable[[str], None]: ...


class BadEvents(Protocol):
    touch: Event[int]  # pyright: ignore[reportRedeclaration] - the mistake
    bare: Event  # type: ignore[type-arg]  # pyright: ignore - the mistake
    maybe: Event[int] | None
    of_class: ClassVar[Event[int]]
    streamed: Event[c.AsyncIterator[int]]
    unsendable: Event[complex]
    then: Event[int]

    async def touch(self) -> None: ...  # type: ignore[no-redef]  # pyright: ignore - the mistake
    async def given(self, event: Event[int]) -> None: ...


class Unannotated:
    changed = Event[int]()

    async def touch(self) -> None: ...


class Carrier(Struct):
    numbers: c.AsyncIterator[int]


class InStruct(Protocol):
    async def call(self, given: Carrier) -> None: ...


class OnTheLoop:
    """Its own contract: what is awaited has no blocking forms, nor has what is inline."""

    async def call(self, ask: c.Callable[[str], bool]) -> None: ...
    @inline
    def quick(self, numbers: c.Iterator[int]) -> None: ...


class ContextManagers:
    @contextmanager
    def opened(self) -> c.Generator[int, None, None]:
        yield 1

    @asynccontextmanager
    async def entered(self) -> c.AsyncGenerator[int, None]:
        yield 1


OWN = "Make it a parameter of its own."
ELSEWHERE = "is a stream, which only a parameter or a whole result can be"
INSTEAD = "Make it a parameter of its own, or write list[…]."
ANOTHER = "Give it another name."

BAD: list[tuple[type, list[tuple[str, str, str]]]] = [
    (
        BadStreams,
        [
            (
                ".blocking, result",
                "Iterator[int] is a stream that blocks",
                "Write AsyncIterator[int], or list[int] for all at once.",
            ),
            (
                ".awaited, result",
                "an async def has to be awaited before there is AsyncIterator[int]",
                "Write def awaited, without async.",
            ),
            (
                ".maybe, result",
                "a stream is returned or is not: AsyncIterator[int] | None",
                "Write AsyncIterator[int]; it may be without items.",
            ),
            (
                ".sent, result",
                (
                    "nothing can be sent to a stream, nor is it returned by one: "
                    "AsyncGenerator[int, str]"
                ),
                "Write AsyncIterator[int].",
            ),
            (
                ".bare, parameter given",
                "AsyncIterator does not say of what",
                "Write AsyncIterator[str], or what it is of.",
            ),
            (
                ".iterable, parameter given",
                "Iterable[float] is a stream that blocks",
                "Write AsyncIterator[float], or list[float] for all at once.",
            ),
            (".within, parameter given", f"AsyncIterator[int] {ELSEWHERE}", INSTEAD),
            (".union, parameter given", f"AsyncIterator[int] {ELSEWHERE}", INSTEAD),
            (
                ".none, parameter given",
                "its default None is not AsyncIterator[int]",
                "Write AsyncIterator[int] | None = None.",
            ),
            (
                ".default, parameter given",
                "its default 3 is no stream",
                "Leave it out, or write AsyncIterator[int] | None = None.",
            ),
        ],
    ),
    (
        BadProgress,
        [
            (
                ".bare, parameter done",
                "Progress does not say of what",
                "Write Progress[float], or what it is of.",
            ),
            (
                ".twice, parameter more",
                "it is progress, as done is, and a method has one",
                "Report both by one, such as a Struct.",
            ),
            (
                ".followed, parameter path",
                "it comes after done, which a call by position leaves out",
                "Put done last, or after the *.",
            ),
            (
                ".optional, parameter done",
                "nobody needs to listen, and Progress[int] | None has no default",
                "Write Progress[int] | None = None, or Progress[int].",
            ),
            (
                ".returned, result",
                "Progress[int] is given to a method, and not returned by one",
                "Make it a parameter.",
            ),
            (
                ".streamed, parameter done",
                "a method that returns a stream has no progress: its items tell it",
                "Leave it out, or make it part of the items.",
            ),
            (
                ".within, parameter done",
                "Progress[int] is progress, which only a parameter can be",
                OWN,
            ),
        ],
    ),
    (
        BadCallbacks,
        [
            (
                ".blocking, parameter ask",
                "its answer, bool, comes from the other side, and has to be awaited",
                "Write Callable[[str], Awaitable[bool]].",
            ),
            (
                ".anything, parameter ask",
                "Callable[..., None] does not say what it is called with",
                "Write Callable[[str], Awaitable[bool]], or what it takes and answers.",
            ),
            (
                ".bare, parameter ask",
                "Callable does not say what it is called with",
                "Write Callable[[str], Awaitable[bool]], or what it takes and answers.",
            ),
            (
                ".unsaid, parameter ask",
                "Awaitable does not say of what",
                "Write Awaitable[bool], or what it answers.",
            ),
            (
                ".nested, parameter ask",
                "Callable[[int], None] is a callback, which only a parameter can be",
                OWN,
            ),
            (
                ".unsendable, parameter ask",
                "complex has no form on the wire",
                "Write tuple[float, float].",
            ),
            (".unsendable, parameter ask", "object has no form on the wire", "Write Any."),
            (
                ".returned, result",
                "Callable[[str], None] is given to a method, and not returned by one",
                "Make it a parameter.",
            ),
        ],
    ),
    (
        BadEvents,
        [
            (
                ".given, parameter event",
                "Event[int] is an event, which only an attribute of the contract can be",
                "Write it in the class: changed: Event[…].",
            ),
            (
                ".touch",
                "touch is a method too, and a name stands for one thing on the wire",
                "Give one of them another name.",
            ),
            (
                ".bare",
                "Event does not say what it carries",
                "Write bare: Event[str], or what it carries.",
            ),
            (
                ".maybe",
                "Event[int] | None is more than an event, which is there and stays",
                "Write maybe: Event[int].",
            ),
            (
                ".of_class",
                "ClassVar[Event[int]] is more than an event, which is there and stays",
                "Write of_class: Event[int].",
            ),
            (".streamed", f"AsyncIterator[int] {ELSEWHERE}", INSTEAD),
            (".unsendable", "complex has no form on the wire", "Write tuple[float, float]."),
            (
                ".then",
                "JavaScript takes an object with a member called then for a promise",
                ANOTHER,
            ),
        ],
    ),
    (
        Unannotated,
        [
            (
                ".changed",
                "changed does not say what it carries",
                "Write changed: Event[str], or what it is.",
            )
        ],
    ),
    (
        ContextManagers,
        [
            (
                f".{name}",
                "it is a context manager, and nobody can enter it from the other side",
                f"Call it _{name}.",
            )
            for name in ("opened", "entered")
        ],
    ),
    (
        OnTheLoop,
        [
            (
                ".call, parameter ask",
                "its answer, bool, comes from the other side, and has to be awaited",
                "Write Callable[[str], Awaitable[bool]].",
            ),
            (
                ".quick, parameter numbers",
                "Iterator[int] is a stream that blocks",
                "Write AsyncIterator[int], or list[int] for all at once.",
            ),
        ],
    ),
]


@pytest.mark.parametrize(("cls", "expected"), BAD, ids=lambda x: getattr(x, "__name__", ""))
def test_a_reference_out_of_place_is_refused(
    cls: type, expected: list[tuple[str, str, str]]
) -> None:
    with pytest.raises(ContractError) as caught:
        read_contract(cls)
    place = f"{HERE}.{cls.__name__}"
    found = [(m.where, m.problem, m.advice) for m in caught.value.misfits]
    assert found == [(place + where, what, advice) for where, what, advice in expected]


def test_a_reference_in_a_struct_is_refused_where_it_stands() -> None:
    with pytest.raises(ContractError) as caught:
        read_contract(InStruct)
    (misfit,) = caught.value.misfits
    assert misfit.where.endswith("Carrier.numbers")
    assert misfit.problem == f"AsyncIterator[int] {ELSEWHERE}"


# -------------------------------------------------------------------------------------- events


class WindowAPI(Protocol):
    resized: Event[int]

    async def confirm(self) -> bool: ...


def test_a_frontend_has_no_events() -> None:
    with pytest.raises(ContractError) as caught:
        read_contract(WindowAPI, frontend=True)
    (misfit,) = caught.value.misfits
    assert misfit.where == f"{HERE}.WindowAPI.resized"
    assert misfit.problem == "it is an event, and a window sends none"
    advice = "Write async def resized(self, …) -> None: ... in the worker's contract."
    assert misfit.advice == advice


class DeepAPI(Protocol):
    was_changed: Event[Item]
    """What has changed."""


class BaseAPI(Protocol):
    inherited: Event[Literal["a", "b"]]


class EventsAPI(BaseAPI, Protocol):
    deep_down: DeepAPI
    happened: Event[dict[str, int]]


def test_events_are_read_with_their_payload() -> None:
    contract = read_contract(EventsAPI, sources=True)
    found = {wire: (e.name, e.path, describe(e.payload)) for wire, e in contract.events.items()}
    assert found == {
        "inherited": ("inherited", ("inherited",), '"a" or "b"'),
        "happened": ("happened", ("happened",), "object of int"),
        "deepDown.wasChanged": ("wasChanged", ("deep_down", "was_changed"), "Item"),
    }
    deep = contract.events["deepDown.wasChanged"]
    assert deep.doc == "What has changed."
    assert (deep.source.module, deep.source.line > 0) == (HERE, True)
    (namespace,) = contract.root.namespaces
    assert namespace.events == (deep,)
    assert [event.wire for event in contract.root.events] == ["inherited", "happened"]
