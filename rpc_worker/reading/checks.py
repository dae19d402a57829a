"""What msgspec itself says of a type, and what values cannot be sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rpc_worker.markers import dec_hook, enc_hook
from rpc_worker.reading.names import spell
from rpc_worker.scalars import SAFE
from rpc_worker.schema import Scalar, Union, is_null

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rpc_worker.schema import Type

__all__ = ["against_default", "first_unsafe", "refusal"]


def refusal(annotation: Any) -> Exception | None:
    """Return why msgspec makes no decoder for a type."""
    try:
        msgspec.json.Decoder(annotation, dec_hook=dec_hook)
    except Exception as error:  # noqa: BLE001 - msgspec evaluates annotations of the user's
        return error
    return None


def against_default(node: Type, default: Any) -> tuple[str, str] | None:
    """Return what is wrong with a default, and what to write instead: it must be of its type."""
    members = node.members if isinstance(node, Union) else (node,)
    if default is None and any(map(is_null, members)):
        return None  # Nor need msgspec read the type, which may have no end.
    try:
        text = msgspec.json.encode(default, enc_hook=enc_hook)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        what = f"its default cannot be sent: {error}"
        return what, "Write a default that JSON can hold, or None."
    try:
        msgspec.json.decode(text, type=node.annotation, dec_hook=dec_hook)
    except ValueError as error:
        if isinstance(error.__cause__, TypeError):
            return None  # Of a class that only Pydantic knows, or one that is refused anyway.
        name = spell(node.annotation)
        advice = f"Write {name} | None." if default is None else f"Write a default that is {name}."
        return f"its default {default!r} is not {name}", advice
    except Exception:  # noqa: BLE001 - what msgspec says of the type itself is `refusal`'s
        return None
    return _unsendable(node, default)


def _unsendable(node: Type, default: Any) -> tuple[str, str] | None:
    """Return what is wrong with a default that a result could not have either."""
    members = node.members if isinstance(node, Union) else (node,)
    if not all(isinstance(member, Scalar) for member in members):
        return None  # It may be of a class whose fields are still being read.
    from rpc_worker.values import UnencodableResult, encoder  # noqa: PLC0415 - they walk nodes

    try:
        encoder(node)(default)
    except UnencodableResult as error:
        return f"its default cannot be sent: {error}", "Write another default, or None."
    return None


def first_unsafe(values: Iterable[object]) -> str | None:
    """Return what is wrong with the first of some values that JavaScript would read as another."""
    for value in values:
        if isinstance(value, int) and not -SAFE <= value <= SAFE:
            return f"{int(value)} is outside ±(2^53-1), where a JavaScript number is not exact"
    return None
