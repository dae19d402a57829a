"""Arguments that stand for something at the caller's: streams, progress and callbacks.

On the wire each is a token or a handle in a value's place (protocol, sections 6 and 7). Here is how
those are read, and what a handler is given instead. Only where the contract has one of them is one
looked for; the same JSON in another place is data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import replace

from rpc_worker import schema
from rpc_worker.contract import REQUIRED
from rpc_worker.dispatch import Arguments, Handler
from rpc_worker.scalars import UnencodableResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.calls import Call
    from rpc_worker.contract import Method, Parameter
    from rpc_worker.fit import Bound
    from rpc_worker.schema import Type
    from rpc_worker.sessions import Session

__all__ = [
    "CallbackForm",
    "Entry",
    "ReferringHandler",
    "is_on",
    "session_of",
    "stream_form",
    "token_text",
    "unencodable",
]

Token: TypeAlias = str | int | None
"""What may name a stream or a progress; None names nothing, and is as good as no token."""


class CallbackForm(msgspec.Struct, gc=False):
    """A callback on the wire; who gives it out releases it when the call ends."""

    marshaled: Literal[1] = msgspec.field(name="__jsonrpc_marshaled")
    handle: Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
    lifetime: Literal["call"] = "call"


_Take: TypeAlias = Callable[[Any, "Call"], Any]
"""Makes what the handler is given, from what was decoded. Raises ValueError for a bad token."""


class ReferringHandler(Handler):
    """A method with references among its parameters."""

    __slots__ = ("_named", "_positional")

    references = True

    def __init__(self, bound: Bound) -> None:
        super().__init__(bound)
        method, threaded = bound.method, bound.mode == "thread"
        takes = [(p, _take(method, p, threaded=threaded)) for p in method.parameters]
        if any(isinstance(p.type, schema.Progress) for p in method.parameters):
            from rpc_worker.reports import flushing  # noqa: PLC0415 - see `_take`

            self.function = flushing(self.function, threaded=self.mode != "loop")
        positional = [take for p, take in takes if not p.keyword]
        self._positional = [(i, take) for i, take in enumerate(positional) if take is not None]
        self._named = [(p.name, take) for p, take in takes if p.keyword and take is not None]

    def arguments(self, call: Call) -> Arguments:
        """Decode the params of a call; what they refer to ends with it."""
        values, keywords = super().arguments(call)
        args, kwargs = list(values), dict(keywords)
        try:
            for index, take in self._positional:
                args[index] = take(args[index], call)
            for name, take in self._named:
                kwargs[name] = take(kwargs.get(name), call)
        except ValueError as error:
            raise self._misfit(call.params, error) from None
        return tuple(args), kwargs

    def _decoded(self, parameters: Sequence[Parameter]) -> Sequence[Parameter]:
        return tuple(map(_loose, parameters))

    def _described(self) -> Method:
        return replace(self.method, parameters=tuple(map(_strict, self.method.parameters)))


def token_text(token: Raw | UnsetType | None) -> bytes | None:
    """Return a token's own bytes, which are echoed as they are; None if there is none.

    Raises:
        ValueError: It is neither a string nor an integer, nor null.
    """
    if token is None or token is UNSET:
        return None
    if _decode_token(token) is None:
        return None
    return bytes(token)


_decode_token: Final = msgspec.json.Decoder(Token).decode


def session_of(call: Call) -> Session:
    """Return whose call it is: every call of a channel is somebody's."""
    return cast("Session", call.session)


class Entry(msgspec.Struct):
    """What is in a session's table until the request ends that it went with."""

    table: dict[Any, Any]
    key: Any

    def end(self) -> None:
        self.table.pop(self.key, None)


def is_on(session: Session) -> bool:
    """Whether this is the session's loop, and no thread beside it."""
    try:
        return asyncio.get_running_loop() is session.loop
    except RuntimeError:
        return False


