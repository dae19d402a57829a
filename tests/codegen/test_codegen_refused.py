"""What has no form in TypeScript, and names that cannot be: each with what to write instead."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - they are read
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, Protocol, TypeVar

import msgspec
import pytest
from msgspec import Meta

from rpc_worker import Event, Progress, RpcError, Struct, raises
from rpc_worker.codegen.plan import Frontend, plan
from rpc_worker.contract import read_contract
from rpc_worker.errors import ContractError, Misfit

T = TypeVar("T")
HERE = __name__
Naive = Annotated[dt.datetime, Meta(tz=False)]


class Level(IntEnum):
    LOW = 1


class Page(Struct, Generic[T]):
    items: list[T]
    first: T | dt.timedelta


class Holder(Struct):
    when: Naive
    parent: Holder | None = None


class Broken(RpcError, code=4000):  # noqa: N818 - errors of a contract have such names
    when: Naive


class TakingAPI(Protocol):
    async def method(self, value: Any) -> None: ...


class GivingAPI(Protocol):
    async def method(self) -> Any: ...


NAIVE = (
    "a datetime without a time zone is no Date, which is a moment of time",
    "Write datetime, which has to have one, or str.",
)
NUMBERS = (
    "a timedelta is milliseconds in TypeScript, a number like the other",
    "Write one of them.",
)


def files_of(*contracts: type, frontend: type | None = None) -> dict[str, str]:
    """Return what contracts become, in a folder that nobody looks into."""
    named = {f"{cls.__module__}:{cls.__name__}": cls for cls in contracts}
    read = {target: read_contract(cls, sources=True) for target, cls in named.items()}
    page = None
    if frontend is not None:
        contract = read_contract(frontend, frontend=True, sources=True)
        page = Frontend(f"{frontend.__module__}:{frontend.__name__}", contract)
    return plan(read, {}, "command", page, folder=Path()).files


def misfits_of(*contracts: type, frontend: type | None = None) -> tuple[Misfit, ...]:
    with pytest.raises(ContractError) as caught:
        files_of(*contracts, frontend=frontend)
    return caught.value.misfits


def refused(
    monkeypatch: pytest.MonkeyPatch, contract: type, name: str, annotation: Any
) -> tuple[Misfit, ...]:
    monkeypatch.setitem(vars(contract)["method"].__annotations__, name, annotation)
    return misfits_of(contract)


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Naive, NAIVE),
        (dt.timedelta | int, NUMBERS),
        (dt.timedelta | float | None, NUMBERS),
        (dt.timedelta | Literal[1], NUMBERS),
        (dt.timedelta | Level, NUMBERS),
    ],
)
def test_a_type_that_has_no_form(
    monkeypatch: pytest.MonkeyPatch, annotation: Any, expected: tuple[str, str]
) -> None:
    for wrapped in (annotation, list[annotation], dict[str, tuple[int, annotation]]):
        assert refused(monkeypatch, TakingAPI, "value", wrapped) == (
            Misfit(f"{HERE}.TakingAPI.method, parameter value", *expected),
        )
        assert refused(monkeypatch, GivingAPI, "return", wrapped) == (
            Misfit(f"{HERE}.GivingAPI.method, result", *expected),
        )


@pytest.mark.parametrize(
    "annotation",
    [
        dt.datetime,
        Annotated[dt.datetime, Meta(tz=True)],
        # A time of day is a string, with a zone or without.
        Annotated[dt.time, Meta(tz=False)],
        dt.timedelta | None,
        dt.timedelta | bool,
        dt.timedelta | list[int],
        Literal[2**53 - 1, -(2**53) + 1],
    ],
)
def test_what_is_like_it_has_one(monkeypatch: pytest.MonkeyPatch, annotation: Any) -> None:
    monkeypatch.setitem(vars(TakingAPI)["method"].__annotations__, "value", annotation)
    assert files_of(TakingAPI)


def test_a_field_is_the_place_and_is_named_once(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = Misfit(f"{HERE}.Holder.when", *NAIVE)
    annotation = tuple[Holder, list[Holder]]
    assert refused(monkeypatch, GivingAPI, "return", annotation) == (expected,)


def test_a_generic_class_by_what_it_is_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has a form for some types, and not for others."""
    monkeypatch.setitem(vars(GivingAPI)["method"].__annotations__, "return", Page[bool])
    assert files_of(GivingAPI)
    expected = Misfit(f"{HERE}.Page.first", *NUMBERS)
    assert refused(monkeypatch, GivingAPI, "return", Page[int]) == (expected,)


