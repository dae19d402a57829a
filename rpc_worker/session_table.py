"""Which sessions there are, and whose a line is (protocol, section 3).

Nothing here knows what a session has open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.messages import text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msgspec import Raw, UnsetType

    from rpc_worker.sessions import Session

__all__ = ["SessionTable", "name_in", "session_ended"]

REMEMBERED: Final = 1_000
"""Ended sessions whose requests are still told so; and sessions that there can be, which is many
more than an application has windows."""

_LONGEST: Final = 34
"""Where the `:` of an id can be at most: after a quotation mark and 32 characters."""

_NOBODY: Final = b"\n"
"""What no id begins with."""


class SessionTable:
    """The sessions of one channel.

    Args:
        make: Makes a session, of a name and a window.
        begun: Called when one more client has said hello.
        ended: Called with each session when it ends.

    Attributes:
        anonymous: The session of clients that said no hello.
        prefix: How ids begin that are `current`'s for certain: most often the next id is the last
            one's session's.
        current: The session of the last id that was looked up.
        foreign: The session of all clients that speak another dialect, once there is one. Its name
            is no session's that says hello, and it has no end of its own.
    """

    def __init__(
        self,
        make: Callable[[str | None, str | None], Session],
        begun: Callable[[], None],
        ended: Callable[[Session], None],
    ) -> None:
        self._make = make
        self._on_begin = begun
        self._on_end = ended
        self._by_name: dict[bytes, Session] = {}
        self._ended: dict[bytes, None] = {}
        self.anonymous = self.current = make(None, None)
        # As long as nobody has said hello, every id is the anonymous session's.
        self.prefix = b""
        self.foreign: Session | None = None

    def __iter__(self) -> Iterator[Session]:
        """Yield all sessions, the anonymous one first."""
        yield self.anonymous
        if self.foreign is not None:
            yield self.foreign
        yield from [*self._by_name.values()]

    def find(self, identity: bytes) -> Session | None:
        """Return the session that an id belongs to, or None if that has ended."""
        if not self._by_name and not self._ended:
            return self.anonymous
        name = name_in(identity)
        session = self._by_name.get(name)
        if session is not None:
            self.current, self.prefix = session, identity[: len(name) + 2]
            return session
        return None if name in self._ended else self.anonymous

    def find_noted(self, raw: Raw | UnsetType) -> Session | None:
        """Return the session of a notification that says `session`, or None if that has ended."""
        name = (text(raw) or "").encode(errors="replace")
        session = self._by_name.get(name)
        if session is None and name not in self._ended:
            return self.anonymous
        return session

    def named(self, name: str) -> Session | None:
        """Return the session of this name, if there is one."""
        if self.foreign is not None and name == self.foreign.name:
            return self.foreign
        return self._by_name.get(name.encode(errors="replace"))

    def hello(self, name: str, window: str | None, log: int) -> None:
        """Let a session begin; nothing changes if it has already.

        Raises:
            RpcError: It has ended (-32002).
        """
        key = name.encode()
        if key in self._ended:
            raise session_ended(key)
        if key in self._by_name:
            return
        if window is not None:
            for other in [*self._by_name.values()]:
                if other.window == window:
                    self.end(other)
        if len(self._by_name) >= REMEMBERED:
            self.end(next(iter(self._by_name.values())))
        session = self._by_name[key] = self._make(name, window)
        session.log = log
        self.prefix = _NOBODY
        self._on_begin()

    def end(self, session: Session) -> None:
        """End a session, and remember that it has been there."""
        if session.name is None or session.ended or session is self.foreign:
            return
        key = session.name.encode()
        del self._by_name[key]
        self._ended[key] = None
        if len(self._ended) > REMEMBERED:
            del self._ended[next(iter(self._ended))]
        self.current, self.prefix = self.anonymous, _NOBODY
        session.ended = True
        self._on_end(session)


def session_ended(name: bytes) -> RpcError:
    """Return what is answered to a session that has ended."""
    data = {"session": name.decode()}
    return RpcError("Session ended: say hello", code=ErrorCode.SESSION_ENDED, data=data)


def name_in(identity: bytes) -> bytes:
    """Return what may be the name of a session in an id."""
    colon = identity.find(b":", 1, _LONGEST)
    return identity[1:colon] if colon > 0 and identity[0] == _QUOTE else b""


_QUOTE: Final = ord('"')
