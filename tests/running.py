"""Executors by themselves: calls of an implementation's methods, and how each of them ended."""

# pyright: reportPrivateUsage=false
# The tables inside must be seen to be empty.

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from rpc_worker.contract import find_contract, read_contract
from rpc_worker.dispatch import handler_of
from rpc_worker.executors import Call, Executors
from rpc_worker.fit import bind
from rpc_worker.limits import Limits
from tests.conversation import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from rpc_worker.middleware import Middleware

T = TypeVar("T")


class Run:
    """The executors of one implementation, on the running loop."""

    def __init__(
        self,
        implementation: object,
        *,
        limits: Limits | None = None,
        middleware: Sequence[Middleware] = (),
        state: object = None,
    ) -> None:
        contract = read_contract(find_contract(type(implementation)))
        methods = bind(contract, implementation).methods
        self.handlers = {wire: handler_of(bound) for wire, bound in methods.items()}
        self.loop = asyncio.get_running_loop()
        self.executors = Executors(self, limits or Limits(), self.loop, middleware=middleware)
        self.executors.begin(state)
        self._ends: dict[Call, asyncio.Future[Any]] = {}

    # ------------------------------------------------------------------ what executors call

    def finished(self, call: Call, result: Any) -> None:
        self._settle(call, result, None)

    def failed(self, call: Call, error: BaseException) -> None:
        self._settle(call, None, error)

    def flush(self) -> None:
        """Nothing is written here."""

    def _settle(self, call: Call, result: Any, error: BaseException | None) -> None:
        if not call.answered:
            call.answered = True
            # As a pair: a future refuses some exceptions.
            self._ends[call].set_result((result, error))

    # ---------------------------------------------------------------------- what tests call

    def start(self, method: str, *params: object) -> Call:
        """Have a call run from the loop's next pass on."""
        (call,) = self.start_all((method, *params))
        return call

    def start_all(self, *asked: tuple[object, ...]) -> list[Call]:
        """Have several run, as if they had come in one chunk."""
        calls: list[Call] = []
        for method, *params in asked:
            text = msgspec.Raw(msgspec.json.encode(params))
            identity = str(len(self._ends)).encode()
            call = Call(identity, self.handlers[str(method)], text, len(bytes(text)))
            self._ends[call] = self.loop.create_future()
            self.executors.submit(call)
            calls.append(call)
        self.loop.call_soon(self.executors.pump)
        return calls

    async def end(self, call: Call) -> Any:
        """Return what a call returned, or raise what it raised."""
        result, error = await asyncio.wait_for(asyncio.shield(self._ends[call]), DEADLINE)
        if error is not None:
            raise error
        return result

    async def ask(self, method: str, *params: object) -> Any:
        """Have a call run to its end."""
        return await self.end(self.start(method, *params))

    def assert_at_rest(self) -> None:
        """See that no table holds anything."""
        executors = self.executors
        assert all(end.done() for end in self._ends.values())
        assert (list(executors.queue), executors.backlog, executors._suspended) == ([], 0, 0)
        assert executors.busy_elsewhere == set()
        exclusive = executors.exclusive
        assert (exclusive._running, exclusive._paused, exclusive._next) == (set(), set(), None)
        limiter = executors._elsewhere._limiter
        assert limiter is None or (limiter.total_tokens, limiter.borrowed_tokens) == (40, 0)


def run(
    main: Callable[[Run], Awaitable[T]],
    implementation: object,
    *,
    limits: Limits | None = None,
    middleware: Sequence[Middleware] = (),
    state: object = None,
) -> T:
    """Run `main` with executors on a loop of its own; see that nothing is left behind."""

    async def around() -> T:
        problems: list[dict[str, Any]] = []
        running = Run(implementation, limits=limits, middleware=middleware, state=state)
        running.loop.set_exception_handler(lambda _, problem: problems.append(problem))
        try:
            result = await main(running)
            for _ in range(5):
                await asyncio.sleep(0)
            running.assert_at_rest()
        finally:
            running.executors.close()
        assert problems == []
        return result

    return asyncio.run(around())
