"""The protocol's own methods that work on what a session has open: `$/…` (protocol, 3 and 5 to 7).

Each is found here by name; what it does is where its things are: in the channel, in `streams` and
in `callbacks`, which are imported when the first client uses them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Raw, UnsetType

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.interfaces import InFlight
    from rpc_worker.messages import Request
    from rpc_worker.replies import Reply
    from rpc_worker.sessions import Session

__all__ = ["CANCEL", "Own", "ProtocolMethods"]

Own: TypeAlias = "Callable[[Session, Request, Reply | None], None]"
"""Acts on a request (with a reply) or a notification of one of the protocol's own methods."""

CANCEL: Final = "$/cancelRequest"
INVOKE: Final = "$/invokeProxy/"
"""How the names begin by which a callback is called; its handle follows."""


class ProtocolMethods:
    """Finds the protocol's own method of a name."""

    def __init__(self, channel: InFlight) -> None:
        self._channel = channel
        self._methods: dict[str, Own] = {
            CANCEL: self._cancel,
            "$/endSession": self._end_session,
            "$/enumerator/next": _next,
            "$/enumerator/abort": _abort,
            "$/progress": _progress,
            "$/releaseMarshaledObject": _release,
        }

    def find(self, method: str) -> Own | None:
        """Return what acts on this method, if it is one of the protocol's own."""
        found = self._methods.get(method)
        if found is None and method.startswith(INVOKE):
            return _invoke
        return found

    def _cancel(self, _session: Session, request: Request, reply: Reply | None) -> None:
        params = _read(request.params, _Cancelled)
        entry = None if params is None else self._channel.find_in_flight(bytes(params.id))
        if entry is not None and entry is not reply:
            self._channel.cancel(entry)
        _done(reply)

    def _end_session(self, _session: Session, request: Request, reply: Reply | None) -> None:
        params = _read(request.params, _Ended)
        session = None if params is None else self._channel.sessions.named(params.session)
        # Before it ends: its own requests are answered otherwise.
        _done(reply)
        if session is not None:
            self._channel.sessions.end(session)


def _next(_session: Session, request: Request, reply: Reply | None) -> None:
    from rpc_worker.streams import next_requested  # noqa: PLC0415 - as the module's docstring says

    if reply is not None:
        next_requested(reply, request.params)


def _abort(session: Session, request: Request, reply: Reply | None) -> None:
    from rpc_worker.streams import abort_requested  # noqa: PLC0415 - as above

    abort_requested(session, request.params)
    _done(reply)


def _progress(session: Session, request: Request, reply: Reply | None) -> None:
    from rpc_worker.reports import progress_came  # noqa: PLC0415 - as above

    progress_came(session, request.params)
    _done(reply)


def _release(session: Session, request: Request, reply: Reply | None) -> None:
    from rpc_worker.callbacks import released  # noqa: PLC0415 - as above

    released(session, request.params)
    _done(reply)


def _invoke(session: Session, request: Request, reply: Reply | None) -> None:
    from rpc_worker.callbacks import invoked  # noqa: PLC0415 - as above

    identity = None if reply is None else reply.identity
    error = invoked(session, request.method, request.params, identity)
    if error is not None and reply is not None:
        reply.error(error)


def _done(reply: Reply | None) -> None:
    """Answer what is a notification by rights, and was sent as a request."""
    if reply is not None:
        reply.result(b"null")


class _Cancelled(msgspec.Struct):
    id: Raw


class _Ended(msgspec.Struct):
    session: str


S = TypeVar("S", bound=msgspec.Struct)


def _read(params: Raw | UnsetType, kind: type[S]) -> S | None:
    """Decode the params of a notification; None for bad ones, which nobody would be told of."""
    try:
        return None if params is UNSET else msgspec.json.decode(params, type=kind)
    except (msgspec.DecodeError, RecursionError):
        return None
