"""How an event that is emitted gets to its clients (protocol, section 8).

Whoever emits waits while the host does not take what was sent: an event is no reply that somebody
has asked for, so nothing else would bound it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rpc_worker.errors import SessionEnded
from rpc_worker.scalars import UnencodableResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.contract import EventType
    from rpc_worker.interfaces import Audience

__all__ = ["Emitter"]


class Emitter:
    """Sends what one event emits."""

    def __init__(self, audience: Audience, event: EventType) -> None:
        self._audience = audience
        self._event = event
        self._encode: Callable[[Any], bytes] | None = None

    async def emit(self, value: Any, to: str | None) -> None:
        """Send a value to a session, or to all.

        Raises:
            UnencodableResult: It is not what the contract says; this is a ValueError.
        """
        if self._encode is None:
            from rpc_worker.values import encoder  # noqa: PLC0415 - a start needs no encoders

            self._encode = encoder(self._event.payload)
        try:
            body = self._encode(value)
        except UnencodableResult as error:
            from rpc_worker.references import unencodable  # noqa: PLC0415 - only on failure

            raise unencodable(f"event {self._event.wire}", error) from None
        sessions = self._audience.sessions
        session = sessions.anonymous if to is None else sessions.named(to)
        if session is None:
            return
        try:
            await session.room()
        except SessionEnded:
            return
        # The anonymous session's are everybody's.
        session.notify(self._event.wire, b"[%b]" % body)
