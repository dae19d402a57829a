"""What the functions of a jsonrpcserver app return and raise, as what a handler does.

Its `Success` and `Error` are made of a library that its next version changes: that one is not
named here. Imported by a worker in which jsonrpcserver has been imported, and by no other.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final, cast

from rpc_worker.errors import ErrorCode, RpcError, is_code

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["error_of", "settled"]

# Looked up, and not imported, not even for type checkers: tools that freeze a worker follow every
# import, and would give jsonrpcserver to workers that have none.
_RESULT: Final[Any] = sys.modules["jsonrpcserver.result"]

_NODATA: Final = cast("type[object]", type(_RESULT.NODATA))
"""What comes out of another process is a copy of NODATA: its type has to do."""


def settled(result: Any) -> Any:
    """Return what a `Success` holds, and any value that is none of jsonrpcserver's as it is.

    Raises:
        RpcError: It is an `Error`, or `InvalidParams`.
    """
    for held in (result, *_held(result)):
        if isinstance(held, _RESULT.SuccessResult):
            return cast("Any", held).result
        if isinstance(held, _RESULT.ErrorResult):
            raise error_of(held)
    return result


def _held(result: Any) -> Iterator[object]:
    """Yield what the library that jsonrpcserver takes its `Result` from may have put into it."""
    members: dict[str, object] = getattr(result, "__dict__", {})
    # OSlash has two names for it; `returns`, which is to take its place, has one.
    for name in ("_value", "_error", "_inner_value"):
        if name in members:
            yield members[name]


def error_of(found: Any) -> RpcError:
    """Return the error that crosses the wire with the code, message and data of another one.

    Args:
        found: A `JsonRpcError`, or what an `Error` holds.
    """
    code: object = found.code
    if not is_code(code):
        text = f"an error's code is an integer, such as 4004, not {code!r}"
        told = {"type": "TypeError", "message": text}
        return RpcError(f"Internal error: {text}", code=ErrorCode.INTERNAL_ERROR, data=told)
    data = None if isinstance(found.data, _NODATA) else found.data
    error = RpcError(str(found.message), data=data)
    # Codes that JSON-RPC reserves are refused by `RpcError`: here they are an app's of long ago.
    error.code = code
    return error
