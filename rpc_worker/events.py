"""An event of a contract, as whoever emits it holds it.

Who hears of it, and how it gets there, is the runtime's affair: it binds each event before the
first call. Nothing here knows of sessions or of the wire.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Event"]

T = TypeVar("T")


class Event(Generic[T]):
    """Something that happens in the worker, and that every window hears of: `Event[FileChange]`.

    A contract declares it, `changed: Event[FileChange]`; an implementation repeats the annotation,
    and `serve` makes the event.
    """

    __slots__ = ("_send",)

    def __init__(self) -> None:
        self._send: Callable[[T, str | None], Awaitable[None]] | None = None

    async def emit(self, value: T, *, to: str | None = None) -> None:
        """Send a value to all windows, or to one; wait while they do not take what was sent.

        Args:
            value: What is sent.
            to: A session, as `current_call().session` names it; None is everybody. To one that has
                ended nothing is sent.

        Raises:
            RuntimeError: No worker serves the event.
        """
        if self._send is None:
            raise RuntimeError(
                "this event belongs to no worker: declare it in the contract and in the class that "
                "implements it, changed: Event[…], and emit it while serve() runs"
            )
        await self._send(value, to)

    def bind(self, send: Callable[[T, str | None], Awaitable[None]]) -> None:
        """Have the runtime's function send what is emitted."""
        self._send = send

    def __reduce__(self) -> tuple[type[Event[T]], tuple[()]]:
        # A method that runs in another process takes its object along, with this in it; what sends
        # stays here, and does not pickle.
        return Event, ()
