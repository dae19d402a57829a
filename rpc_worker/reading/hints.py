"""Annotations as objects: evaluated, with type variables replaced and aliases resolved.

`typing.get_type_hints` takes a class whole. Here each name is evaluated by itself, so that one that
cannot be evaluated does not hide the others, and a private one is left alone.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias, TypeVar, get_args, get_origin

import msgspec
import typing_extensions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "Hint",
    "Unresolved",
    "UnusableAlias",
    "class_hints",
    "foreign_alias",
    "function_hints",
    "is_alias",
    "is_hashed",
    "is_public",
    "is_union",
    "public_hints",
    "resolve_aliases",
    "union",
    "value_of_alias",
]


class Unresolved(msgspec.Struct, frozen=True):
    """An annotation that cannot be evaluated, and what to do about it."""

    problem: str
    advice: str


class UnusableAlias(Exception):  # noqa: N818 - caught where the alias is used, and never shown
    """An alias without a value, with the reason as its argument, an `Unresolved`."""


def function_hints(function: Callable[..., Any]) -> dict[str, Any] | Unresolved:
    """Return the annotations of a function's parameters, and of its result as `return`."""
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # noqa: BLE001 - an annotation is any expression of the user's
        return _explain(error)


def class_hints(annotation: Any) -> Iterator[tuple[str, type, Any]]:
    """Return the annotations of a class and its bases, base classes first.

    Args:
        annotation: The class, or a generic one with its arguments, `Page[Item]`.

    Yields:
        The name, the class that has it, and its annotation or `Unresolved`.
    """
    bound = dict(_bindings(annotation, {}))
    cls: type = get_origin(annotation) or annotation
    for owner in reversed(cls.__mro__):
        parameters = {p.__name__: p for p in getattr(owner, "__type_params__", ())}
        known = {**vars(owner), **parameters}
        for name, value in _evaluate(owner.__module__, known, _own_annotations(owner)).items():
            yield name, owner, _substitute(value, bound.get(owner, {}))


Hint: TypeAlias = tuple[str, type, Any]
"""An attribute's name, the class that has it, and its annotation or `Unresolved`."""


def public_hints(cls: type) -> list[Hint]:
    """Return the annotations of a class that are no private matter of its own, each name once."""
    found = {
        name: (name, owner, hint)
        for name, owner, hint in class_hints(cls)
        if is_public(name, owner)
    }
    return list(found.values())


_FOREIGN: Final = frozenset({"builtins", "typing", "typing_extensions", "abc"})
"""Modules whose classes in the MRO bring no members."""


def is_public(name: str, owner: type) -> bool:
    """Tell whether a member belongs to what a class promises."""
    return not name.startswith("_") and owner.__module__ not in _FOREIGN


