"""Callbacks across a channel (protocol, section 7).

A handle of the peer's becomes a function that a handler calls; a function of ours that the peer
gets a handle of is kept in its session until the request ends that it went with. Progress and
streams are not known here.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from copy import copy
from functools import cache, partial
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker import schema
from rpc_worker.contract import Method, Parameter
from rpc_worker.dispatch import Handler
from rpc_worker.elsewhere import from_thread
from rpc_worker.errors import ErrorCode, SessionEnded
from rpc_worker.fit import Bound
from rpc_worker.messages import ErrorObject
from rpc_worker.params import named_or_positional
from rpc_worker.references import CallbackForm, Entry, is_on, session_of, unencodable
from rpc_worker.scalars import UnencodableResult
from rpc_worker.values import decoder, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rpc_worker.calls import Call
    from rpc_worker.pending import Outbound
    from rpc_worker.sessions import Session

__all__ = ["Exposed", "invoked", "offer_callback", "released", "taking"]

_logger: Final = logging.getLogger("rpc_worker")

# ------------------------------------------------------------------------------ callbacks, theirs


def taking(
    method: Method, parameter: Parameter, node: schema.Callback, *, threaded: bool
) -> Callable[[Any, Call], Any]:
    """Return what makes the function that a handler is given, from a handle among its params."""
    name = f"{parameter.name}() of {method.wire}"
    encoders = tuple(map(encoder, node.parameters))
    decode = None if node.result is None else decoder(node.result.annotation).decode

    def take(form: CallbackForm | None, call: Call) -> Callable[..., Any] | None:
        if form is None:
            return None
        remote = _Remote(call, form.handle, name, encoders)
        if node.result is None or decode is None:
            return remote.tell_from_thread if threaded else remote.tell
        ask = remote.asking(node.result, decode)
        return partial(from_thread, call, ask) if threaded else ask

    return take


class _Remote:
    """A function of the peer's, as long as the call lives that it was given to."""

    __slots__ = (
        *("_call", "_encoders", "_ended", "_lost", "_method", "_name", "_session"),
        "_told_late",
    )

    def __init__(
        self, call: Call, handle: int, name: str, encoders: tuple[Callable[[Any], bytes], ...]
    ) -> None:
        self._call = call
        self._session = session_of(call)
        self._method = f"$/invokeProxy/{handle}/invoke"
        self._name = name
        self._encoders = encoders
        self._ended = False
        self._told_late = False
        self._lost = 0
        call.attach(self)

    def end(self) -> None:
        """End with the call: the peer has forgotten the handle."""
        self._ended = True
        self._report_lost()

    def tell(self, *values: Any) -> None:
        """Call it without an answer: it goes one way. Nobody hears it after the call's end."""
        params = self._params(values)
        if self._ended:
            self._report_late()
        elif is_on(self._session):
            self._tell(params)
        else:
            self._session.loop.call_soon_threadsafe(self._tell, params)

    def tell_from_thread(self, *values: Any) -> None:
        """Do the same in a handler's thread, which can wait while the host takes no output."""
        self.tell(*values)
        if not self._session.has_room and not self._ended:
            with suppress(SessionEnded):
                from_thread(self._call, self._session.room)

    def _tell(self, params: bytes) -> None:
        if self._ended:
            return
        if self._session.is_overfull:
            # Nobody can wait here, and nobody has asked for an answer.
            self._lost += 1
            return
        self._report_lost()
        self._session.notify(self._method, params)

    def _report_late(self) -> None:
        # What goes on after a cancel is not to blame: nobody may have told it.
        if not self._told_late and not self._call.cancelled:
            self._told_late = True
            text = "%s was called after its call had ended, so that nobody hears it"
            _logger.warning(text, self._name)

    def _report_lost(self) -> None:
        lost, self._lost = self._lost, 0
        if lost:
            text = "%d calls of %s were dropped: the host did not read"
            _logger.warning(text, lost, self._name)

    def asking(
        self, node: schema.Type, decode: Callable[[Raw], Any]
    ) -> Callable[..., Coroutine[Any, Any, Any]]:
        """Return what calls it and waits for its answer."""

        async def ask(*values: Any) -> Any:
            params = self._params(values)
            if self._ended:
                raise RuntimeError(
                    f"{self._name} was called after its call had ended: a callback lives as long "
                    "as the call that it was given to"
                )
            answer = await self._session.request(self._method, params, self._call)
            try:
                return decode(answer)
            except (ValueError, RecursionError) as error:
                from rpc_worker.explain import explain_answer  # noqa: PLC0415 - only on failure

                raise explain_answer(self._name, node, answer, error) from None

        return ask

    def _params(self, values: tuple[Any, ...]) -> bytes:
        encoders = self._encoders
        if len(values) != len(encoders):
            raise TypeError(
                f"{self._name} takes {len(encoders)} positional arguments, {len(values)} were given"
            )
        bodies: list[bytes] = []
        for index, (encode, value) in enumerate(zip(encoders, values, strict=True), 1):
            try:
                bodies.append(encode(value))
            except UnencodableResult as error:
                raise unencodable(f"{self._name}, argument {index}", error) from None
        return b"[%b]" % b",".join(bodies)


