"""Progress across a channel (protocol, section 7).

A token of the peer's becomes an object that a handler reports to; what we give the peer a token of
is kept in its session until the request is answered that it went with.
"""

from __future__ import annotations

import logging
from collections import deque
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker.errors import SessionEnded
from rpc_worker.params import named_or_positional
from rpc_worker.progress import Progress
from rpc_worker.references import Entry, is_on, session_of, token_text, unencodable
from rpc_worker.scalars import UnencodableResult
from rpc_worker.values import decoder, encoder

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from rpc_worker import schema
    from rpc_worker.calls import Call
    from rpc_worker.contract import Method
    from rpc_worker.pending import Outbound
    from rpc_worker.sessions import Session

__all__ = ["flushing", "offer_progress", "progress_came", "taking_progress"]

REPORTS: Final = 256
"""Reports of one call that are written in one pass of the loop, or that a thread may be ahead of
it. Past that the oldest are dropped: they have been overtaken."""

_logger: Final = logging.getLogger("rpc_worker")

# ----------------------------------------------------------------------------- of calls to us


def taking_progress(
    method: Method, node: schema.Progress, *, wanted: bool
) -> Callable[[Any, Call], Any]:
    """Return what makes the progress that a handler is given, from a token among its params.

    Args:
        method: Whose reports they are.
        node: Their type.
        wanted: Whether the handler is given one even if nobody listens.
    """
    encode, name = encoder(node.value), method.wire

    def take(token: Raw | None, call: Call) -> Progress[Any] | None:
        text = token_text(token)
        if text is None:
            return Progress(_ignore) if wanted else None
        return Reporting(call, text, encode, name)

    return take


def flushing(function: Callable[..., Any], *, threaded: bool) -> Callable[..., Any]:
    """Return the function of a handler that reports: what it has reported is written at its end."""

    async def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        finally:
            _flush(args, kwargs)

    def run_plain(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            _flush(args, kwargs)

    return run_plain if threaded else run


def _flush(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    for value in (*args, *kwargs.values()):
        if isinstance(value, Reporting):
            value.flush()


def _ignore(_value: object) -> None:
    """Stand in for who listens, where nobody does."""


class Reporting(Progress[Any]):
    """The reports of one call, on their way to the peer.

    Each is written while the host takes them; otherwise the latest is kept, and written when the
    host takes it, or when the handler returns: before the answer.
    """

    __slots__ = (
        *("_announced", "_call", "_encode", "_name", "_params", "_queue", "_session"),
        *("_resting", "_sent", "_waiting"),
    )

    def __init__(self, call: Call, token: bytes, encode: Callable[[Any], bytes], name: str) -> None:
        super().__init__(_ignore)
        self._call = call
        self._session = session_of(call)
        self._params = b'{"token":' + token + b',"value":'
        self._encode = encode
        self._name = name
        self._queue: deque[bytes] = deque(maxlen=REPORTS)
        self._announced = False
        self._sent = 0
        self._resting = False
        self._waiting: asyncio.Task[None] | None = None
        call.attach(self)

    def report(self, value: Any) -> None:
        """Send a value, from the loop or from any thread.

        Raises:
            UnencodableResult: It is not of the declared type; this is a ValueError.
        """
        try:
            body = self._encode(value)
        except UnencodableResult as error:
            raise unencodable(f"progress of {self._name}", error) from None
        if self._call.answered:
            return
        self._queue.append(body)
        if is_on(self._session):
            self._send()
        elif not self._announced:
            self._announced = True
            self._session.loop.call_soon_threadsafe(self._collect)

    def flush(self) -> None:
        """Write what is kept, whether or not the host takes it: the answer follows."""
        if not is_on(self._session):
            self._session.loop.call_soon_threadsafe(self._write)
        elif self._queue:
            self._write()

    def end(self) -> None:
        """End with the call. What is reported from now on goes nowhere."""
        self._queue.clear()
        if self._waiting is not None:
            self._waiting.cancel()

    def _collect(self) -> None:
        self._announced = False
        self._send()

    def _send(self) -> None:
        """Write what the host takes, as far as one pass of the loop may."""
        if self._call.answered:
            self._queue.clear()
        elif not self._session.has_room:
            if self._waiting is None:
                self._waiting = self._session.loop.create_task(self._wait())
        elif self._queue and self._sent < REPORTS:
            self._sent += len(self._queue)
            self._write()
            if not self._resting:
                self._resting = True
                self._session.loop.call_soon(self._rested)

    def _write(self) -> None:
        queue, has_room = self._queue, self._session.has_room
        while queue and not self._call.answered:
            body = queue.popleft()
            if has_room or not queue:
                self._session.notify("$/progress", b"%b%b}" % (self._params, body))

    def _rested(self) -> None:
        self._resting = False
        self._sent = 0
        self._send()

    async def _wait(self) -> None:
        with suppress(SessionEnded):
            await self._session.room()
            self._waiting = None
            self._send()


# ----------------------------------------------------------------------------- of calls of ours


def offer_progress(
    session: Session,
    scope: Outbound,
    progress: Progress[Any] | None,
    node: schema.Progress,
    place: str,
) -> bytes:
    """Return the JSON text of a token, whose values are reported to `progress`; null for None.

    Args:
        session: Whose frontend is called.
        scope: That call's life, which is the token's.
        progress: What is told.
        node: Its type.
        place: Which parameter of which method it is, for the log.
    """
    if progress is None:
        return b"null"
    token = session.new_token()
    decode = _decoder(node)

    def listen(raw: Raw) -> None:
        # An exception here is nobody's: no call waits for it, and it may be the user's own.
        try:
            value = decode(raw)
        except (ValueError, RecursionError) as error:
            from rpc_worker.explain import explain_report  # noqa: PLC0415 - only on failure

            what = explain_report(node.value, raw, error)
            _logger.warning("a report of progress was dropped: %s: %s", place, what)
            return
        try:
            progress.report(value)
        except Exception as error:
            kind = type(error).__name__
            text = "a report of progress was dropped: %s: it raised %s"
            _logger.warning(text, place, kind, exc_info=error)

    session.progress[token] = listen
    scope.attach(Entry(session.progress, token))
    return token


@cache
def _decoder(node: schema.Progress) -> Callable[[Raw], Any]:
    return decoder(node.value.annotation).decode


class _Report(msgspec.Struct, gc=False):
    token: Raw
    value: Raw


_decode_report: Final = named_or_positional(_Report)


def progress_came(session: Session, params: Raw | UnsetType) -> None:
    """Tell who listens of a `$/progress`. Nobody may: the call may have been answered."""
    if params is UNSET:
        return
    try:
        report = _decode_report(params)
    except ValueError:
        return
    listen = session.progress.get(bytes(report.token))
    if listen is not None:
        listen(report.value)
