"""What a page offers to the worker."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from typing_extensions import deprecated

from rpc_worker import Progress, RpcError, Struct, raises


class Choice(Struct):
    label: str
    hint: str = ""


class Dismissed(RpcError, code=4100):  # noqa: N818 - errors of a contract have such names
    """The dialog was closed without an answer."""

    after: Choice


class PanelAPI(Protocol):
    """A panel of the window."""

    async def show(self, text: str) -> None: ...


class DialogsAPI(Protocol):
    """What the window offers the worker."""

    left_panel: PanelAPI
    """Where the files are."""

    @raises(Dismissed)
    async def confirm(self, question: str, level: int = 1, *, title: str = "Sure?") -> bool:
        """Ask a person.

        Args:
            question: What to ask.
            level: How urgent it is.
            title: Of the dialog.

        Returns:
            Whether the person agrees.
        """
        ...

    async def choose(self, choices: list[Choice], call: str | None = None) -> Choice | None: ...
    @deprecated("Ask confirm.")
    async def ping(self) -> None: ...
    async def anything(self, value: Any = None) -> Any: ...
    async def place(self, *, x: float, y: float) -> None: ...
    async def upload(self, path: str, progress: Progress[Choice]) -> int: ...
    async def quietly(self, progress: Progress[float] | None = None) -> None: ...
    async def play(self, samples: AsyncIterator[float]) -> None: ...
    def keys(self, *, repeat: bool = False) -> AsyncIterator[Choice]: ...
    async def validate(self, check: Callable[[Choice], Awaitable[Choice]]) -> None: ...
    async def hover(self, over: Callable[[str], None] | None = None) -> None: ...


class WorkerAPI(Protocol):
    async def start(self) -> None: ...


CONTRACTS = ("WorkerAPI",)
FRONTEND = "DialogsAPI"
