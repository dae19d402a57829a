"""Values at the edge of a worker: decoders for what comes in, bytes for what goes out.

This module knows nothing of methods and messages, and nothing of what was promised: whether a value
is of its declared type is looked at in `outgoing`, before it comes here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from rpc_worker import markers
from rpc_worker.outgoing import outgoing
from rpc_worker.scalars import TOO_DEEP, UnencodableResult, check_any

__all__ = ["UnencodableResult", "check_any", "decoder", "encode", "outgoing"]


def decoder(annotation: Any) -> msgspec.json.Decoder[Any]:
    """Return a decoder for values of a type; nothing is coerced, `"1"` is no int.

    Its `decode` raises ValueError (msgspec's own errors, and UnicodeDecodeError) and
    RecursionError.
    """
    return msgspec.json.Decoder(annotation, dec_hook=markers.dec_hook)


def encode(value: Any) -> bytes:
    """Return a value as JSON, on one line.

    Numbers are written as they are: NaN is for `outgoing` to find.

    Raises:
        UnencodableResult: It has no form in JSON.
    """
    try:
        return _encode(value)
    except RecursionError:
        raise UnencodableResult(TOO_DEEP) from None
    except UnicodeEncodeError as error:
        raise UnencodableResult(_surrogate(error)) from None
    except Exception as error:  # noqa: BLE001 - user code can run here: properties, __iter__, hooks
        # The walk knows the place of most of what msgspec refuses.
        check_any(value)
        raise UnencodableResult(f"{type(error).__name__}: {error}") from None


def _enc_hook(value: Any) -> Any:
    """Return what stands on the wire for a value that msgspec does not know.

    Subclasses of the builtin types fit a declared `float` or `Sequence` (numpy.float64 is a float),
    but msgspec takes no subclass for granted.
    """
    for kind in (str, float, int):
        if isinstance(value, kind) and not isinstance(value, markers.BigInt):
            return kind(value)
    for interface, builtin in _INTERFACES:
        if isinstance(value, interface):
            return builtin(value)
    return markers.enc_hook(value)


_INTERFACES: Final[tuple[tuple[Any, Any], ...]] = ((Mapping, dict), (Sequence, list))


def _surrogate(error: UnicodeEncodeError) -> str:
    near = error.object[max(0, error.start - 20) : error.end + 20]
    return (
        f"the text {near!a} has a lone surrogate, which UTF-8 cannot carry; a file name can hold "
        'one: write os.fsencode(name).decode(errors="replace")'
    )


_encode: Final = msgspec.json.Encoder(enc_hook=_enc_hook).encode
