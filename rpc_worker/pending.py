"""One of our requests, from when it is sent until its answer, and what lives as long.

Nothing here knows whom it is sent to.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from rpc_worker.errors import RemoteError

if TYPE_CHECKING:
    import asyncio

    from msgspec import Raw

    from rpc_worker.interfaces import Attached

__all__ = ["Outbound", "Pending", "remote_error"]


class Outbound:
    """The life of one of our requests: what is attached to it ends with it.

    It ends at its answer. Whoever expects a stream in the answer sets `held`, and then ends it.

    Attributes:
        held: Whether a result leaves it open.
        ended: Whether it has ended.
    """

    __slots__ = ("_attached", "ended", "held")

    def __init__(self, *, held: bool = False) -> None:
        self.held = held
        self.ended = False
        self._attached: list[Attached] = []

    def attach(self, thing: Attached) -> None:
        """Have a thing end with this; at once, if this has ended already."""
        if self.ended:
            thing.end()
        else:
            self._attached.append(thing)

    def end(self) -> None:
        """End what is attached, the last first. Ending twice is ending once."""
        self.ended = True
        while self._attached:
            self._attached.pop().end()


class Pending(msgspec.Struct, eq=False):
    """One of our requests, until its answer comes.

    Attributes:
        method: What was called, for the text of an error.
        answer: The result, or the error to raise.
        scope: What ends with it, if anything.
        deadline: The time of the loop until which the answer is awaited; infinite without one.
        late: What raises an answer that is held back: the peer's deadline has passed before ours.
    """

    method: str
    answer: asyncio.Future[Raw]
    scope: Outbound | None
    deadline: float
    late: asyncio.TimerHandle | None = None


class _Error(msgspec.Struct):
    """An error object as it should have come."""

    code: int
    message: str
    data: Any = None


def remote_error(raw: Raw, method: str) -> RemoteError:
    """Return what an error answer is raised as."""
    with suppress(msgspec.DecodeError, RecursionError):
        error = msgspec.json.decode(raw, type=_Error)
        return RemoteError(error.message, code=error.code, data=error.data, method=method)
    shown = bytes(raw)[:80].decode(errors="replace")
    text = f"{method} was answered with what is no error object: {shown}"
    return RemoteError(text, method=method)