def _evaluate(module: str, known: dict[str, Any], annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Return the annotations as objects: all at once if that goes well, else each by itself."""
    if not annotations:
        return {}
    carrier = type("carrier", (), {"__annotations__": dict(annotations)})
    names = getattr(sys.modules.get(module), "__dict__", {})
    try:
        # The module first, as msgspec does: a field may have the name of its type.
        return typing.get_type_hints(carrier, known, names, include_extras=True)
    except Exception as error:  # noqa: BLE001 - an annotation is any expression of the user's
        if len(annotations) == 1:
            return dict.fromkeys(annotations, _explain(error))
    return {
        name: _evaluate(module, known, {name: value})[name] for name, value in annotations.items()
    }


def _own_annotations(cls: type) -> Mapping[str, Any]:
    if sys.version_info >= (3, 14):
        import annotationlib  # noqa: PLC0415 - new in 3.14

        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def _explain(error: Exception) -> Unresolved:
    if isinstance(error, NameError):
        return Unresolved(
            f"the name {error.name!r} in its annotation does not exist when the worker runs",
            "Import it outside of `if TYPE_CHECKING:`, and define it in the module, not in a "
            "function.",
        )
    return Unresolved(
        f"its annotation cannot be evaluated: {type(error).__name__}: {error}",
        "Write a type, such as str or list[int].",
    )


def _bindings(annotation: Any, outer: Mapping[Any, Any]) -> Iterator[tuple[type, dict[Any, Any]]]:
    """Return what type variables stand for, in a generic class and in its bases."""
    cls = get_origin(annotation) or annotation
    if not isinstance(cls, type) or cls in {object, typing.Generic}:
        return
    values = [_substitute(argument, outer) for argument in get_args(annotation)]
    own = dict(zip(getattr(cls, "__parameters__", ()), values, strict=False))
    yield cls, own
    for base in cls.__dict__.get("__orig_bases__", cls.__bases__):
        yield from _bindings(base, own)


def _substitute(annotation: Any, bound: Mapping[Any, Any]) -> Any:
    if isinstance(annotation, TypeVar):
        return bound.get(annotation, annotation)
    generic: Any = None if isinstance(annotation, type) else annotation
    parameters = getattr(generic, "__parameters__", ())
    return generic[tuple(bound.get(p, p) for p in parameters)] if parameters else annotation


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
    origin, arguments = get_origin(annotation), get_args(annotation)
    alias = origin if isinstance(origin, _ALIASES) else annotation
    if is_alias(alias):
        if alias in within:
            what = f"{alias.__name__} is an alias that stands in its own value"
            advice = "Use a Struct: a field of it may be the Struct again."
            raise UnusableAlias(Unresolved(what, advice))
        return resolve_aliases(value_of_alias(annotation), (*within, alias))
    if not arguments or origin is typing.Literal or any(isinstance(a, list) for a in arguments):
        return annotation
    if origin is Annotated:
        inner = resolve_aliases(annotation.__origin__, within)
        return annotation if inner is annotation.__origin__ else _annotated(inner, annotation)
    resolved = tuple(resolve_aliases(argument, within) for argument in arguments)
    if all(a is b for a, b in zip(resolved, arguments, strict=True)):
        return annotation
    return union(resolved) if is_union(origin) else origin[resolved]


def is_alias(annotation: Any) -> bool:
    """Tell whether an annotation is nothing but the name of another one."""
    return isinstance(annotation, (*_ALIASES, typing.NewType))


def value_of_alias(annotation: Any) -> Any:
    """Return what an alias stands for, one step on; anything else as it is.

    Raises:
        UnusableAlias: It cannot be evaluated.
    """
    if isinstance(annotation, typing.NewType):
        return annotation.__supertype__
    origin = get_origin(annotation)
    alias = origin if isinstance(origin, _ALIASES) else annotation
    if not isinstance(alias, _ALIASES):
        return annotation
    value = _evaluate(alias.__module__, {}, {"value": alias.__value__})["value"]
    if isinstance(value, Unresolved):
        raise UnusableAlias(value)
    arguments = get_args(annotation)
    bound = dict(zip(alias.__type_params__, arguments, strict=False))
    return _substitute(value, bound) if arguments else value


def is_hashed(annotation: Any) -> bool:
    """Tell whether an annotation can be looked up: a list cannot, nor can some metadata."""
    try:
        hash(annotation)
    except TypeError:
        return False
    return True


def is_union(origin: Any) -> bool:
    """Tell whether an annotation's origin is that of `X | Y`, or of `Union[X, Y]`."""
    return origin is typing.Union or origin is types.UnionType


def union(members: Iterable[Any]) -> Any:
    """Return `X | Y`; the one member, if there is only one."""
    return functools.reduce(lambda left, right: left | right, members)


def foreign_alias(annotation: Any) -> Any:
    """Return an alias of `typing_extensions` in an annotation, which msgspec does not know."""
    if isinstance(annotation, typing_extensions.TypeAliasType):
        return None if _NATIVE is typing_extensions.TypeAliasType else annotation
    parts = (get_origin(annotation), *get_args(annotation))
    return next((alias for part in parts if part and (alias := foreign_alias(part))), None)


def _annotated(inner: Any, annotation: Any) -> Any:
    return Annotated[(inner, *annotation.__metadata__)]
