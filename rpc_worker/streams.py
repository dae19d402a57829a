"""Streams across a channel: the messages that they are made of (protocol, section 6).

What we send is a `Producer`'s, what we receive is read by `Incoming`. Here are the places where one
begins: in an argument, in a result, in an argument of a call of ours, and what is asked of one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker import refusals, schema
from rpc_worker.consumers import Blocking, Incoming, Items
from rpc_worker.errors import ErrorCode
from rpc_worker.messages import ErrorObject
from rpc_worker.params import named_or_positional
from rpc_worker.producers import Producer
from rpc_worker.references import session_of, token_text
from rpc_worker.scalars import expected
from rpc_worker.sources import Source
from rpc_worker.values import encoder

if TYPE_CHECKING:
    from rpc_worker.calls import Call
    from rpc_worker.contract import Method, Parameter
    from rpc_worker.pending import Outbound
    from rpc_worker.replies import Reply
    from rpc_worker.sessions import Session

__all__ = ["abort_requested", "next_requested", "offer", "result", "taking"]


NEXT: Final = "$/enumerator/next"
"""What is called for the items of an argument."""


def next_requested(reply: Reply, params: Raw | UnsetType) -> None:
    """Answer `$/enumerator/next`, now or later."""
    try:
        token = _token(params)
    except ValueError as error:
        reply.error(_bad_token(error))
        return
    producer = reply.session.streams.get(token)
    if producer is not None:
        producer.next(reply)
    elif reply.session.silent:
        # The worker ends, and all streams have been closed.
        reply.error(refusals.SHUTTING_DOWN)
    else:
        reply.error(_unknown(token))


def abort_requested(session: Session, params: Raw | UnsetType) -> None:
    """Act on `$/enumerator/abort`. A stream that has ended, or never was, has nothing to abort."""
    try:
        producer = session.streams.get(_token(params))
    except ValueError:
        return
    if producer is not None:
        producer.abort()


def offer(session: Session, scope: Outbound, items: Any, node: schema.Stream) -> bytes:
    """Return the JSON text that stands for items in an argument of a call of ours.

    What has an end goes whole. Of all else the peer asks for items while the call lives.

    Args:
        session: Whose frontend is called.
        scope: That call's life, which is the stream's.
        items: A collection, an async iterable, or an iterable, which a thread then advances.
        node: The stream's type.

    Raises:
        UnencodableResult: It is neither; or an item of a collection is not of the declared type.
        RpcError: The session has as many streams as it may have.
    """
    if items is None and node.optional:
        return b"null"
    encode_item, encode_all = _encoders(node)
    found: Any = None if isinstance(items, (str, bytes)) else items
    if isinstance(found, Collection):
        values: list[Any] = [*found]
        return b'{"values":%b}' % encode_all(values) if values else b"{}"
    if hasattr(found, "__aiter__"):
        source = Source(partial(aiter, found), threaded=False)
    elif hasattr(found, "__iter__"):
        source = Source(partial(iter, found), threaded=True)
    else:
        raise expected(f"items to iterate over, each {schema.describe(node.item)}", items)
    producer = Producer(session, source, encode_item, "an argument", None)
    scope.attach(producer)
    return b'{"token":%b}' % producer.token


def taking(
    method: Method, parameter: Parameter, node: schema.Stream, *, threaded: bool
) -> Callable[[Any, Call], Any]:
    """Return what makes the iterator that a handler is given, from a stream among its params."""

    def wrong(index: int, item: Raw) -> Exception:
        from rpc_worker.explain import explain_item  # noqa: PLC0415 - only on failure

        return explain_item(method, parameter, node, index, item)

    name = f"the window's stream {parameter.wire} of {method.wire}"
    items = Items(NEXT, node, wrong, name)

    def take(form: Any, call: Call) -> Any:
        if form is None:
            return None
        token = token_text(form.token)
        incoming = Incoming(session_of(call), items, call=call, token=token, first=form.values)
        return Blocking(incoming) if threaded else incoming

    return take


def result(method: str, node: schema.Stream) -> Callable[..., Incoming]:
    """Return what makes the iterator over the stream that a method of the frontend returns.

    It is called with the session, and by name `call`, `opening` and `scope` of `Incoming`. In a
    thread, `Blocking` goes around what it returns.
    """

    def wrong(index: int, item: Raw) -> Exception:
        from rpc_worker.explain import explain_answered_item  # noqa: PLC0415 - only on failure

        return explain_answered_item(method, node, index, item)

    return partial(Incoming, items=Items(method, node, wrong))


@cache
def _encoders(
    node: schema.Stream,
) -> tuple[Callable[[Any], bytes], Callable[[Any], bytes]]:
    """Return the encoders of an item, and of a list of them."""
    return encoder(node.item), encoder(schema.Array(list[Any], "list", node.item))


# ------------------------------------------------------------------------------------ the token


class _Token(msgspec.Struct, gc=False):
    token: Raw


_decode_token: Final = named_or_positional(_Token)


def _token(params: Raw | UnsetType) -> bytes:
    """Return the bytes of the token that is asked for.

    Raises:
        ValueError: There is none.
    """
    if params is UNSET:
        raise ValueError("the token is missing")
    token = token_text(_decode_token(params).token)
    if token is None:
        raise ValueError("the token is null")
    return token


def _bad_token(error: ValueError) -> ErrorObject:
    data = {"param": "token", "path": "$", "expected": "str or int", "received": str(error)}
    message = f"Invalid params: token: expected str or int: {error}"
    return ErrorObject(ErrorCode.INVALID_PARAMS, message, data)


def _unknown(token: bytes) -> ErrorObject:
    shown = token[:100].decode(errors="replace")
    message = f"Unknown stream: {shown}; it has ended, or nobody asked for its items for long"
    return ErrorObject(ErrorCode.UNKNOWN_TOKEN, message)