def test_the_data_of_an_error() -> None:
    class ErrorsAPI(Protocol):
        @raises(Broken)
        async def method(self) -> None: ...

    assert misfits_of(ErrorsAPI) == (Misfit(f"{HERE}.Broken.when", *NAIVE),)


def test_everything_of_all_contracts_is_told_at_once() -> None:
    class FirstAPI(Protocol):
        async def one(self, a: Naive, b: list[Naive]) -> Naive: ...

    class SecondAPI(Protocol):
        async def two(self) -> Naive: ...

    class PageAPI(Protocol):
        async def three(self, *, c: Naive) -> None: ...

    assert [misfit.where for misfit in misfits_of(FirstAPI, SecondAPI, frontend=PageAPI)] == [
        f"{HERE}.FirstAPI.one, parameter a",
        f"{HERE}.FirstAPI.one, parameter b",
        f"{HERE}.FirstAPI.one, result",
        f"{HERE}.SecondAPI.two, result",
        f"{HERE}.PageAPI.three, parameter c",
    ]


def test_two_contracts_of_one_file() -> None:
    class BackendAPI(Protocol):
        async def one(self) -> None: ...

    contract = read_contract(BackendAPI)
    with pytest.raises(ContractError) as caught:
        plan({"a:BackendAPI": contract, "b:Backend": contract}, {}, "command", folder=Path())
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
    page = Frontend("b:Backend", contract)
    with pytest.raises(ContractError) as caught:
        plan({"a:BackendAPI": contract}, {}, "command", page, folder=Path())
    assert caught.value.misfits == (
        Misfit(
            "b:Backend",
            "its file would be backend.ts, which is another contract's",
            # A frontend is generated with its backend: it has no folder of its own.
            "Rename one of the classes.",
        ),
    )


def test_what_references_and_events_carry() -> None:
    """Whatever travels is looked at, wherever it stands and whichever way it goes."""

    class CarryingAPI(Protocol):
        sent: Event[Naive]

        def stream(self, items: AsyncIterator[Naive]) -> AsyncIterator[Naive]: ...
        async def progress(self, done: Progress[Naive]) -> None: ...
        async def ask(self, each: Callable[[int, Naive], Awaitable[Naive]]) -> None: ...
        async def tell(self, each: Callable[[Naive], None] | None = None) -> None: ...

    places = [
        "CarryingAPI.stream, parameter items",
        "CarryingAPI.stream, result",
        "CarryingAPI.progress, parameter done",
        "CarryingAPI.ask, parameter each",
        "CarryingAPI.tell, parameter each",
        "CarryingAPI.sent",
    ]
    expected = tuple(Misfit(f"{HERE}.{place}", *NAIVE) for place in places)
    assert misfits_of(CarryingAPI) == expected


def test_a_snake_case_field_is_worth_a_warning() -> None:
    class Plain(msgspec.Struct):
        created_at: float
        size: int
        changed_at: float

    class PlainAPI(Protocol):
        async def get(self) -> None: ...

    PlainAPI.get.__annotations__["return"] = Plain
    planned = plan({"a:PlainAPI": read_contract(PlainAPI)}, {}, "command", folder=Path())
    assert planned.warnings == (
        (
            f"{HERE}.Plain: created_at, changed_at will be snake_case in TypeScript too; derive "
            'the class from rpc_worker.Struct, or give it rename="camel"'
        ),
    )
