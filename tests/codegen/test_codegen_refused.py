"""Types that are not generated yet, and names that cannot be: each with what to write instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - they are read
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

import msgspec
import pytest

from rpc_worker import BigInt, Event, Progress, RpcError, Struct, raises
from rpc_worker.codegen.plan import Frontend, plan
from rpc_worker.contract import read_contract
from rpc_worker.errors import ContractError, Misfit

T = TypeVar("T")
HERE = __name__


class Page(Struct, Generic[T]):
    items: list[T]


class Pair(NamedTuple):
    left: int
    right: int


class Holder(Struct):
    when: dt.datetime
    parent: Holder | None = None


class Unset(Struct):
    name: str | msgspec.UnsetType = msgspec.UNSET


class Broken(RpcError, code=4000):  # noqa: N818 - errors of a contract have such names
    payload: bytes


class TakingAPI(Protocol):
    async def method(self, value: Any) -> None: ...


class GivingAPI(Protocol):
    async def method(self) -> Any: ...


def refused(contract: type, name: str, annotation: Any) -> tuple[Misfit, ...]:
    hints = vars(contract)["method"].__annotations__
    before = hints[name]
    hints[name] = annotation
    try:
        return misfits_of(contract)
    finally:
        hints[name] = before


def misfits_of(*contracts: type) -> tuple[Misfit, ...]:
    named = {f"{contract.__module__}:{contract.__name__}": contract for contract in contracts}
    with pytest.raises(ContractError) as caught:
        plan({target: read_contract(cls) for target, cls in named.items()}, {}, "command")
    return caught.value.misfits


@pytest.mark.parametrize(
    ("annotation", "what", "advice"),
    [
        (bytes, "bytes", "Write str, and send text or base64."),
        (msgspec.Raw, "msgspec.Raw", "Write Any: it is `unknown` in TypeScript."),
        (BigInt, "BigInt", "Write str, and send the digits."),
        (
            dt.datetime,
            "datetime",
            "Write float, and send the seconds since the epoch, or str.",
        ),
        (dt.timedelta, "timedelta", "Write float, and send seconds."),
        (set[int], "set", "Write list[…]."),
        (frozenset[int], "frozenset", "Write list[…]."),
        (
            Page[int],
            "the generic Page",
            "Write a Struct without type variables for each of its uses.",
        ),
        (Pair, "the NamedTuple Pair", "Write class Pair(rpc_worker.Struct)."),
        (
            dict[float, int],
            "a dict with such keys",
            "Write dict[str, …], or int, a Literal or an Enum as the key.",
        ),
        (
            Literal[9007199254740992],
            "the integer 9007199254740992",
            "Write it as a string: JavaScript's numbers are exact up to 2^53-1.",
        ),
    ],
)
def test_a_type_that_is_not_generated_yet(annotation: Any, what: str, advice: str) -> None:
    problem = f"{what} cannot be generated yet"
    assert refused(TakingAPI, "value", list[annotation]) == (
        Misfit(f"{HERE}.TakingAPI.method, parameter value", problem, advice),
    )
    assert refused(GivingAPI, "return", list[annotation]) == (
        Misfit(f"{HERE}.GivingAPI.method, result", problem, advice),
    )


def test_a_field_is_the_place_and_is_named_once() -> None:
    advice = "Write float, and send the seconds since the epoch, or str."
    expected = Misfit(f"{HERE}.Holder.when", "datetime cannot be generated yet", advice)
    assert refused(GivingAPI, "return", tuple[Holder, list[Holder]]) == (expected,)


def test_a_field_that_may_be_unset() -> None:
    expected = Misfit(
        f"{HERE}.Unset.name", "UNSET cannot be generated yet", "Write name: … | None = None."
    )
    assert refused(GivingAPI, "return", Unset) == (expected,)


def test_the_data_of_an_error() -> None:
    class ErrorsAPI(Protocol):
        @raises(Broken)
        async def method(self) -> None: ...

    advice = "Write str, and send text or base64."
    assert misfits_of(ErrorsAPI) == (
        Misfit(f"{HERE}.Broken.payload", "bytes cannot be generated yet", advice),
    )


def test_everything_of_all_contracts_is_told_at_once() -> None:
    class FirstAPI(Protocol):
        async def one(self, a: bytes, b: set[int]) -> bytes: ...

    class SecondAPI(Protocol):
        async def two(self) -> bytes: ...

    assert [misfit.where for misfit in misfits_of(FirstAPI, SecondAPI)] == [
        f"{HERE}.FirstAPI.one, parameter a",
        f"{HERE}.FirstAPI.one, parameter b",
        f"{HERE}.FirstAPI.one, result",
        f"{HERE}.SecondAPI.two, result",
    ]


def test_two_contracts_of_one_file() -> None:
    class BackendAPI(Protocol):
        async def one(self) -> None: ...

    contract = read_contract(BackendAPI)
    with pytest.raises(ContractError) as caught:
        plan({"a:BackendAPI": contract, "b:Backend": contract}, {}, "command")
    assert caught.value.misfits == (
        Misfit(
            "b:Backend",
            "its file would be backend.ts, which is another contract's",
            "Rename one of the classes, or generate it into a folder of its own.",
        ),
    )


def test_a_frontend_whose_file_is_a_contracts() -> None:
    class BackendAPI(Protocol):
        async def one(self) -> None: ...

    contract = read_contract(BackendAPI)
    with pytest.raises(ContractError) as caught:
        plan({"a:BackendAPI": contract}, {}, "command", Frontend("b:Backend", contract))
    assert caught.value.misfits == (
        Misfit(
            "b:Backend",
            "its file would be backend.ts, which is another contract's",
            # A frontend is generated with its backend: it has no folder of its own.
            "Rename one of the classes.",
        ),
    )


def test_an_event_of_the_frontends() -> None:
    class WorkerAPI(Protocol):
        async def one(self) -> None: ...

    class PageAPI(Protocol):
        resized: Event[float]

        async def two(self) -> None: ...

    page = Frontend("a:PageAPI", read_contract(PageAPI))
    with pytest.raises(ContractError) as caught:
        plan({"a:WorkerAPI": read_contract(WorkerAPI)}, {}, "command", page)
    assert caught.value.misfits == (
        Misfit(
            f"{HERE}.PageAPI.resized",
            "an event of the frontend's",
            "Events go from the worker to the page: move it to the worker's contract.",
        ),
    )


def test_what_references_and_events_carry() -> None:
    """Whatever travels is looked at, wherever it stands and whichever way it goes."""

    class CarryingAPI(Protocol):
        sent: Event[bytes]

        def stream(self, items: AsyncIterator[bytes]) -> AsyncIterator[bytes]: ...
        async def progress(self, done: Progress[bytes]) -> None: ...
        async def ask(self, each: Callable[[int, bytes], Awaitable[bytes]]) -> None: ...

    problem, advice = "bytes cannot be generated yet", "Write str, and send text or base64."
    places = [
        "CarryingAPI.stream, parameter items",
        "CarryingAPI.stream, result",
        "CarryingAPI.progress, parameter done",
        "CarryingAPI.ask, parameter each",
        "CarryingAPI.sent",
    ]
    expected = tuple(Misfit(f"{HERE}.{place}", problem, advice) for place in places)
    assert misfits_of(CarryingAPI) == expected


def test_a_snake_case_field_is_worth_a_warning() -> None:
    class Plain(msgspec.Struct):
        created_at: float
        size: int
        changed_at: float

    class PlainAPI(Protocol):
        async def get(self) -> None: ...

    PlainAPI.get.__annotations__["return"] = Plain
    planned = plan({"a:PlainAPI": read_contract(PlainAPI)}, {}, "command")
    assert planned.warnings == (
        (
            f"{HERE}.Plain: created_at, changed_at will be snake_case in TypeScript too; derive "
            'the class from rpc_worker.Struct, or give it rename="camel"'
        ),
    )
