"""A function that promises nothing, as a method: its annotations may be missing, or not meant.

What it is mounted from, and how it is called, is not known here.
"""

from __future__ import annotations

import inspect
import typing
from typing import TYPE_CHECKING, Any, Final

from rpc_worker.contract import REQUIRED, Method, Parameter
from rpc_worker.reading.annotations import TypeReader
from rpc_worker.reading.checks import against_default
from rpc_worker.reading.hints import evaluate, union
from rpc_worker.schema import Array, Choice, Map, Scalar, Source, Union

if TYPE_CHECKING:
    from collections.abc import Callable

    from rpc_worker.schema import Type

__all__ = ["read_function"]

_BY_NAME: Final = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)

_ANY: Final = Scalar(Any, "any")


def read_function(
    name: str, function: Callable[..., Any], signature: inspect.Signature
) -> tuple[Method, bool]:
    """Return a function as a method, and whether its signature has what a method's cannot have.

    Results have no type: jsonrpcserver's `Result` does not say of what.
    """
    innermost = inspect.unwrap(function)
    module: str = getattr(innermost, "__module__", None) or __name__
    hints = evaluate(module, {}, getattr(innermost, "__annotations__", {}))
    parameters: list[Parameter] = []
    loose = False
    for parameter in signature.parameters.values():
        if parameter.kind not in _BY_NAME:
            loose = True
            continue
        node = _type_of(parameter, hints.get(parameter.name, Any))
        default: Any = REQUIRED
        if parameter.default is not parameter.empty:
            default = parameter.default
            if against_default(_ANY, default) is not None:
                # A default of a kind that JSON lacks is the function's own affair.
                node, default, loose = _ANY, None, True
            elif against_default(node, default) is not None:
                node = _ANY
        parameters.append(
            Parameter(
                name=parameter.name,
                wire=parameter.name,
                type=node,
                annotation=_as_json(node),
                keyword=parameter.kind is parameter.KEYWORD_ONLY,
                default=default,
            )
        )
    code = getattr(innermost, "__code__", None)
    method = Method(
        wire=name,
        path=(name,),
        parameters=tuple(parameters),
        result=_ANY,
        result_annotation=Any,
        doc=inspect.cleandoc(function.__doc__ or ""),
        deprecated=getattr(function, "__deprecated__", None),
        errors=(),
        source=Source(module, getattr(code, "co_firstlineno", 0)),
        kind="async" if inspect.iscoroutinefunction(innermost) else "thread",
    )
    return method, loose


def _type_of(parameter: inspect.Parameter, hint: Any) -> Type:
    """Return the type that an argument is checked against.

    jsonrpcserver hands over what JSON has, whatever is annotated: so only a type of which JSON
    itself has the values is taken at its word, and any other stands for anything.
    """
    if parameter.default is None:
        # As it was once read by type checkers, and is still written.
        hint = _optional(hint)
    types = TypeReader()
    node = types.read(hint, parameter.name)
    types.check_decoders()
    return node if not types.misfits and _is_plain(node) else _ANY


def _as_json(node: Type) -> Any:
    """Return an annotation by which 3 stays 3 where a float is promised, as `json.loads` has it."""
    match node:
        case Scalar(kind="float", constraints=None):
            return int | float
        case Array(item=item, constraints=None):
            return list[_as_json(item)]  # type: ignore[misc] # an annotation is a value here
        case Map(value=value, constraints=None):
            return dict[str, _as_json(value)]  # type: ignore[misc] # as above
        case Union(members=members):
            return union(map(_as_json, members))
        case _:
            return node.annotation


def _optional(hint: Any) -> Any:
    try:
        return hint if hint is Any else typing.Optional[hint]  # noqa: UP045 - of a value
    except TypeError:
        return Any  # Python lets anything be an annotation, and jsonrpcserver looks at none.


def _is_plain(node: Type) -> bool:
    """Tell whether values of a type are just what `json.loads` would return.

    Those of a TypedDict are not: they are without what it does not name.
    """
    match node:
        case Scalar(kind=kind):
            return kind in {"any", "null", "bool", "int", "float", "str"}
        case Choice():
            return True
        case Array(kind=kind, item=item):
            return kind in {"list", "sequence"} and _is_plain(item)
        case Map(key=key, value=value):
            return isinstance(key, Scalar) and key.kind == "str" and _is_plain(value)
        case Union(members=members):
            return all(map(_is_plain, members))
        case _:
            return False
