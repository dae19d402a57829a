"""The params of one method: decoders from JSON to its arguments.

Made once a method, so that a call costs one decode; the protocol's own methods have theirs here,
too. Why params do not fit is `explain`'s to say.
"""

from __future__ import annotations

from types import GenericAlias
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec import Raw
from msgspec.structs import astuple

from rpc_worker.contract import REQUIRED
from rpc_worker.values import decoder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rpc_worker.contract import Parameter

__all__ = ["NO_PARAMS", "Decode", "by_name", "by_position", "named_or_positional"]

S = TypeVar("S", bound=msgspec.Struct)

NO_PARAMS: Final = b"[]"
"""What a request without params stands for."""

Decode: TypeAlias = "Callable[[Raw | bytes], tuple[Any, ...]]"
"""From JSON to arguments. Raises ValueError (msgspec's own errors, too) and RecursionError."""


def by_position(name: str, parameters: Sequence[Parameter]) -> Decode:
    """Return a decoder from an array to the arguments of a method's positional parameters."""
    if any(p.keyword and p.default is REQUIRED for p in parameters):
        return _never
    positional = [parameter for parameter in parameters if not parameter.keyword]
    if all(parameter.default is REQUIRED for parameter in positional):
        # A tuple's own decoder is the quickest way to arguments, but it knows no defaults.
        annotations = tuple(parameter.annotation for parameter in positional)
        return decoder(GenericAlias(tuple, annotations)).decode
    decode = decoder(_struct(name, positional, array_like=True)).decode
    return lambda params: astuple(decode(params))


def by_name(name: str, parameters: Sequence[Parameter]) -> Decode:
    """Return a decoder from an object to the arguments, keyword-only ones last."""
    decode = decoder(_struct(name, parameters, array_like=False)).decode
    return lambda params: astuple(decode(params))


def named_or_positional(cls: type[S]) -> Callable[[Raw], S]:
    """Return a decoder from an object, or an array of the same in order, to a Struct."""
    positional: Any = msgspec.defstruct(cls.__name__, [], bases=(cls,), array_like=True)
    decode_object: Callable[[Raw], S] = msgspec.json.Decoder(cls).decode
    decode_array: Callable[[Raw], S] = msgspec.json.Decoder(positional).decode

    def decode(params: Raw) -> S:
        return (decode_array if bytes(params)[:1] == b"[" else decode_object)(params)

    return decode


def _never(_params: Raw | bytes) -> tuple[Any, ...]:
    """Stand in for a decoder where an argument can be given by its name only."""
    raise ValueError("a keyword-only parameter without a default is missing")


def _struct(
    name: str, parameters: Sequence[Parameter], *, array_like: bool
) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for index, parameter in enumerate(parameters):
        # A parameter may be called what a Struct's field cannot be: the fields are numbered.
        entry = (f"p{index}", parameter.annotation)
        fields.append(entry if parameter.default is REQUIRED else (*entry, _default(parameter)))
    return msgspec.defstruct(
        name,
        fields,
        rename={f"p{index}": parameter.wire for index, parameter in enumerate(parameters)},
        array_like=array_like,
        forbid_unknown_fields=True,
        kw_only=True,
        gc=False,
    )


def _default(parameter: Parameter) -> Any:
    default: Any = parameter.default
    if isinstance(default, (str, int, float, bytes)) or default is None:
        return default
    annotation = parameter.annotation
    # A handler may change its argument: each call has a default of its own.
    return msgspec.field(
        default_factory=lambda: msgspec.convert(default, annotation, dec_hook=_copied)
    )


def _copied(_cls: type, value: Any) -> Any:
    """Return a copy of a value that msgspec does not know, such as a Pydantic model."""
    import copy  # noqa: PLC0415 - few defaults are such values

    return copy.deepcopy(value)
