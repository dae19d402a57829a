"""Classes of `enum` as choices: of what stands for their members on the wire."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from rpc_worker.reading.checks import first_unsafe
from rpc_worker.reading.names import spell
from rpc_worker.reading.records import deprecation_of, doc_of
from rpc_worker.schema import Enumeration, EnumMember

if TYPE_CHECKING:
    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import Type

__all__ = ["EnumerationReader"]


class EnumerationReader:
    """Reads enumerations, each class once."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types
        self._known: dict[type[enum.Enum], Enumeration] = {}

    def read(self, cls: type[enum.Enum], place: str) -> Type:
        """Return the node of a class."""
        known = self._known.get(cls)
        if known is not None:
            return known
        values = [member.value for member in cls]
        text = all(isinstance(value, str) for value in values)
        whole = all(isinstance(v, int) and not isinstance(v, bool) for v in values)
        if issubclass(cls, enum.Flag):
            what = f"{spell(cls)} is a Flag, whose combinations are no members"
            return self._types.refuse(place, what, "Write int, or a list of members of an Enum.")
        if not values or not (text or whole):
            what = f"{spell(cls)} does not have strings, or integers, for all of its members"
            advice = "Give it members, all with strings or all with integers."
            return self._types.refuse(place, what, advice)
        if (large := first_unsafe(values)) is not None:
            what = f"{large}, in {spell(cls)}"
            return self._types.refuse(place, what, "Write smaller ones, or strings.")
        node = Enumeration(
            cls,
            name=cls.__name__,
            cls=cls,
            doc=doc_of(cls),
            members=tuple(map(self._member, cls)),
            source=self._types.source_of(cls),
            deprecated=deprecation_of(cls),
        )
        self._known[cls] = node
        return node

    def _member(self, member: enum.Enum) -> EnumMember:
        sources = self._types.sources
        if sources is None:
            return EnumMember(member.name, member.value)
        said = sources.of(type(member))
        return EnumMember(member.name, member.value, said.doc(member.name), said.place(member.name))
