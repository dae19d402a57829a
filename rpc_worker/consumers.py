"""A stream that we pull from the peer (protocol, section 6).

A handler iterates it as any other: over `Incoming` on the loop, over `Blocking` in a thread. Items
are asked for when those that came are used up. How a stream becomes an argument is not known here.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.elsewhere import from_thread
from rpc_worker.errors import RemoteError
from rpc_worker.references import stream_form, token_text
from rpc_worker.values import decoder

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from rpc_worker.calls import Call
    from rpc_worker.pending import Outbound
    from rpc_worker.schema import Stream
    from rpc_worker.sessions import Session

__all__ = ["Blocking", "Incoming", "Items"]

T = TypeVar("T")


class Items:
    """How the items of a stream are read. Made once for each place of a contract.

    Args:
        method: The stream is its result, or among its arguments.
        node: The stream's type.
        wrong: Returns the error for an item that is not of that type, given how many came before
            it and the item itself.
        name: What the stream is called where its form is wrong; the method, if it is a result.
    """

    def __init__(
        self,
        method: str,
        node: Stream,
        wrong: Callable[[int, Raw], Exception],
        name: str | None = None,
    ) -> None:
        item: Any = node.item.annotation
        fields: list[Any] = [("values", list[item], []), ("finished", bool, False)]
        self._page = decoder(msgspec.defstruct("Page", fields, gc=False)).decode
        self._form = decoder(stream_form(item)).decode
        self._item = decoder(item).decode
        self._wrong = wrong
        self._method = method
        self._name = name or method

    def page(self, answer: Raw, before: int) -> _Page:
        """Decode the answer to a `next`; the items before one that is wrong are kept."""
        try:
            page: Any = self._page(answer)
        except (ValueError, RecursionError):
            loose = self._loosely(_decode_page, answer)
            return self._page_until(loose.values, before, finished=loose.finished)
        return _Page(page.values, page.finished)

    def token(self, answer: Raw) -> bytes | None:
        """Return the token of a stream in a result's place, if it has one that can be read."""
        try:
            return token_text(_decode_token(answer).token)
        except (ValueError, RecursionError):
            return None

    def form(self, answer: Raw) -> _Page:
        """Decode a stream in a result's place: what came with it."""
        try:
            form: Any = self._form(answer)
        except (ValueError, RecursionError):
            loose: Any = self._loosely(_decode_form, answer)
            token = self._loosely(token_text, loose.token)
            return self._page_until(loose.values or [], 0, finished=token is None)
        token = self._loosely(token_text, form.token)
        return _Page(form.values or [], token is None)

    def _loosely(self, decode: Callable[[Raw], T], answer: Raw) -> T:
        """Decode what must be right whatever the items are."""
        try:
            return decode(answer)
        except (ValueError, RecursionError) as error:
            text = f"{self._name} answered with no items of a stream: {error}"
            raise RemoteError(text, method=self._method) from None

    def _page_until(self, values: list[Raw], before: int, *, finished: bool) -> _Page:
        items: list[Any] = []
        for index, value in enumerate(values, before):
            try:
                items.append(self._item(value))
            except (ValueError, RecursionError):
                return _Page(items, finished, self._wrong(index, value))
        return _Page(items, finished)


class _Page(msgspec.Struct):
    """Some items, and what follows them."""

    items: list[Any]
    finished: bool
    failure: Exception | None = None


class _LoosePage(msgspec.Struct):
    values: list[Raw] = []
    finished: bool = False


class _Tokened(msgspec.Struct):
    token: Raw | UnsetType = UNSET


_decode_token: Final = msgspec.json.Decoder(_Tokened).decode
_decode_page: Final = msgspec.json.Decoder(_LoosePage).decode
_decode_form: Final = msgspec.json.Decoder(stream_form(Raw)).decode


