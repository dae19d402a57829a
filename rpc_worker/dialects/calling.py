"""The arguments of a call to the page, from the params that the channel has for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from rpc_worker import schema
from rpc_worker.dialects.codecs import Marked, codec_of, key
from rpc_worker.dialects.wire import Flow, Function
from rpc_worker.references import CallbackForm

if TYPE_CHECKING:
    from rpc_worker.contract import Method, Parameter
    from rpc_worker.dialects.wire import Argument, Wire

__all__ = ["CALLBACK", "PROGRESS", "outgoing"]

CALLBACK: Final = "c"
PROGRESS: Final = "p"
"""How the ids begin of our functions: of callbacks, whose handle follows, and of those that tell
of progress, whose token does."""


class _Form(msgspec.Struct):
    token: Raw | UnsetType = UNSET
    values: Raw | UnsetType = UNSET


_encode: Final = msgspec.json.Encoder().encode
_decode_list: Final = msgspec.json.Decoder(list[Raw]).decode
_decode_object: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_decode_callback: Final = msgspec.json.Decoder(CallbackForm).decode
_decode_form: Final = msgspec.json.Decoder(_Form).decode


def outgoing(method: Method, params: bytes, wire: Wire) -> list[Argument]:
    """Return the arguments of a call to the page, from its params.

    kkrpc knows them by position only: those that are keyword-only are members of a last object.

    Raises:
        TypeError: The dialect cannot carry one of them.
    """
    given: dict[str, Raw]
    if params[:1] == b"[":
        positional = (p.wire for p in method.parameters if not p.keyword)
        given = dict(zip(positional, _decode_list(params), strict=False))
    else:
        given = _decode_object(params)
    options = {p.wire: given[p.wire] for p in method.parameters if p.keyword and p.wire in given}
    arguments: list[Argument] = []
    for parameter in method.parameters:
        if not parameter.keyword:
            value = given.get(parameter.wire, UNSET)
            arguments.append(value if value is UNSET else _argument(method, parameter, value, wire))
    if options:
        arguments.append(_options(method, options, wire))
    while arguments and arguments[-1] is UNSET:
        arguments.pop()
    return arguments


def _argument(method: Method, parameter: Parameter, value: Raw, wire: Wire) -> Argument:
    node: Any = parameter.type
    if bytes(value) == b"null":
        return value
    place = f"{method.wire}, parameter {parameter.wire}"
    match node:
        case schema.Callback():
            if node.result is not None:
                raise TypeError(f"{place}: {wire.name} has no callbacks that answer")
            return Function(f"{CALLBACK}{_decode_callback(value).handle}")
        case schema.Progress():
            return Function(PROGRESS + bytes(value).decode())
        case schema.Stream():
            form = _decode_form(value)
            if form.token is UNSET:
                values = Raw(b"[]") if form.values is UNSET else form.values
                return wire.value(codec_of(node), values)
            if not wire.has_streams:
                raise TypeError(f"{place}: {wire.name} has no streams")
            return Flow(bytes(form.token).decode())
        case _:
            return wire.value(codec_of(node), value)


def _options(method: Method, options: dict[str, Raw], wire: Wire) -> Raw | Marked:
    """Return keyword-only arguments as one object, with the marks that are on its members."""
    texts: dict[str, Raw] = {}
    marks: dict[str, list[Any]] = {}
    for parameter in method.parameters:
        name = parameter.wire
        if name not in options:
            continue
        argument = _argument(method, parameter, options[name], wire)
        match argument:
            case Marked():
                texts[name] = argument.text
                marks |= {f".{key(name)}{at}": mark for at, mark in argument.marks.items()}
            case Raw():
                texts[name] = argument
            case _:
                place = f"{method.wire}, parameter {name}"
                raise TypeError(f"{place}: {wire.name} has functions and streams by position only")
    text = Raw(_encode(texts))
    return Marked(text, marks) if marks else text
