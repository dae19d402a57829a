"""A request for one of the protocol's own methods that is not answered at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpc_worker.messages import error_line, result_parts

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from rpc_worker.interfaces import Replying
    from rpc_worker.messages import ErrorObject
    from rpc_worker.sessions import Session

__all__ = ["Reply"]


class Reply:
    """Such a request.

    Attributes:
        identity: The id, as it came.
        session: Whose request it is.
        answers: The batch that it belongs to; None if it is answered by itself.
        on_cancel: Called when it is cancelled, which answers it.
        timer: What ends it at its deadline.
        most: As `Asking` has it.
    """

    __slots__ = ("_host", "answers", "identity", "most", "on_cancel", "session", "timer")

    def __init__(
        self, host: Replying, session: Session, identity: bytes, answers: Any = None
    ) -> None:
        self._host = host
        self.session = session
        self.identity = identity
        self.answers = answers
        self.on_cancel: Callable[[], None] | None = None
        self.timer: asyncio.TimerHandle | None = None
        self.most: int | None = None

    def result(self, body: bytes) -> None:
        """Answer with JSON text."""
        self._host.reply(self, *result_parts(self.identity, body))

    def error(self, error: ErrorObject) -> None:
        """Answer with an error."""
        self._host.reply(self, error_line(self.identity, error))

    def cancel(self, error: ErrorObject) -> None:
        """Answer with this error, unless whoever is told of it has answered already."""
        on_cancel, self.on_cancel = self.on_cancel, None
        if on_cancel is not None:
            on_cancel()
        self.error(error)
