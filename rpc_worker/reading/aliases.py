"""What aliases and NewTypes stand for, and which of them msgspec cannot read in a field."""

from __future__ import annotations

import typing
from typing import Annotated, Any, Final, get_args, get_origin

import typing_extensions

from rpc_worker.reading.hints import Unresolved, evaluate, is_union, substitute, union

__all__ = ["UnusableAlias", "resolve_aliases", "unreadable", "value_of_alias"]


class UnusableAlias(Exception):  # noqa: N818 - caught where the alias is used, and never shown
    """An alias without a value, with the reason as its argument, an `Unresolved`."""


_NATIVE: Final = getattr(typing, "TypeAliasType", None)
_ALIASES: Final[tuple[Any, ...]] = (
    (typing_extensions.TypeAliasType,)
    if _NATIVE is None
    else (typing_extensions.TypeAliasType, _NATIVE)
)


def resolve_aliases(annotation: Any, within: tuple[Any, ...] = ()) -> Any:
    """Return an annotation without `type` aliases and NewTypes.

    msgspec knows the aliases of `typing`, and not those of `typing_extensions`.

    Raises:
        UnusableAlias: An alias stands in its own value, or that cannot be evaluated.
    """
    if isinstance(annotation, type):
        return annotation
    value = value_of_alias(annotation)
    if value is not annotation:
        alias = _alias(annotation)
        if alias in within:
            what = f"{alias.__name__} is an alias that stands in its own value"
            advice = "Use a Struct: a field of it may be the Struct again."
            raise UnusableAlias(Unresolved(what, advice))
        return resolve_aliases(value, (*within, alias))
    origin, arguments = get_origin(annotation), get_args(annotation)
    if not arguments or origin is typing.Literal or any(isinstance(a, list) for a in arguments):
        return annotation
    if origin is Annotated:
        inner = resolve_aliases(annotation.__origin__, within)
        return annotation if inner is annotation.__origin__ else _annotated(inner, annotation)
    resolved = tuple(resolve_aliases(argument, within) for argument in arguments)
    if all(a is b for a, b in zip(resolved, arguments, strict=True)):
        return annotation
    return union(resolved) if is_union(origin) else origin[resolved]


def value_of_alias(annotation: Any) -> Any:
    """Return what an alias stands for, one step on; anything else as it is.

    Raises:
        UnusableAlias: It cannot be evaluated.
    """
    if isinstance(annotation, typing.NewType):
        return annotation.__supertype__
    alias = _alias(annotation)
    if not isinstance(alias, _ALIASES):
        return annotation
    value = evaluate(alias.__module__, {}, {"value": alias.__value__})["value"]
    if isinstance(value, Unresolved):
        raise UnusableAlias(value)
    arguments = get_args(annotation)
    bound = dict(zip(alias.__type_params__, arguments, strict=False))
    return substitute(value, bound) if arguments else value


def _alias(annotation: Any) -> Any:
    """Return an alias without its arguments; anything else as it is."""
    origin = get_origin(annotation)
    return origin if isinstance(origin, _ALIASES) else annotation


def _annotated(inner: Any, annotation: Any) -> Any:
    return Annotated[(inner, *annotation.__metadata__)]


def unreadable(annotation: Any, within: tuple[Any, ...] = ()) -> Unresolved | None:
    """Return why msgspec cannot read an alias in the annotation of a field; None if it can."""
    if isinstance(annotation, _ALIASES):
        if annotation in within:
            return None  # It is refused where it is read.
        name = annotation.__name__
        what = f"{name} is an alias that msgspec cannot read in a field"
        if _NATIVE is None or not isinstance(annotation, _NATIVE):
            return Unresolved(what, f"Write {name}: TypeAlias = …, or the type itself.")
        try:
            value = annotation.__value__
        except NameError:
            return None
        if isinstance(value, str):
            return Unresolved(what, f"Write type {name} = {value}, without quotes.")
        return unreadable(value, (*within, annotation))
    parts = (get_origin(annotation), *get_args(annotation))
    return next((reason for part in parts if part and (reason := unreadable(part, within))), None)
