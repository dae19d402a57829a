"""Defaults and examples as JSON has them, the same in each process that reads a contract."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from rpc_worker.markers import enc_hook
from rpc_worker.models import dumped, is_model

__all__ = ["canonical"]

# Any: of what is in them, a checker knows as little as we do.
_SETS: Final[Any] = (set, frozenset)
_LISTS: Final[Any] = (list, tuple)
_OBJECTS: Final[Any] = dict
_CONTAINERS: Final[Any] = (*_LISTS, _OBJECTS)


def canonical(value: Any) -> Any:
    """Return a value as it stands on the wire, with each set in it in an order of its own.

    As msgspec writes a set, its order is another one in each process; and msgspec orders only what
    Python compares, which members of an enumeration are not.

    Raises:
        TypeError: It has no form on the wire.
    """
    plain = msgspec.to_builtins(value, str_keys=True, enc_hook=enc_hook)
    if not isinstance(plain, _CONTAINERS):
        return plain
    if isinstance(value, _SETS):
        return sorted(map(canonical, value), key=_rank)
    if isinstance(value, _LISTS):
        return [canonical(item) for item in value]
    if isinstance(value, _OBJECTS):
        return {_key(key): canonical(item) for key, item in value.items()}
    if isinstance(value, msgspec.Struct):
        return _fields(value, plain)
    if is_model(value):
        return canonical(dumped(value))
    # Of a dataclass, or of an attrs class.
    return {name: canonical(getattr(value, name)) for name in plain}


def _rank(item: Any) -> tuple[str, Any]:
    """Return what an item of a set is ordered by; Python compares no numbers with texts."""
    if isinstance(item, int | float):
        return "number", item
    if isinstance(item, str):
        return "text", item
    return "value", msgspec.json.encode(item, order="deterministic")


def _key(key: Any) -> str:
    (name,) = msgspec.to_builtins({key: None}, str_keys=True, enc_hook=enc_hook)
    text: str = name
    return text


def _fields(value: msgspec.Struct, plain: Any) -> Any:
    """Return a Struct as `plain` has it, which knows of tags and of what is left out."""
    fields = msgspec.structs.fields(value)
    if isinstance(plain, _LISTS):
        tag = plain[: len(plain) - len(fields)]
        return tag + [canonical(getattr(value, field.name)) for field in fields]
    there = [field for field in fields if field.encode_name in plain]
    return plain | {field.encode_name: canonical(getattr(value, field.name)) for field in there}
