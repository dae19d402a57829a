"""Streams of kkrpc 2, which are pulled by numbers of items and come item by item.

The channel's own streams are asked for a page at a time (protocol, section 6). `Served` asks a
stream of ours for as many items as a page has credit for; `Drawn` collects what comes of a stream
of the page's, and answers a request for the next items of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.messages import NULL, ErrorObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.dialects.codecs import Codec
    from rpc_worker.dialects.kkrpc2 import Kkrpc2
    from rpc_worker.producers import Producer

__all__ = ["Drawn", "Served"]

CREDIT: Final = 32
"""Items that are asked for at first, as kkrpc's own peers do; more whenever half are used up."""

MOST: Final = 2**31
"""Items that a page may be owed at a time: whatever it says, this is as good as all."""


_TOO_MANY: Final = Raw(b'{"code":-32000,"message":"more items came than were asked for"}')
"""What ends a stream that would fill the memory: an error as the session knows them."""


class _Page(msgspec.Struct):
    values: list[Raw] = []
    finished: bool = False


_decode_page: Final = msgspec.json.Decoder(_Page).decode


class Writing(Protocol):
    """What a stream needs of the session that it is in."""

    def write(self, *lines: bytes) -> None:
        """Write whole lines, if there is still anybody to read them."""
        ...

    def new_id(self) -> bytes:
        """Return the JSON text of an id that this session has not used."""
        ...


class Served:
    """A stream of ours, as far as a page has pulled it.

    Attributes:
        most: How many items it is owed.
        on_cancel: As `interfaces.Asking` has it.
        left: Whether the page has left it, and wants to hear no more of it.
    """

    def __init__(self, session: Writing, wire: Kkrpc2, producer: Producer, sid: str) -> None:
        self.most: int | None = 0
        self.on_cancel: Callable[[], None] | None = None
        self.left = False
        self._session = session
        self._wire = wire
        self._producer = producer
        self._sid = sid
        self._asks = False

    def pull(self, count: int) -> None:
        """Owe some more items."""
        self.most = min((self.most or 0) + count, MOST)
        self._go_on()

    def result(self, body: bytes) -> None:
        """Send what there is."""
        self._asks = False
        page = _decode_page(body)
        wire, new_id, sid = self._wire, self._session.new_id, self._sid
        lines = [wire.item(new_id(), sid, value) for value in page.values]
        self.most = (self.most or 0) - len(lines)
        if page.finished:
            lines.append(wire.over(new_id(), sid))
        self._session.write(*lines)
        if not page.finished:
            self._go_on()

    def error(self, error: ErrorObject) -> None:
        """Tell that it has failed, or was ended."""
        self._asks = False
        if not self.left:
            self._session.write(self._wire.failed(self._session.new_id(), self._sid, error))

    def _go_on(self) -> None:
        if self.most and not self._asks:
            self._asks = True
            self._producer.next(self)


class Drawn:
    """A stream of the page's. What has come waits here until a handler asks for it."""

    def __init__(
        self,
        session: Writing,
        wire: Kkrpc2,
        sid: str,
        codec: Codec,
        *,
        settle: Callable[[bytes, Raw | UnsetType, Raw | UnsetType], None],
        forget: Callable[[str, Drawn], None],
    ) -> None:
        """Begin with nothing.

        Args:
            session: Whose it is.
            wire: How it is asked for.
            sid: What the page calls it.
            codec: How its items are changed.
            settle: Answers a request for its next items, with a result or an error.
            forget: Called once nothing more can be asked of it.
        """
        self._session = session
        self._wire = wire
        self._sid = sid
        self._codec = codec
        self._settle = settle
        self._forget = forget
        self._buffer: list[bytes] = []
        self._waiting: bytes | None = None
        self._used = 0
        self._owed = 0
        self._started = False
        self._over = False
        self._failure: Raw | None = None

    def next(self, identity: bytes) -> None:
        """Answer this request with the items that there are, or with the first that comes."""
        self._waiting = identity
        if not self._started and not self._over:
            self._started = True
            self._pull(CREDIT)
        self._deliver()

    def take(self, value: Raw | UnsetType, *, last: bool) -> None:
        """Take an item, or the end."""
        if last:
            self._over = True
        elif not self._over and self._owed:
            self._owed -= 1
            self._buffer.append(NULL if value is UNSET else self._codec.taken(value))
        elif not self._over:
            # Else it would fill the memory.
            self._session.write(self._wire.leave(self._session.new_id(), self._sid))
            self._failure, self._over = _TOO_MANY, True
        self._deliver()

    def fail(self, error: Raw) -> None:
        """Take the end that is none in good order: an error object."""
        if not self._over:
            self._failure, self._over = error, True
        self._deliver()

    def leave(self) -> None:
        """Tell the page that nothing more is wanted, if it does not know."""
        if not self._over:
            self._over = True
            self._session.write(self._wire.leave(self._session.new_id(), self._sid))
        self._buffer.clear()
        self._forget(self._sid, self)

    def end(self) -> None:
        """End with the call that it belongs to."""
        self.leave()

    def _deliver(self) -> None:
        identity, buffer = self._waiting, self._buffer
        if identity is None or not (buffer or self._over):
            return
        self._waiting, self._buffer = None, []
        if self._failure is not None and not buffer:
            self._forget(self._sid, self)
            self._settle(identity, UNSET, self._failure)
            return
        finished = self._over and self._failure is None
        if finished:
            self._forget(self._sid, self)
        body = b'{"values":[%b]%b}' % (b",".join(buffer), b',"finished":true' if finished else b"")
        self._settle(identity, Raw(body), UNSET)
        self._used += len(buffer)
        if self._used >= CREDIT // 2 and not self._over:
            self._pull(self._used)
            self._used = 0

    def _pull(self, count: int) -> None:
        self._owed += count
        self._session.write(self._wire.pull(self._session.new_id(), self._sid, count))
