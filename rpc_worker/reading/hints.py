"""Annotations as objects: evaluated, with type variables replaced.

`typing.get_type_hints` takes a class whole. Here each name is evaluated by itself, so that one that
cannot be evaluated does not hide the others, and a private one is left alone.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, get_args, get_origin
from weakref import WeakKeyDictionary

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "Hint",
    "Unresolved",
    "class_hints",
    "evaluate",
    "function_hints",
    "is_hashed",
    "is_public",
    "is_union",
    "key_of",
    "own_annotations",
    "public_hints",
    "substitute",
    "union",
]


class Unresolved(msgspec.Struct, frozen=True):
    """An annotation that cannot be evaluated, and what to do about it."""

    problem: str
    advice: str


def function_hints(function: Callable[..., Any]) -> dict[str, Any] | Unresolved:
    """Return the annotations of a function's parameters, and of its result as `return`."""
    function = getattr(function, "__func__", function)
    try:
        if not isinstance(function, types.FunctionType):
            return typing.get_type_hints(function, include_extras=True)
        annotations = function.__annotations__
        known = _evaluated.get(function)
        if known is None or known[0] != annotations:
            hints = typing.get_type_hints(function, include_extras=True)
            _evaluated[function] = known = {**annotations}, hints
    except Exception as error:  # noqa: BLE001 - an annotation is any expression of the user's
        return _explain(error)
    return known[1]


_evaluated: Final = WeakKeyDictionary[types.FunctionType, tuple[dict[str, Any], dict[str, Any]]]()
"""Annotations of functions, and what they are as objects. The same function is often the contract's
and the implementation's, and each annotation that is a text has to be compiled."""


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
        for name, value in evaluate(owner.__module__, known, own_annotations(owner)).items():
            yield name, owner, substitute(value, bound.get(owner, {}))


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


def evaluate(module: str, known: dict[str, Any], annotations: Mapping[str, Any]) -> dict[str, Any]:
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
        name: evaluate(module, known, {name: value})[name] for name, value in annotations.items()
    }


def own_annotations(cls: type) -> Mapping[str, Any]:
    """Return the annotations of a class without those of its bases, unevaluated."""
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
    values = [substitute(argument, outer) for argument in get_args(annotation)]
    own = dict(zip(getattr(cls, "__parameters__", ()), values, strict=False))
    yield cls, own
    for base in cls.__dict__.get("__orig_bases__", cls.__bases__):
        yield from _bindings(base, own)


def substitute(annotation: Any, bound: Mapping[Any, Any]) -> Any:
    """Return an annotation with what its type variables stand for."""
    if isinstance(annotation, TypeVar):
        return bound.get(annotation, annotation)
    generic: Any = None if isinstance(annotation, type) else annotation
    parameters = getattr(generic, "__parameters__", ())
    return generic[tuple(bound.get(p, p) for p in parameters)] if parameters else annotation


def is_hashed(annotation: Any) -> bool:
    """Tell whether an annotation can be looked up: a list cannot, nor can some metadata."""
    try:
        hash(annotation)
    except TypeError:
        return False
    return True


def key_of(annotation: Any) -> Any:
    """Return what an annotation is looked up by."""
    return annotation if is_hashed(annotation) else repr(annotation)


def is_union(origin: Any) -> bool:
    """Tell whether an annotation's origin is that of `X | Y`, or of `Union[X, Y]`."""
    return origin is typing.Union or origin is types.UnionType


def union(members: Iterable[Any]) -> Any:
    """Return `X | Y`; the one member, if there is only one."""
    return functools.reduce(lambda left, right: left | right, members)
