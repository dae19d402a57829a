"""Values at the edge of a worker: decoders for what comes in, encoders for what goes out.

This module knows nothing of methods and messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker import markers
from rpc_worker.anything import check_any
from rpc_worker.errors import text_of
from rpc_worker.outgoing import outgoing
from rpc_worker.scalars import TOO_DEEP, UnencodableResult

if TYPE_CHECKING:
    from rpc_worker.scalars import Check
    from rpc_worker.schema import Type

__all__ = ["UnencodableResult", "decoder", "encode", "encoder"]


def decoder(annotation: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder for values of a type; nothing is coerced, `"1"` is no int.

    Its `decode` raises ValueError (msgspec's own errors, and UnicodeDecodeError) and
    RecursionError.
    """
    return msgspec.json.Decoder(annotation, dec_hook=markers.dec_hook)


def encoder(node: Type) -> Callable[[Any], bytes]:
    """Return what checks a value against its declared type, and encodes it on one line.

    It raises UnencodableResult: the value is of another type, or has no place on the wire.
    """
    return _encoder(outgoing(node))


def _encoder(check: Check) -> Callable[[Any], bytes]:
    def encode_checked(value: Any) -> bytes:
        check(value)
        try:
            return _encode(value)
        except Exception as error:  # noqa: BLE001 - iterators and attributes of the user's run here
            raise _unencodable(value, error) from None

    return encode_checked


def _unencodable(value: Any, error: Exception) -> UnencodableResult:
    """Return the error for what msgspec refused, or what was raised while it was at it."""
    if isinstance(error, RecursionError):
        return UnencodableResult(TOO_DEEP)
    if isinstance(error, UnicodeEncodeError):
        return UnencodableResult(_surrogate(error))
    try:
        check_any(value)
    except UnencodableResult as found:  # It knows the place.
        return found
    return UnencodableResult(f"{type(error).__name__}: {text_of(error)}")


def _enc_hook(value: Any) -> Any:
    """Return what stands on the wire for a value that msgspec does not know.

    Subclasses of the builtin types fit a declared `float` or `Sequence` (numpy.float64 is a float),
    but msgspec takes no subclass for granted.
    """
    if type(value) not in _BUILTIN and not isinstance(value, markers.BigInt):
        for interface, builtin in _INTERFACES:
            if isinstance(value, interface):
                return builtin(value)
    return markers.enc_hook(value)


_BUILTIN: Final = frozenset({bool, type(None), list, tuple, dict, set, frozenset})
"""What msgspec asks about only as an object's key."""

_INTERFACES: Final[tuple[tuple[Any, Any], ...]] = (
    (str, str), (float, float), (int, int), (Mapping, dict), (Sequence, list),
)  # fmt: skip


def _surrogate(error: UnicodeEncodeError) -> str:
    near = error.object[max(0, error.start - 20) : error.end + 20]
    return (
        f"the text {near!a} has a lone surrogate, which UTF-8 cannot carry; a file name can hold "
        'one: write os.fsencode(name).decode(errors="replace")'
    )


_encode: Final = msgspec.json.Encoder(enc_hook=_enc_hook).encode

encode: Final = _encoder(check_any)
"""Encodes a value of no declared type, as `encoder` does for one of type Any."""
