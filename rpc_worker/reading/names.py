"""Names on the wire, and types as a person would write them."""

from __future__ import annotations

import types
import typing
from typing import Any, Final, get_args, get_origin

__all__ = ["camel", "place_of", "spell"]


def camel(name: str) -> str:
    """Return `get_system_info` as `getSystemInfo`, as msgspec's `rename="camel"` does."""
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)


def place_of(cls: type) -> str:
    """Return the full name of a class."""
    return f"{cls.__module__}.{cls.__qualname__}"


_UNIONS: Final = (typing.Union, types.UnionType)


def spell(annotation: Any) -> str:
    """Return an annotation as it is written, without the names of modules."""
    if annotation is None or annotation is types.NoneType:
        return "None"
    if annotation is Ellipsis:
        return "..."
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _UNIONS:
        return " | ".join(map(spell, arguments))
    if origin is typing.Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is typing.Annotated:
        return f"Annotated[{spell(arguments[0])}, …]"
    if isinstance(annotation, list):
        return f"[{', '.join(map(spell, typing.cast('Any', annotation)))}]"
    name = getattr(annotation, "__qualname__", None) or getattr(annotation, "__name__", None)
    if origin is not None:
        name = getattr(annotation, "__name__", None) or spell(origin)
        return f"{name}[{', '.join(map(spell, arguments))}]" if arguments else name
    return name.rpartition("<locals>.")[2] if name else repr(annotation).removeprefix("typing.")
