"""Why what came does not fit: which parameter or item, where in it, what was expected.

Imported on the failure path only. The params are decoded a second time, untyped, because msgspec's
own text lacks what came where a constraint was broken, and what was expected of an enum.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Raw

from rpc_worker import schema
from rpc_worker.contract import REQUIRED
from rpc_worker.errors import ErrorCode, RemoteError, RpcError
from rpc_worker.models import is_of_model
from rpc_worker.places import UNKNOWN, excerpt, known_members, member_of, show, walk
from rpc_worker.schema import describe
from rpc_worker.values import decoder

if TYPE_CHECKING:
    from rpc_worker.contract import ErrorType, Method, Parameter
    from rpc_worker.places import Node

__all__ = [
    "explain_answer",
    "explain_answered_item",
    "explain_declared",
    "explain_item",
    "explain_params",
    "explain_report",
]


def explain_params(method: Method, params: bytes, error: Exception) -> RpcError:
    """Return the -32602 error for params that `error` was raised for."""
    match params[:1]:
        case b"[":
            return _by_position(method, msgspec.json.decode(params, type=list[Raw]), error)
        case b"{":
            return _by_name(method, msgspec.json.decode(params, type=dict[str, Raw]), error)
        case _:
            return _invalid(method, None, "$", "an array or an object", excerpt(params))


def explain_item(
    method: Method, parameter: Parameter, node: schema.Stream, index: int, item: Raw
) -> RpcError:
    """Return the -32602 error for an item of a stream among the arguments.

    Args:
        method: What was called.
        parameter: Which argument it is.
        node: The parameter's type.
        index: How many items came before it.
        item: One that did not decode.
    """
    return _invalid(method, parameter, *_in_stream(node, index, item))


def explain_answer(method: str, node: schema.Type, answer: Raw, error: Exception) -> RemoteError:
    """Return the error for the frontend's answer, if that is not what its contract says.

    Args:
        method: What was called.
        node: The type of its result.
        answer: What did not decode.
        error: What was raised for it.
    """
    wrong = _wrong(node, node.annotation, answer) or _Wrong("$", describe(node), str(error))
    return _bad_answer(method, wrong)


def explain_answered_item(method: str, node: schema.Stream, index: int, item: Raw) -> RemoteError:
    """Return the same for an item of the stream that the frontend answered with."""
    return _bad_answer(method, _in_stream(node, index, item))


def explain_declared(declared: ErrorType, error: RemoteError, reason: Exception) -> RemoteError:
    """Return the error for one of a code that the contract declares, with data of another type.

    Args:
        declared: What the contract has for the code.
        error: What came.
        reason: What was raised when the declared error was made of it.
    """
    data = Raw(msgspec.json.encode(error.data))
    wrong = None
    if declared.data is not None:
        wrong = _wrong(declared.data, declared.data.annotation, data)
    what = f"making one raised {type(reason).__name__}: {reason}"
    if wrong is not None:
        path, expected, received = wrong
        what = f"data{path[1:]} does not fit: expected {expected}, received {received}"
    text = f"{error.message} ({error.code} is declared as {declared.name}, but {what})"
    return RemoteError(text, code=error.code, data=error.data, method=error.method)


def explain_report(node: schema.Type, value: Raw, error: Exception) -> str:
    """Return what is wrong with a value that the frontend reported as progress."""
    wrong = _wrong(node, node.annotation, value) or _Wrong("$", describe(node), str(error))
    place = "" if wrong.path == "$" else f" at {wrong.path}"
    return f"expected {wrong.expected}, received {wrong.received}{place}"


def _in_stream(node: schema.Stream, index: int, item: Raw) -> _Wrong:
    wrong = _wrong(node.item, node.item.annotation, item)
    path, expected, received = wrong or _Wrong("$", describe(node.item), excerpt(bytes(item)))
    return _Wrong(f"$[{index}]{path[1:]}", expected, received)


def _bad_answer(method: str, wrong: _Wrong) -> RemoteError:
    place = "" if wrong.path == "$" else f" at {wrong.path}"
    message = f"{method} answered{place} with {wrong.received}, expected {wrong.expected}"
    return RemoteError(message, data=wrong._asdict(), method=method)


def _by_position(method: Method, given: list[Raw], error: Exception) -> RpcError:
    positional = [p for p in method.parameters if not p.keyword]
    for index, parameter in enumerate(positional):
        if index < len(given):
            if (reason := _mismatch(method, parameter, given[index])) is not None:
                return reason
        elif parameter.default is REQUIRED:
            return _missing(method, parameter)
    for parameter in method.parameters:
        if parameter.keyword and parameter.default is REQUIRED:
            expected = f"{describe(parameter.type)}, by name: params as an object"
            return _invalid(method, parameter, "$", expected, "nothing")
    if len(given) > len(positional):
        count = len(positional)
        expected = "no parameters" if count == 0 else f"at most {count} by position"
        return _invalid(method, None, f"$[{count}]", expected, f"{len(given)}")
    return _invalid(method, None, "$", "params that fit", str(error))


def _by_name(method: Method, given: dict[str, Raw], error: Exception) -> RpcError:
    for parameter in method.parameters:
        if parameter.wire in given:
            if (reason := _mismatch(method, parameter, given[parameter.wire])) is not None:
                return reason
        elif parameter.default is REQUIRED:
            return _missing(method, parameter)
    names = [parameter.wire for parameter in method.parameters]
    for name in given:
        if name not in names:
            expected = f"only the names {', '.join(names)}" if names else "no parameters"
            return _invalid(method, None, f"$.{name}", expected, show(name))
    return _invalid(method, None, "$", "params that fit", str(error))


def _missing(method: Method, parameter: Parameter) -> RpcError:
    return _invalid(method, parameter, "$", describe(parameter.type), "nothing")


# msgspec's own words; where they change, a message gets less precise, and a test fails.
_PLACE: Final = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?(?P<path>\$[^`]*)`)?", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected `(?P<expected>[^`]*)`(?P<bound>.*?)(?:, got `[^`]*`)?")
_LACKS: Final = re.compile(r"Object missing required field `(?P<name>[^`]*)`")
_EXTRA: Final = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")


class _Wrong(NamedTuple):
    """What is wrong in a value: where, what was expected there, and what came."""

    path: str
    expected: str
    received: str


def _mismatch(method: Method, parameter: Parameter, raw: Raw) -> RpcError | None:
    wrong = _wrong(parameter.type, parameter.annotation, raw)
    return None if wrong is None else _invalid(method, parameter, *wrong)


def _wrong(node: Node, annotation: Any, raw: Raw) -> _Wrong | None:
    """Return what is wrong in a value; None if nothing is."""
    try:
        decoder(annotation).decode(raw)
    except (ValueError, RecursionError) as error:
        place = _PLACE.fullmatch(str(error))
        path = (place["path"] if place else None) or "$"
        what = place["what"] if place else str(error)
        try:
            value = msgspec.json.decode(raw)
        except (ValueError, RecursionError):
            # A number beyond the range of a float, which only its text can show.
            return _Wrong(path, describe(node), excerpt(bytes(raw)))
        if is_of_model(error.__cause__):
            from rpc_worker.model_errors import wrong_in_model  # noqa: PLC0415 - few have models

            return _Wrong(*wrong_in_model(node, value, path, error.__cause__))
        return _at(node, value, path, what)
    return None


def _at(node: Node, value: Any, path: str, what: str) -> _Wrong:
    """Return what is wrong, from what msgspec says of a place in a value."""
    inner, found = walk(node, value, path)
    if (told := _LACKS.fullmatch(what)) is not None:
        inner, path = member_of(inner, found, told["name"]), f"{path}.{told['name']}"
        return _Wrong(path, _or(inner, "a value"), "nothing")
    if (told := _EXTRA.fullmatch(what)) is not None:
        name = told["name"]
        received = "another one" if found is UNKNOWN else show(found.get(name))
        return _Wrong(f"{path}.{name}", f"only the members {known_members(inner)}", received)
    received = "another type" if found is UNKNOWN else show(found)
    return _Wrong(path, _expectation(what, inner), received)


def _expectation(what: str, node: Node | None) -> str:
    """Return what was expected: the type at the place, or what msgspec says of a constraint."""
    if (told := _EXPECTED.fullmatch(what)) is not None and told["bound"]:
        return f"{told['expected']}{told['bound']}"
    if isinstance(node, schema.Record) and node.name.startswith("a "):
        return node.name  # No class is called that: it is the form of a stream or a callback.
    if node is not None and not isinstance(node, schema.Record):
        return describe(node)
    return told["expected"] if told is not None else what[:1].lower() + what[1:]


def _or(node: Node | None, otherwise: str) -> str:
    return otherwise if node is None else describe(node)


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