def unencodable(place: str, error: UnencodableResult) -> UnencodableResult:
    """Return the error of a value with the place that it was given to, for whoever gave it."""
    at = "" if error.path == "$" else f" at {error.path}"
    found = UnencodableResult(f"{place}{at}: {error.problem}")
    found.is_result = False
    return found


def stream_form(item: Any, token: Any = Raw) -> type[msgspec.Struct]:
    """Return the type of a stream on the wire: `{token?, values?}`.

    Either may be null, as if it were not there.

    Args:
        item: The annotation of its items.
        token: The type of the token. By default it is left as it is.
    """
    fields: list[Any] = [("token", token | UnsetType, UNSET), ("values", list[item] | None, None)]
    return msgspec.defstruct("Stream", fields, gc=False)


def _take(method: Method, parameter: Parameter, *, threaded: bool) -> _Take | None:
    """Return what makes the argument; None if it is a value."""
    node = parameter.type
    if isinstance(node, schema.Stream):
        from rpc_worker.streams import taking  # noqa: PLC0415 - few methods have them

        return taking(method, parameter, node, threaded=threaded)
    if isinstance(node, schema.Progress):
        from rpc_worker.reports import taking_progress  # noqa: PLC0415 - as above

        return taking_progress(method, node, wanted=parameter.default is REQUIRED)
    if isinstance(node, schema.Callback):
        from rpc_worker import callbacks  # noqa: PLC0415 - as above

        return callbacks.taking(method, parameter, node, threaded=threaded)
    return None


# ------------------------------------------------------------------------- as it is on the wire


def _loose(parameter: Parameter) -> Parameter:
    """Return a parameter as it is decoded: tokens are kept as they came."""
    node = parameter.type
    if isinstance(node, schema.Stream):
        return _as(parameter, stream_form(node.item.annotation), optional=node.optional)
    if isinstance(node, schema.Progress):
        return replace(parameter, annotation=Raw, default=None)
    if isinstance(node, schema.Callback):
        return _as(parameter, CallbackForm, optional=node.optional)
    return parameter


def _as(parameter: Parameter, annotation: Any, *, optional: bool) -> Parameter:
    return replace(parameter, annotation=annotation | None if optional else annotation)


def _strict(parameter: Parameter) -> Parameter:
    """Return a parameter as its type is explained to whoever sent something else."""
    node = parameter.type
    if isinstance(node, schema.Progress):
        return replace(parameter, type=_TOKEN, annotation=Token, default=None)
    if isinstance(node, schema.Stream):
        cls: type = stream_form(node.item.annotation, token=Token)
        values = schema.Array(list[Any], "list", node.item)
        form = _record(node, cls, {"token": _TOKEN, "values": values})
    elif isinstance(node, schema.Callback):
        cls = CallbackForm
        form = _record(node, cls, _CALLBACK)
    else:
        return parameter
    if node.optional:
        union = schema.Union(cls | None, (form, schema.Scalar(None, "null")))
        return replace(parameter, type=union, annotation=union.annotation)
    return replace(parameter, type=form, annotation=cls)


def _record(
    node: schema.Stream | schema.Callback, cls: type, members: dict[str, Type]
) -> schema.Record:
    fields = [schema.Field(name, name, node, required=False) for name, node in members.items()]
    source = schema.Source("", 0)
    name = f"a {schema.describe(replace(node, optional=False))}"
    return schema.Record(cls, "struct", name, cls, "", fields, source)


_TOKEN: Final = schema.Union(
    Token,
    (schema.Scalar(str, "str"), schema.Scalar(int, "int"), schema.Scalar(None, "null")),
)

_CALLBACK: Final[dict[str, Type]] = {
    "__jsonrpc_marshaled": schema.Choice(Literal[1], (1,)),
    "handle": schema.Scalar(int, "int"),
    "lifetime": schema.Choice(Literal["call"], ("call",)),
}
