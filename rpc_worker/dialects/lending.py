"""Functions and streams of a page's: what it keeps for its calls, and when it can forget it."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.dialects.codecs import codec_of
from rpc_worker.dialects.kkrpc2 import Kkrpc2

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from rpc_worker.dialects.codecs import Codec
    from rpc_worker.dialects.flows import Drawn
    from rpc_worker.dialects.sessions import KkrpcSession
    from rpc_worker.dialects.wire import Wire
    from rpc_worker.schema import Stream, Type

__all__ = ["Lent", "Releases", "Theirs"]

IDLE: Final = 5.0
"""Seconds for which no call has a function before its page is told.

A page has one id for a function, however often it gives it, and nothing answers a release: were it
told at the end of each call, it would forget a function that its next call, already on its way, has
again."""

_encode: Final = msgspec.json.Encoder().encode


class Theirs(msgspec.Struct, frozen=True, eq=False):
    """A function of the page's.

    Attributes:
        wire: The dialect in which it came, and is called.
        id: What the page calls it.
        codecs: How each of its arguments is changed.
    """

    wire: Wire
    id: str
    codecs: Sequence[Codec]


class Lent:
    """What a page keeps for one call: functions and streams among its arguments."""

    def __init__(self, session: KkrpcSession, wire: Wire) -> None:
        self._session = session
        self._wire = wire
        self._handles: list[int] = []
        self._drawn: list[Drawn] = []

    def __bool__(self) -> bool:
        return bool(self._handles or self._drawn)

    def function(self, identity: str, types: Sequence[Type]) -> int:
        """Return the handle of a function of the page's, which takes values of these types."""
        handle = self._session.new_handle()
        codecs = [*map(codec_of, types)]
        self._session.functions[handle] = Theirs(self._wire, identity, codecs)
        self._handles.append(handle)
        return handle

    def flow(self, identity: str, node: Stream) -> bytes:
        """Return the token of a stream of the page's, as JSON text.

        Raises:
            RpcError: Another call reads it (-32602).
        """
        self._drawn.append(self._session.draw(self._wire, identity, codec_of(node.item)))
        return _encode(identity)

    def end(self) -> None:
        """End with the call: what it had is nobody's, unless another call has it too."""
        for drawn in self._drawn:
            drawn.end()
        for handle in self._handles:
            lent = self._session.functions.pop(handle, None)
            if lent is not None and isinstance(lent.wire, Kkrpc2):
                self._session.releases.add(lent.wire, lent.id)


class Releases:
    """Tells a page of its functions that it can forget, some time after the last call had them."""

    def __init__(self, session: KkrpcSession, loop: asyncio.AbstractEventLoop) -> None:
        self._session = session
        self._loop = loop
        # Since when each is nobody's, by its id; the longest of them first.
        self._since: dict[str, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def add(self, wire: Kkrpc2, identity: str) -> None:
        """Have a function released that a call had, if no call has it for long enough."""
        self._since.pop(identity, None)
        self._since[identity] = self._loop.time()
        if self._timer is None:
            self._timer = self._loop.call_later(IDLE, self._release, wire)

    def end(self) -> None:
        """End with the session: there is nobody to tell."""
        self._since.clear()
        if self._timer is not None:
            self._timer.cancel()

    def _release(self, wire: Kkrpc2) -> None:
        now = self._loop.time()
        over = [*takewhile(lambda each: self._since[each] <= now - IDLE, self._since)]
        for identity in over:
            del self._since[identity]
        lent = {each.id for each in self._session.functions.values() if each.wire is wire}
        unused = [identity for identity in over if identity not in lent]
        if unused:
            self._session.write(wire.released(unused))
        self._timer = None
        if self._since:
            first = next(iter(self._since.values()))
            self._timer = self._loop.call_at(first + IDLE, self._release, wire)
