"""The worker: `python -m tests.roundtrip.worker GIVEN CAME`, two files of pickled values.

What it gives, and what it got of it, is the test's: no value takes another way than the one under
test.
"""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import pickle
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, Final, Generic

from rpc_worker import Event, Progress, RpcError, caller, serve
from tests.roundtrip.cases import CASES
from tests.roundtrip.contract import FAILED, OfferedAPI, RoundTripAPI, T, applied


class Luggage:
    """What travels.

    Attributes:
        case: Of which type it is.
        given: The values.
        came: What came back, by way and index.
    """

    def __init__(self, given: Path, came: Path) -> None:
        self.case = ""
        self.given: list[Any] = []
        self.came: dict[str, dict[int, Any]] = {}
        self._paths: Final = given, came

    def load(self) -> int:
        self.case, self.given = pickle.loads(self._paths[0].read_bytes())
        self.came = {}
        return len(self.given)

    def unload(self) -> None:
        self._paths[1].write_bytes(pickle.dumps(self.came))

    def take(self, way: str, index: int, value: object) -> None:
        taken = self.came.setdefault(way, {})
        assert index not in taken, f"{way} brings two values of one number"
        taken[index] = value


class Carrier(Generic[T]):
    """Carries values of one type."""

    happened: Event[T]

    def __init__(self, name: str, luggage: Luggage) -> None:
        self.happened = Event()
        self._name = name
        self._luggage = luggage

    async def give(self, index: int) -> T:
        return self._given[index]

    async def fail(self, index: int) -> None:
        raise FAILED[self._name](self._given[index])

    async def take(self, way: str, index: int, value: T) -> None:
        self._luggage.take(way, index, value)

    async def keep(self, way: str, index: int, *, value: T) -> None:
        self._luggage.take(way, index, value)

    async def items(self) -> AsyncIterator[T]:
        for value in self._given:
            yield value

    async def collect(self, way: str, items: AsyncIterator[T]) -> None:
        index = 0
        async for value in items:
            self._luggage.take(way, index, value)
            index += 1

    async def ask(self, index: int, ask: Callable[[int, T], Awaitable[T]]) -> None:
        self._luggage.take("callback", index, await ask(index, self._given[index]))

    async def tell(self, tell: Callable[[int, T], None]) -> None:
        for index, value in enumerate(self._given):
            tell(index, value)

    async def report(self, index: int, progress: Progress[T]) -> None:
        progress.report(self._given[index])

    async def emit(self, index: int) -> None:
        await self.happened.emit(self._given[index])

    @property
    def _given(self) -> list[T]:
        return self._luggage.given


class Backend:
    """All carriers, as the attributes that the contract names."""

    def __init__(self, luggage: Luggage) -> None:
        self._luggage = luggage
        for name in CASES:
            setattr(self, name, applied(Carrier, name)(name, luggage))

    async def load(self) -> int:
        return self._luggage.load()

    async def unload(self) -> None:
        self._luggage.unload()

    async def visit(self, way: str) -> None:
        luggage = self._luggage
        page: Any = getattr(caller(OfferedAPI), luggage.case)
        if way == "page's stream":
            index = 0
            async for value in page.again(_iterated(luggage.given)):
                luggage.take(way, index, value)
                index += 1
            return
        for index, value in enumerate(luggage.given):
            if way == "page's result":
                result, option = await page.echo(value, option=value)
                luggage.take(way, index, result)
                luggage.take("page's option", index, option)
            else:
                try:
                    await page.fail(value)
                except FAILED[luggage.case] as error:
                    luggage.take(way, index, _value_of(error))


async def _iterated(values: Iterable[Any]) -> AsyncIterator[Any]:
    for value in values:
        yield value


def _value_of(error: RpcError) -> Any:
    return error.data.value


if __name__ == "__main__":
    serve(Backend(Luggage(*map(Path, sys.argv[1:]))), RoundTripAPI, frontend=OfferedAPI)
