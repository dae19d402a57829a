"""What Pydantic says of a value that does not fit, in the words that there are for all others.

Imported on the failure path only, and only if it was a model that did not fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpc_worker import schema
from rpc_worker.errors import text_of
from rpc_worker.places import UNKNOWN, chosen, enter, known_members, member_of, show, walk
from rpc_worker.schema import describe

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails

    from rpc_worker.places import Node

__all__ = ["wrong_in_model"]


def wrong_in_model(node: Node, value: Any, path: str, error: Any) -> tuple[str, str, str]:
    """Return the first thing that is wrong: its path, what was expected there, and what came.

    Args:
        node: The type of the whole value.
        value: The whole value.
        path: Where the model stands in it.
        error: What Pydantic raised.
    """
    told: ErrorDetails = error.errors(include_url=False)[0]
    steps, last = _steps(told)
    inner, found = walk(node, value, path)
    for step in steps:
        # The rest of it are names for the members of unions.
        if _is_within(inner, found, step):
            inner, found = enter(inner, found, step)
            path += _spelled(step)
    inner = chosen(inner, found)
    match told["type"]:
        case "missing":
            lacking, _ = enter(inner, UNKNOWN, last)
            what = "a value" if lacking is None else describe(lacking)
            return f"{path}{_spelled(last)}", what, "nothing"
        case "extra_forbidden":
            known = f"only the members {known_members(inner)}"
            return f"{path}{_spelled(last)}", known, _came(told["input"])
        case "union_tag_not_found" | "union_tag_invalid":
            context = told.get("ctx", {})
            tag = context["discriminator"].strip("'")
            wanted = member_of(inner, found, tag)
            received = show(context["tag"]) if "tag" in context else "nothing"
            return f"{path}.{tag}", "a tag" if wanted is None else describe(wanted), received
        case _ if told["loc"][-1:] == (_KEY,):
            key = inner.key if isinstance(inner, schema.Map) else None
            return path, _expectation(key, told), show(last)
        case _:
            received = _came(told["input"]) if found is UNKNOWN else show(found)
            return path, _expectation(inner, told), received


_KEY: Final = "[key]"
"""What Pydantic adds to the path of a key."""


def _steps(told: ErrorDetails) -> tuple[list[str | int], str | int]:
    """Return the steps to what is there, and the member that should be, should not, or the key."""
    steps = list(told["loc"])
    if steps[-1:] == [_KEY]:
        return steps[:-2], steps[-2]
    if told["type"] in {"missing", "extra_forbidden"}:
        return steps[:-1], steps[-1]
    return steps, ""


def _came(value: Any) -> str:
    """Return what Pydantic says that came; a validator may have made something else of it."""
    try:
        return show(value)
    except TypeError:
        return "another type"


def _is_within(node: Node | None, value: Any, step: str | int) -> bool:
    """Tell whether a step leads into a value; as far as its type says, if that is not known."""
    if value is UNKNOWN:
        return isinstance(step, int) or member_of(node, value, step) is not None
    try:
        value[step]
    except (TypeError, LookupError):
        return False
    return not isinstance(value, str)


def _spelled(step: str | int) -> str:
    return f".{step}" if isinstance(step, str) else f"[{step}]"


def _expectation(node: Node | None, told: ErrorDetails) -> str:
    """Return what was expected at a place: its type, or what is demanded of it."""
    kind, context = told["type"], told.get("ctx", {})
    if kind in _BOUNDS:
        return _BOUNDS[kind](_form(node), context)
    if kind in _RAISED:
        return text_of(context["error"])
    if node is not None and (kind.endswith(_WRONG_TYPE) or kind in _WRONG_VALUE):
        return "object" if isinstance(node, schema.Record) else describe(node)
    text = told["msg"].removeprefix("Input should be ")
    return text[:1].lower() + text[1:]


_RAISED: Final = frozenset({"value_error", "assertion_error"})
"""What the user's own validators raise."""
_WRONG_TYPE: Final = ("_type", "_parsing", "_from_float")
_WRONG_VALUE: Final = frozenset({"enum", "literal_error"})

_BOUNDS: Final[dict[str, Callable[[str, dict[str, Any]], str]]] = {
    "greater_than": lambda form, told: f"{form} > {told['gt']}",
    "greater_than_equal": lambda form, told: f"{form} >= {told['ge']}",
    "less_than": lambda form, told: f"{form} < {told['lt']}",
    "less_than_equal": lambda form, told: f"{form} <= {told['le']}",
    "multiple_of": lambda form, told: f"{form} that's a multiple of {told['multiple_of']}",
    "string_too_short": lambda _, told: f"str of length >= {told['min_length']}",
    "string_too_long": lambda _, told: f"str of length <= {told['max_length']}",
    "string_pattern_mismatch": lambda _, told: f"str matching regex {told['pattern']!r}",
    "too_short": lambda form, told: f"{form} of length >= {told['min_length']}",
    "too_long": lambda form, told: f"{form} of length <= {told['max_length']}",
}
"""What msgspec says of the same demands."""


def _form(node: Node | None) -> str:
    match node:
        case schema.Scalar():
            return node.kind
        case schema.Array() | schema.Tuple():
            return "array"
        case schema.Map():
            return "object"
        case schema.Union():
            return _form(node.members[0])
        case _:
            return "value"
