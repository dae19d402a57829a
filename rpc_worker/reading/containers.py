"""Lists, tuples, sets and mappings: what they are of, and whether that can be in them."""

from __future__ import annotations

import collections.abc as c
from typing import TYPE_CHECKING, Any, Final, Literal

from rpc_worker.reading.names import spell
from rpc_worker.reading.uses import is_hashable, is_key
from rpc_worker.schema import Array, Map, Tuple

if TYPE_CHECKING:
    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import Type

__all__ = ["ContainerReader", "is_container"]

_ARRAYS: Final[dict[Any, Literal["list", "set", "frozenset", "sequence"]]] = {
    list: "list",
    set: "set",
    frozenset: "frozenset",
    c.Sequence: "sequence",
    c.MutableSequence: "sequence",
    c.Collection: "sequence",
    c.Set: "set",
    c.MutableSet: "set",
}
_MAPS: Final = frozenset({dict, c.Mapping, c.MutableMapping})


def is_container(cls: type) -> bool:
    """Tell whether a class is one of those that are read here."""
    return cls is tuple or cls in _ARRAYS or cls in _MAPS


class ContainerReader:
    """Reads the containers of one contract."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types

    def read(self, cls: Any, annotation: Any, arguments: tuple[Any, ...], place: str) -> Type:
        """Return the node of a container.

        Args:
            cls: One that `is_container`.
            annotation: Without aliases.
            arguments: Its arguments, still with aliases if they are named.
            place: Where it stands.
        """
        # `tuple[()]` has arguments, none; `typing.Tuple` has not said any.
        if not arguments and not hasattr(annotation, "__args__"):
            name = spell(annotation)
            of = "str, Any" if cls in _MAPS else f"Any{', ...' * (cls is tuple)}"
            what = f"{name} does not say of what"
            return self._types.refuse(place, what, f"Write {name}[{of}], or better.")
        if cls in _MAPS:
            return self._map(annotation, arguments, place)
        nodes = tuple(self._types.part(a, place) for a in arguments if a is not Ellipsis)
        if cls is tuple and Ellipsis in arguments:
            return Array(annotation, "tuple", nodes[0])
        if cls is tuple:
            return Tuple(annotation, nodes)
        kind = _ARRAYS[cls]
        if kind in {"set", "frozenset"} and not is_hashable(nodes[0]):
            what = f"{spell(arguments[0])} cannot be in a set, in {spell(annotation)}"
            return self._types.refuse(place, what, f"Write list[{spell(arguments[0])}].")
        return Array(annotation, kind, nodes[0])

    def _map(self, annotation: Any, arguments: tuple[Any, ...], place: str) -> Type:
        key = self._types.part(arguments[0], place)
        value = self._types.part(arguments[1], place)
        if not is_key(key):
            what = f"{spell(arguments[0])} cannot be a key in JSON, in {spell(annotation)}"
            return self._types.refuse(place, what, f"Write dict[str, {spell(arguments[1])}].")
        return Map(annotation, key, value)
