"""One method of the frontend, ready to be called (protocol, section 3).

The arguments are checked and encoded, the result is decoded and checked, as the contract says. Who
calls, and from where, is `caller`'s knowledge.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw

from rpc_worker import schema
from rpc_worker.contract import REQUIRED
from rpc_worker.elsewhere import from_thread
from rpc_worker.errors import RemoteError
from rpc_worker.pending import Outbound
from rpc_worker.references import is_on, unencodable
from rpc_worker.scalars import UnencodableResult
from rpc_worker.values import decoder, encoder

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from rpc_worker.calls import Call
    from rpc_worker.contract import ErrorType, Method, Parameter
    from rpc_worker.errors import RpcError
    from rpc_worker.sessions import Session

__all__ = ["OutboundMethod"]


class OutboundMethod:
    """A method of the frontend's contract."""

    def __init__(self, method: Method) -> None:
        self._method = method
        self._signature = inspect.Signature([_parameter(p) for p in method.parameters])
        self._positional = [
            p.name
            for p in method.parameters
            if not p.keyword and not isinstance(p.type, schema.Progress)
        ]
        self._errors = {int(error.code): error for error in method.errors}
        self._refers = any(isinstance(p.type, schema.Reference) for p in method.parameters)
        self._encoders = {
            p.name: encoder(p.type)
            for p in method.parameters
            if not isinstance(p.type, schema.Reference)
        }
        result = method.result
        if isinstance(result, schema.Stream):
            from rpc_worker.streams import result as opened  # noqa: PLC0415 - few methods stream

            self._open: Callable[..., Any] | None = opened(method.wire, result)
        else:
            self._open = None
            self._result = result
            self._decode = decoder(method.result_annotation).decode

    def call(
        self, session: Session, call: Call | None, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call it: on the loop what is returned is awaited, or iterated; in a thread it blocks.

        Raises:
            TypeError: The arguments are not those of the method.
            UnencodableResult: One is not of the declared type; this is a ValueError.
        """
        try:
            given = self._signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self._method.wire}(): {error}") from None
        on_loop = is_on(session)
        if self._open is not None:
            return self._opened(self._open, session, call, given, on_loop=on_loop)
        calling = partial(self._call, session, call, given, threaded=not on_loop)
        return calling() if on_loop else _from_thread(call, calling)

    async def _call(
        self, session: Session, call: Call | None, given: dict[str, Any], *, threaded: bool
    ) -> Any:
        scope = Outbound() if self._refers else None
        answer = await self._request(session, call, given, scope, threaded=threaded)
        try:
            return self._decode(answer)
        except (ValueError, RecursionError) as error:
            from rpc_worker.explain import explain_answer  # noqa: PLC0415 - only on failure

            raise explain_answer(self._method.wire, self._result, answer, error) from None

    def _opened(
        self,
        make: Callable[..., Any],
        session: Session,
        call: Call | None,
        given: dict[str, Any],
        *,
        on_loop: bool,
    ) -> Any:
        scope = Outbound(held=True)
        opening = partial(self._request, session, call, given, scope, threaded=not on_loop)
        incoming = make(session, call=call, opening=opening, scope=scope)
        if on_loop:
            return incoming
        from rpc_worker.consumers import Blocking  # noqa: PLC0415 - only for threads

        return Blocking(incoming)

    async def _request(
        self,
        session: Session,
        call: Call | None,
        given: dict[str, Any],
        scope: Outbound | None,
        *,
        threaded: bool,
    ) -> Raw:
        try:
            params = self._params(session, given, scope, threaded=threaded)
        except BaseException:
            if scope is not None:
                scope.end()
            raise
        try:
            return await session.request(self._method.wire, params, call, scope=scope)
        except RemoteError as error:
            declared = self._errors.get(error.code)
            raise error if declared is None else _declared(declared, error) from None

    def _params(
        self, session: Session, given: dict[str, Any], scope: Outbound | None, *, threaded: bool
    ) -> bytes:
        """Return the JSON text of the params: by position, unless that would leave a hole."""
        bodies: dict[str, bytes] = {}
        for parameter in self._method.parameters:
            if parameter.name in given:
                value = given[parameter.name]
                place = f"{self._method.wire}, parameter {parameter.wire}"
                node = parameter.type
                offer = partial(_offer, session, scope, value, node, place, threaded=threaded)
                encode = self._encoders.get(parameter.name)
                try:
                    body = offer() if encode is None else encode(value)
                except UnencodableResult as error:
                    raise unencodable(place, error) from None
                bodies[parameter.name] = body
        if [*bodies] == self._positional[: len(bodies)]:
            return b"[%b]" % b",".join(bodies.values())
        wires = {parameter.name: parameter.wire for parameter in self._method.parameters}
        members = (b'"%b":%b' % (wires[name].encode(), body) for name, body in bodies.items())
        return b"{%b}" % b",".join(members)


def _parameter(parameter: Parameter) -> inspect.Parameter:
    keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    kind = keyword if parameter.keyword else either
    # What the default is, is the frontend's affair: what is left out is not sent.
    default = inspect.Parameter.empty if parameter.default is REQUIRED else None
    return inspect.Parameter(parameter.name, kind, default=default)


def _offer(
    session: Session, scope: Any, value: Any, node: Any, place: str, *, threaded: bool
) -> bytes:
    """Return the JSON text of what stands for a value that stays here."""
    if isinstance(node, schema.Stream):
        from rpc_worker.streams import offer  # noqa: PLC0415 - few methods have them

        return offer(session, scope, value, node)
    if isinstance(node, schema.Progress):
        from rpc_worker.reports import offer_progress  # noqa: PLC0415 - as above

        return offer_progress(session, scope, value, node, place)
    from rpc_worker.callbacks import offer_callback  # noqa: PLC0415 - as above

    return offer_callback(session, scope, value, node, place, threaded=threaded)


def _declared(declared: ErrorType, error: RemoteError) -> RpcError:
    """Return an error that the contract declares as its own class; else what it was."""
    cls = declared.cls
    try:
        if cls.data_type is None:
            raised = cls(error.message, data=error.data)
        else:
            data = decoder(cls.data_type).decode(msgspec.json.encode(error.data))
            raised = cls(**{name: getattr(data, name) for name in data.__struct_fields__})
    except (TypeError, ValueError, RecursionError) as reason:
        from rpc_worker.explain import explain_declared  # noqa: PLC0415 - only on failure

        return explain_declared(declared, error, reason)
    raised.message, raised.args = error.message, error.args
    return raised


def _from_thread(call: Call | None, calling: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    from anyio import NoEventLoopError  # noqa: PLC0415 - only threads need anyio

    try:
        return from_thread(call, calling)
    except NoEventLoopError:
        raise RuntimeError(
            "the frontend was called in a thread that the worker does not know: call it in a "
            "handler, or start the thread with anyio.to_thread.run_sync"
        ) from None