class Incoming(AsyncIterator[Any]):
    """The items of a stream of the peer's, one after the other.

    Args:
        session: Whose stream it is.
        items: How they are read.
        call: The call that it is an argument of, or on whose behalf it was asked for. It ends with
            that.
        token: What names it; None if `first` is all of it.
        first: The items that came with it.
        opening: What asks for the stream, if it is the result of a call of ours. Awaited at the
            first item.
        scope: That call of ours, which lives as long as its stream.

    Attributes:
        call: As the argument.
    """

    def __init__(
        self,
        session: Session,
        items: Items,
        *,
        call: Call | None = None,
        token: bytes | None = None,
        first: list[Any] | None = None,
        opening: Callable[[], Awaitable[Raw]] | None = None,
        scope: Outbound | None = None,
    ) -> None:
        self.call = call
        self._session = session
        self._items = items
        self._token = token
        self._opening = opening
        self._scope = scope
        self._buffer: deque[Any] = deque(first or ())
        self._count = len(self._buffer)
        self._fetching = False
        self._failure: BaseException | None = None
        self._ended = False
        # Whether the peer has nothing more, or has been told that nothing more is wanted.
        self._finished = token is None and opening is None
        if call is not None:
            call.attach(self)

    async def __anext__(self) -> Any:
        while not self._buffer:
            if not await self.fetch():
                raise StopAsyncIteration
        return self._buffer.popleft()

    async def aclose(self) -> None:
        """Leave the stream: the peer's generator is closed. Iterating on finds nothing more."""
        self.abort()

    def end(self) -> None:
        """End with the call that it belongs to. The caller's own streams end there as well."""
        if self._scope is not None:
            self.abort()
        self._ended = True

    # ------------------------------------------------------------------------------- for Blocking

    def take(self) -> deque[Any]:
        """Return the items that have come."""
        buffer, self._buffer = self._buffer, deque()
        return buffer

    async def fetch(self) -> bool:
        """Wait for items; return whether there can be any more.

        Raises:
            RuntimeError: Its call has ended, or another waits for an item already.
        """
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure
        if self._finished:
            return False
        if self._ended:
            raise RuntimeError(
                "the call that this stream belongs to has ended, and the stream with it: what "
                "outlives the handler must have taken its items before"
            )
        if self._fetching:
            raise RuntimeError("another task waits for an item of this stream already")
        self._fetching = True
        try:
            self._take_in(await self._next_page())
        except CancelledError:
            # What the peer may have sent meanwhile is lost, so the stream cannot go on.
            self._failure = RuntimeError("waiting for an item was cancelled, which ends a stream")
            self.abort()
            raise
        except BaseException:
            self._finish()
            raise
        finally:
            self._fetching = False
        return True

    def abort(self) -> None:
        """Tell the peer that nothing more is wanted."""
        self._buffer.clear()
        if self._finished:
            return
        if self._token is not None and not self._ended:
            self._session.notify("$/enumerator/abort", b'{"token":%b}' % self._token)
        self._finish()

    async def _next_page(self) -> _Page:
        if self._opening is not None:
            opening, self._opening = self._opening, None
            answer = await opening()
            # Known before all else: what cannot be read is aborted.
            self._token = self._items.token(answer)
            with self._aborting():
                return self._items.form(answer)
        params = b'{"token":%b}' % (self._token or b"null")
        answer = await self._session.request("$/enumerator/next", params, self.call)
        with self._aborting():
            return self._items.page(answer, self._count)

    @contextmanager
    def _aborting(self) -> Generator[None]:
        """Have the peer leave a stream whose answer cannot be read: it knows of nothing wrong."""
        try:
            yield
        except BaseException:
            self.abort()
            raise

    def _take_in(self, page: _Page) -> None:
        if self._finished:  # It was left while this was on its way.
            return
        self._buffer.extend(page.items)
        self._count += len(page.items)
        if page.finished:
            self._finish()
        if page.failure is not None:
            buffer = self._buffer.copy()
            self.abort()
            self._buffer, self._failure = buffer, page.failure

    def _finish(self) -> None:
        self._finished = True
        if self._scope is not None:
            self._scope.end()
            if self.call is not None:
                self.call.detach(self)


_NOTHING: Final = object()


class Blocking(Iterator[Any]):
    """The same for a handler in a thread: waiting for an item blocks it, and nothing else."""

    def __init__(self, incoming: Incoming) -> None:
        self._incoming = incoming
        self._buffer: deque[Any] = incoming.take()

    def __next__(self) -> Any:
        while not self._buffer:
            if not from_thread(self._incoming.call, self._incoming.fetch):
                raise StopIteration
            self._buffer = self._incoming.take()
        return self._buffer.popleft()

    def close(self) -> None:
        """Leave the stream: the peer's generator is closed. Iterating on finds nothing more."""
        from anyio.from_thread import run_sync  # noqa: PLC0415 - only threads need anyio

        self._buffer.clear()
        run_sync(self._incoming.abort)
