"""What an error is called among kkrpc's peers, which know names and no codes; and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, Raw

from rpc_worker.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rpc_worker.contract import Contract
    from rpc_worker.messages import ErrorObject

__all__ = ["ErrorNames", "as_error_object"]

_RESERVED: Final = frozenset({"n", "m", "s", "name", "message", "stack", "cause", "code", "data"})
"""Members of an error that are no fields of the one who raised it."""

_encode: Final = msgspec.json.Encoder().encode


class _Internal(msgspec.Struct):
    """The data of an internal error."""

    type: str
    message: str
    stack: str | None = None


class ErrorNames:
    """Finds an error's name by its code, as the contract declares it."""

    def __init__(self, contract: Contract) -> None:
        # Several methods may have errors of their own for a code; the first one names it.
        self._names: dict[int, str] = {}
        for method in contract.methods.values():
            for error in method.errors:
                self._names.setdefault(error.code, error.name)

    def message(self, error: ErrorObject) -> str:
        """Return what kkrpc 0.x rebuilds an error from. It takes an empty one for success."""
        name, message, _ = self._told(error)
        return message or name

    def members(self, error: ErrorObject) -> bytes:
        """Return what kkrpc 2 rebuilds an error from: its name, its message and its fields."""
        name, message, stack = self._told(error)
        told: dict[str, Any] = {"n": name, "m": message}
        if stack is not None:
            told["s"] = stack
        told["code"] = error.code
        if error.code != ErrorCode.INTERNAL_ERROR and error.data is not UNSET:
            data = Raw(_encode(error.data))
            if error.code not in _PROTOCOL:
                fields = _fields(data)
                told |= {key: value for key, value in fields.items() if key not in _RESERVED}
            told["data"] = data
        return _encode(told)

    def _told(self, error: ErrorObject) -> tuple[str, str, str | None]:
        """Return the name, the message and perhaps the stack."""
        if error.code == ErrorCode.INTERNAL_ERROR:
            try:
                internal = msgspec.convert(error.data, _Internal)
            except msgspec.ValidationError:
                return "InternalError", error.message, None
            # As another worker's own exceptions are told: by themselves.
            return internal.type, internal.message, internal.stack
        name = self._names.get(error.code) or _PROTOCOL.get(error.code, "RpcError")
        return name, error.message, None


_PROTOCOL: Final[Mapping[int, str]] = {
    int(code): code.name.title().replace("_", "")
    for code in ErrorCode
    if code != ErrorCode.APPLICATION_ERROR
}
"""Names of the protocol's own errors: `InvalidParams`, `MethodNotFound`, `Busy`, …"""


def _fields(data: Raw) -> dict[str, Raw]:
    try:
        return msgspec.json.decode(data, type=dict[str, Raw])
    except (msgspec.DecodeError, RecursionError):
        return {}


class _Theirs(msgspec.Struct):
    """What an answer of theirs tells of an error, in either dialect."""

    n: str | None = None
    m: str | None = None
    name: str | None = None
    message: str | None = None


def as_error_object(raw: Raw) -> Raw:
    """Return the error object that a page's error stands for.

    Args:
        raw: A text in kkrpc 0.2, an object in all later ones.
    """
    fields = _fields(raw)
    try:
        told = msgspec.json.decode(raw, type=_Theirs)
    except (msgspec.DecodeError, RecursionError):
        told = _Theirs(m=_plain(raw))
    name = told.n or told.name or "Error"
    message = told.m or told.message or name
    data: Any = {key: value for key, value in fields.items() if key not in _RESERVED}
    if "data" in fields:
        data = fields["data"]
    elif not data:
        data = {"type": name, "message": message}
    return Raw(_encode({"code": _code(fields.get("code")), "message": message, "data": data}))


def _plain(raw: Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, RecursionError):
        return bytes(raw)[:200].decode(errors="replace")


def _code(raw: Raw | None) -> int:
    try:
        return ErrorCode.INTERNAL_ERROR if raw is None else msgspec.json.decode(raw, type=int)
    except msgspec.DecodeError:
        return ErrorCode.INTERNAL_ERROR
