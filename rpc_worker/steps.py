"""The steps of a coroutine after its first, each in a context that is not its task's.

Several handlers take their first steps in one task, one after the other, and each has context
variables of its own. Which handlers those are is not known here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextvars import Context
    from types import CoroutineType

__all__ = ["Rest"]


class Rest:
    """What is left of a coroutine that has suspended, each step in the coroutine's own context.

    `Context.run` cannot span an await, so every step goes through it. The task that awaits this
    sees what the coroutine awaits, and drives it as if it were its own.
    """

    __slots__ = ("_awaited", "_context", "_coroutine")

    def __init__(
        self, coroutine: CoroutineType[Any, Any, Any], context: Context, awaited: Any
    ) -> None:
        self._coroutine = coroutine
        self._context = context
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine, run, awaited = self._coroutine, self._context.run, self._awaited
        send, throw = coroutine.send, coroutine.throw
        while True:
            raised: BaseException | None = None
            value: Any = None
            try:
                value = yield awaited
            except GeneratorExit:
                run(coroutine.close)
                raise
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
                raised = error
            try:
                awaited = run(send, value) if raised is None else run(throw, raised)
            except StopIteration as stop:
                return stop.value
