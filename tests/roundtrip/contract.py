"""One namespace for each type under test, with a method for each way that a value can take.

`Trips` and `OfferedTrips` say which ways there are, for a type `T`. A namespace is no generic
class: one is made for each of the types, with that in the place of `T`.
"""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import types
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Final, Generic, Protocol, TypeVar, get_type_hints

from rpc_worker import Event, Progress, RpcError, raises
from tests.roundtrip.cases import CASES, NONE, Case

T = TypeVar("T")


class Trips(Generic[T]):
    """What the worker offers for a type. `way` and `index` say which value it is."""

    happened: Event[T]

    async def give(self, index: int) -> T:
        """Return a value."""
        raise NotImplementedError

    async def fail(self, index: int) -> None:
        """Raise an error with a value."""
        raise NotImplementedError

    async def take(self, way: str, index: int, value: T) -> None:
        """Take a value back."""
        raise NotImplementedError

    async def keep(self, way: str, index: int, *, value: T) -> None:
        """Take a value back as an option."""
        raise NotImplementedError

    def items(self) -> AsyncIterator[T]:
        """Give all values, one after the other."""
        raise NotImplementedError

    async def collect(self, way: str, items: AsyncIterator[T]) -> None:
        """Take all values back, one after the other."""
        raise NotImplementedError

    async def ask(self, index: int, ask: Callable[[int, T], Awaitable[T]]) -> None:
        """Give a value to a callback, and take back what it answers."""
        raise NotImplementedError

    async def tell(self, tell: Callable[[int, T], None]) -> None:
        """Give all values to a callback that does not answer."""
        raise NotImplementedError

    async def report(self, index: int, progress: Progress[T]) -> None:
        """Report a value."""
        raise NotImplementedError

    async def emit(self, index: int) -> None:
        """Give a value to whoever listens."""
        raise NotImplementedError


class OfferedTrips(Generic[T]):
    """What the page offers for a type."""

    async def echo(self, value: T, *, option: T) -> tuple[T, T]:
        """Return both."""
        raise NotImplementedError

    def again(self, items: AsyncIterator[T]) -> AsyncIterator[T]:
        """Return all."""
        raise NotImplementedError

    async def fail(self, value: T) -> None:
        """Raise an error with the value."""
        raise NotImplementedError


def _plain(cls: Any) -> Any:
    """Return what an alias stands for: msgspec reads none in a field."""
    return getattr(cls, "__value__", cls)


FAILED: Final[dict[str, type[RpcError]]] = {
    name: types.new_class(
        f"{name.title().replace('_', '')}Failed",
        (RpcError,),
        {"code": 5000 + index},
        lambda scope, case=case: scope.update(  # type: ignore[misc]  # bound as it is now
            __annotations__={"value": _plain(case.type)}, __module__=__name__
        ),
    )
    for index, (name, case) in enumerate(CASES.items())
}
"""The error of each case, which carries a value."""


def applied(template: Any, name: str, *bases: Any) -> type:
    """Return a class with the members of a template, with a case's type in the place of `T`."""
    case = CASES[name]
    members = dict(_members(template, name, case))
    hints = get_type_hints(template).items()
    members["__annotations__"] = {key: _with(case.type, hint) for key, hint in hints}
    members["__module__"] = template.__module__
    title = name.title().replace("_", "") + template.__name__
    return types.new_class(title, bases, {}, lambda scope: scope.update(members))


def _members(template: Any, name: str, case: Case) -> Iterator[tuple[str, Any]]:
    members: dict[str, Any] = template.__dict__
    for key, member in members.items():
        if isinstance(member, types.FunctionType):
            made = types.FunctionType(member.__code__, member.__globals__, key)
            hints = get_type_hints(member).items()
            made.__annotations__ = {p: _with(case.type, hint) for p, hint in hints}
            made.__doc__ = member.__doc__
            if key == "keep" and case.default is not NONE:
                made.__kwdefaults__ = {"value": case.default}
            yield key, raises(FAILED[name])(made) if key == "fail" else made
        elif isinstance(member, property):
            yield key, member


def _with(cls: Any, hint: Any) -> Any:
    if hint is T:
        return cls
    return hint[cls] if getattr(hint, "__parameters__", ()) else hint


def _root(name: str, template: Any, members: dict[str, Any]) -> type:
    spaces = {case: applied(template, case, Protocol) for case in CASES}
    scope = {**members, "__annotations__": spaces, "__module__": __name__}
    return types.new_class(name, (Protocol,), {}, lambda own: own.update(scope))


async def _load(self: Any) -> int:
    """Read what is to travel, from the file of the test's, and return how much that is."""
    raise NotImplementedError


async def _visit(self: Any, way: str) -> None:
    """Let the values travel by what the page offers."""
    raise NotImplementedError


async def _unload(self: Any) -> None:
    """Write what has come back."""
    raise NotImplementedError


RoundTripAPI: Final = _root(
    "RoundTripAPI", Trips, {"load": _load, "visit": _visit, "unload": _unload}
)
OfferedAPI: Final = _root("OfferedAPI", OfferedTrips, {})
