"""A kernel for notebooks: cells are run, and what they show comes as it is made."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable  # noqa: TC003 - they are read
from enum import Enum
from typing import Any, Literal, NewType, Protocol

from rpc_worker import Event, RpcError, Struct, raises

CellId = NewType("CellId", str)


class State(Enum):
    """What the kernel is doing."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    DEAD = "dead"


class Printed(Struct, tag_field="kind", tag="printed"):
    """What went to a stream of the process."""

    stream: Literal["stdout", "stderr"]
    text: str


class Shown(Struct, tag_field="kind", tag="shown"):
    """A value, in each form that it has."""

    data: dict[str, str]
    """By media type."""
    metadata: dict[str, Any] = {}
    is_result: bool = False
    """Whether it is the value of the cell."""


class Cleared(Struct, tag_field="kind", tag="cleared"):
    """What was shown so far is gone."""


class Frame(Struct, array_like=True):
    """One line of a traceback."""

    file: str
    line: int
    function: str
    source: str | None = None


class Variable(Struct):
    """A name, and what it stands for."""

    name: str
    type: str
    summary: str
    children: list[Variable] | None = None
    """Null if they have not been asked for."""


class Completion(Struct):
    start: int
    end: int
    matches: list[str]


class ExecutionFailed(RpcError, code=4001):  # noqa: N818 - errors of a contract have such names
    """The cell raised an exception."""

    type: str
    text: str
    frames: list[Frame]


class Interrupted(RpcError, code=4002):  # noqa: N818 - as said
    """Somebody stopped the cell."""


class NotebookKernelAPI(Protocol):
    """Runs the cells of one notebook, one after the other."""

    state: Event[State]

    @raises(ExecutionFailed, Interrupted)
    def run(
        self,
        cell: CellId,
        source: str,
        ask: Callable[[str, bool], Awaitable[str]],
        *,
        store_history: bool = True,
    ) -> AsyncIterator[Printed | Shown | Cleared]:
        """Run a cell.

        Args:
            cell: Which one.
            source: What is in it.
            ask: Answers `input()`: the prompt, and whether what is typed stays hidden.
            store_history: Whether it counts.
        """
        ...

    async def interrupt(self) -> None:
        """Stop what is running."""
        ...

    async def complete(self, source: str, cursor: int) -> Completion:
        """Tell how what stands before the cursor can go on."""
        ...

    async def inspect(self, name: str, *, depth: int = 1) -> Variable | None:
        """Look into a variable."""
        ...

    async def variables(self) -> list[Variable]:
        """List the variables."""
        ...
