"""The steps of coroutines, each in a context that is not its task's.

Several handlers take their first steps in one task, one after the other, and each has context
variables of its own. Which handlers those are is not known here.
"""

from __future__ import annotations

from types import coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextvars import Context

__all__ = ["Runner", "rest"]


class Runner:
    """Takes the steps of one coroutine after the other: of each that is sent to it.

    A coroutine that is driven from outside returns by raising an exception, which takes longer than
    all the rest of a short one; to a coroutine that waits for it, it just hands over its result. So
    here is one that waits for each. What a coroutine raises is raised, and ends its runner.

    Attributes:
        send: Takes a step; returns what the coroutine waits for, unless there is a result.
        throw: The same, with an exception.
        close: Ends the coroutine where it stands.
        results: What the coroutine has returned, to be taken from here; then the next one can be
            sent.
    """

    __slots__ = ("close", "results", "send", "throw")

    def __init__(self) -> None:
        self.results: list[Any] = []
        steps: Any = _run_each(self.results)
        steps.send(None)
        self.send, self.throw, self.close = steps.send, steps.throw, steps.close


@coroutine
def _run_each(results: list[Any]) -> Generator[Any, Any, None]:
    # No variable keeps what was sent until the next one comes.
    while True:
        results.append((yield from (yield)))


@coroutine
def rest(runner: Runner, context: Context, awaited: Any) -> Generator[Any, Any, Any]:
    """Take what is left of the steps of a coroutine that has suspended, in its own context.

    `Context.run` cannot span an await, so every step goes through it. The task that awaits this
    sees what the coroutine awaits, and drives it as if it were its own.
    """
    run, send, results = context.run, runner.send, runner.results
    while True:
        raised: BaseException | None = None
        value: Any = None
        try:
            value = yield awaited
        except GeneratorExit:
            run(runner.close)
            raise
        except BaseException as error:  # noqa: BLE001 - it is the coroutine's to handle
            raised = error
        awaited = run(send, value) if raised is None else run(runner.throw, raised)
        if results:
            return results.pop()
