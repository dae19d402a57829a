"""Why the params of a request do not fit: which parameter, where in it, what was expected.

Imported on the failure path only. The params are decoded a second time, untyped, because msgspec's
own text lacks what came where a constraint was broken, and what was expected of an enum.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker import schema
from rpc_worker.contract import REQUIRED
from rpc_worker.errors import ErrorCode, RpcError
from rpc_worker.values import decoder

if TYPE_CHECKING:
    from rpc_worker.contract import Method, Parameter

__all__ = ["describe", "explain_params"]

_SHOWN: Final = 80
"""Characters of a received value that a message shows."""


def explain_params(method: Method, params: bytes, error: Exception) -> RpcError:
    """Return the -32602 error for params that `error` was raised for."""
    try:
        match params[:1]:
            case b"[":
                return _by_position(method, msgspec.json.decode(params, type=list[Any]), error)
            case b"{":
                return _by_name(method, msgspec.json.decode(params, type=dict[str, Any]), error)
            case _:
                return _invalid(method, None, "$", "an array or an object", _excerpt(params))
    except (ValueError, RecursionError):
        # Numbers beyond the range of a float, or text that is not UTF-8.
        return _invalid(method, None, "$", "values that can be decoded", str(error))


def _by_position(method: Method, given: list[Any], error: Exception) -> RpcError:
    positional = [p for p in method.parameters if not p.keyword]
    for index, parameter in enumerate(positional):
        if index < len(given):
            if (reason := _mismatch(method, parameter, given[index])) is not None:
                return reason
        elif parameter.default is REQUIRED:
            return _invalid(method, parameter, "$", describe(parameter.type), "nothing")
    for parameter in method.parameters:
        if parameter.keyword and parameter.default is REQUIRED:
            expected = f"{describe(parameter.type)}, by name: params as an object"
            return _invalid(method, parameter, "$", expected, "nothing")
    if len(given) > len(positional):
        count = len(positional)
        expected = "no parameters" if count == 0 else f"at most {count} by position"
        return _invalid(method, None, f"$[{count}]", expected, f"{len(given)}")
    return _invalid(method, None, "$", "params that fit", str(error))


def _by_name(method: Method, given: dict[str, Any], error: Exception) -> RpcError:
    for parameter in method.parameters:
        if parameter.wire in given:
            if (reason := _mismatch(method, parameter, given[parameter.wire])) is not None:
                return reason
        elif parameter.default is REQUIRED:
            return _invalid(method, parameter, "$", describe(parameter.type), "nothing")
    names = [parameter.wire for parameter in method.parameters]
    for name in given:
        if name not in names:
            expected = f"only the names {', '.join(names)}" if names else "no parameters"
            return _invalid(method, None, f"$.{name}", expected, _show(name))
    return _invalid(method, None, "$", "params that fit", str(error))


_PLACE: Final = re.compile(
    r"(?P<what>.*?)(?: - at `(?P<key>key in )?(?P<path>\$[^`]*)`)?", re.DOTALL
)
_EXPECTED: Final = re.compile(r"Expected `(?P<expected>[^`]*)`(?P<bound>.*?)(?:, got `[^`]*`)?")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")


def _mismatch(method: Method, parameter: Parameter, value: Any) -> RpcError | None:
    try:
        decoder(parameter.annotation).decode(msgspec.json.encode(value))
    except (ValueError, RecursionError) as error:
        place = _PLACE.fullmatch(str(error))
        path = (place["path"] if place else None) or "$"
        what = place["what"] if place else str(error)
        node, received = _walk(parameter.type, value, path)
        expected = _expectation(what, node)
        return _invalid(method, parameter, path, expected, received)
    return None


def _expectation(what: str, node: schema.Type | None) -> str:
    """Return what was expected: the type at the place, or what msgspec says of a constraint."""
    if (told := _EXPECTED.fullmatch(what)) is not None and told["bound"]:
        return f"{told['expected']}{told['bound']}"
    if node is not None and not isinstance(node, schema.Record):
        return describe(node)
    return told["expected"] if told is not None else what[:1].lower() + what[1:]


def _walk(node: schema.Type | None, value: Any, path: str) -> tuple[schema.Type | None, str]:
    """Follow msgspec's path into the type and the value; None where it cannot be followed."""
    for step in _STEP.finditer(path):
        name, index = step[1], step[2]
        node = _inner(node, value)
        if name is not None:
            node = _field(node, name)
            try:
                value = value[name]
            except (KeyError, TypeError):
                return node, "nothing"
        elif index is not None:
            node = _item(node, int(index))
            value = value[int(index)]
        else:
            # msgspec does not tell which member of an object it was.
            return node.value if isinstance(node, schema.Map) else None, "another type"
    return _inner(node, value), _show(value)


def _inner(node: schema.Type | None, value: Any) -> schema.Type | None:
    """Return the member of an optional that is not null, if the value is not null either."""
    if isinstance(node, schema.Union) and value is not None:
        members = [
            m for m in node.members if not (isinstance(m, schema.Scalar) and m.kind == "null")
        ]
        if len(members) == 1:
            return members[0]
    return node


def _field(node: schema.Type | None, name: str) -> schema.Type | None:
    if isinstance(node, schema.Record):
        return next((field.type for field in node.fields if field.wire == name), None)
    return None


def _item(node: schema.Type | None, index: int) -> schema.Type | None:
    match node:
        case schema.Array():
            return node.item
        case schema.Tuple():
            return node.items[index] if index < len(node.items) else None
        case schema.Record(array_like=True):
            return node.fields[index].type if index < len(node.fields) else None
        case _:
            return None


def _show(value: Any) -> str:
    return _excerpt(msgspec.json.encode(value))


def _excerpt(text: bytes) -> str:
    shown = text.decode(errors="replace")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _invalid(
    method: Method, parameter: Parameter | None, path: str, expected: str, received: str
) -> RpcError:
    name = None if parameter is None else parameter.wire
    place = method.wire if name is None else f"{method.wire}, {name}{path[1:]}"
    return RpcError(
        f"Invalid params: {place}: expected {expected}, received {received}",
        code=ErrorCode.INVALID_PARAMS,
        data={"param": name, "path": path, "expected": expected, "received": received},
    )


def describe(node: schema.Type) -> str:
    """Return a type as a person would say it: `list of float`, `"a" or "b"`, `Match or null`."""
    match node:
        case schema.Scalar(kind="any" | "raw"):
            return "any value"
        case schema.Scalar():
            return node.kind
        case schema.Choice():
            return " or ".join(_show(value) for value in node.values)
        case schema.Enumeration():
            return " or ".join(_show(member.value) for member in node.members)
        case schema.Array():
            return f"list of {describe(node.item)}"
        case schema.Tuple():
            return f"list of exactly {len(node.items)} items"
        case schema.Map():
            return f"object of {describe(node.value)}"
        case schema.Record():
            return node.name
        case schema.Union():
            return " or ".join(describe(member) for member in node.members)