# -------------------------------------------------------------------- callbacks, in calls of ours


class Exposed(msgspec.Struct, frozen=True, eq=False):
    """A function of ours that the peer has a handle of."""

    handler: Handler


def offer_callback(
    session: Session,
    scope: Outbound,
    function: Callable[..., Any] | None,
    node: schema.Callback,
    place: str,
    *,
    threaded: bool = False,
) -> bytes:
    """Return the JSON text of a handle, with which the peer can call a function.

    Args:
        session: Whose frontend is called.
        scope: That call's life, which is the handle's.
        function: A coroutine function; or a plain one, which goes one way or is run in a thread.
        node: Its type.
        place: Which parameter of which method it is, for the text of an error.
        threaded: Whether it is given by a handler in a thread, so that a plain one is run there.
    """
    if function is None:
        return b"null"
    handle = session.new_handle()
    handler = copy(_prototype(node, place))
    if iscoroutinefunction(function):
        handler.function = function
    elif threaded:
        handler.mode, handler.direct, handler.function = "thread", False, function
    else:
        handler.function = _awaiting(function)
    session.handles[handle] = Exposed(handler)
    scope.attach(Entry(session.handles, handle))
    return b'{"__jsonrpc_marshaled":1,"handle":%d,"lifetime":"call"}' % handle


def _awaiting(function: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a coroutine function for one that is plain, or returns something to await."""

    async def call(*values: Any) -> Any:
        result = function(*values)
        return await result if isawaitable(result) else result

    return call


@cache
def _prototype(node: schema.Callback, place: str) -> Handler:
    """Return a handler for functions of a type: its decoders and encoders take time to make."""
    parameters = tuple(
        Parameter(f"argument{i}", f"argument {i}", each, each.annotation, keyword=False)
        for i, each in enumerate(node.parameters, 1)
    )
    result = node.result or schema.Scalar(None, "null")
    source = schema.Source("", 0)
    method = Method(place, (), parameters, result, result.annotation, "", None, (), source, "async")
    return Handler(Bound(method, _ignore_all, "loop"))


async def _ignore_all(*_values: Any) -> None:
    """Stand in for the function of a handler, until it has one."""


def invoked(
    session: Session, method: str, params: Raw | UnsetType, identity: bytes | None
) -> ErrorObject | None:
    """Have a function of ours run that the peer calls; return what is wrong if there is none.

    Args:
        session: Who calls it.
        method: `$/invokeProxy/h/invoke`.
        params: Its arguments, by position.
        identity: The id of a request; None if nobody waits for the result.
    """
    handle, _, name = method.removeprefix("$/invokeProxy/").partition("/")
    known = name == "invoke" and len(handle) <= _DIGITS and handle.isdecimal()
    exposed = session.handles.get(int(handle)) if known else None
    if exposed is None:
        message = f"Unknown handle: {method[:100]!r}; a callback ends with the call it was given to"
        return ErrorObject(ErrorCode.UNKNOWN_TOKEN, message)
    session.invoke(exposed.handler, Raw(b"[]") if params is UNSET else params, identity)
    return None


_DIGITS: Final = 16
"""A handle is below 2^53."""


class _Release(msgspec.Struct, gc=False, rename="camel"):
    handle: int
    owned_by_sender: bool = False


_decode_release: Final = named_or_positional(_Release)


def released(session: Session, params: Raw | UnsetType) -> None:
    """Act on `$/releaseMarshaledObject`: the peer has no more use for a function of ours.

    One of its own that it releases answers calls with an error, and needs nothing done here.
    """
    if params is UNSET:
        return
    try:
        release = _decode_release(params)
    except ValueError:
        return
    if not release.owned_by_sender:
        session.handles.pop(release.handle, None)
