"""Pydantic models as values on the wire: written as Pydantic shapes them, read as it validates.

Whoever has a model has imported Pydantic; nothing here does. What a model is made of in the end is
written by msgspec, as in a Struct: a time, bytes and a number look the same in both.
"""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["dumped", "is_model", "is_of_model", "loaded"]


def is_model(found: Any) -> bool:
    """Tell whether something is a Pydantic model, or the class of one."""
    return hasattr(found, "__pydantic_root_model__")


def is_of_model(error: object) -> bool:
    """Tell whether it was Pydantic that did not take a value."""
    return type(error).__name__ == "ValidationError" and hasattr(error, "errors")


def dumped(value: Any) -> Any:
    """Return what a model consists of, under its names on the wire.

    Raises:
        ValueError: A field holds what is not of its type, of which Pydantic only warns by default.
    """
    return value.model_dump(by_alias=True, warnings="error")


def loaded(cls: Any, value: Any) -> Any:
    """Return a model of what came.

    Raises:
        ValueError: Pydantic's own, with what is wrong in it.
    """
    # Of Python's own values a strict model takes no list for a set, and no text for a time.
    return cls.model_validate_json(msgspec.json.encode(value))
