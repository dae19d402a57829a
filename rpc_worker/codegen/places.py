"""Where in the contract everything stands that a types file declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.codegen.directions import alias_key
from rpc_worker.codegen.syntax import property_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import TypeAlias

    from rpc_worker.codegen.directions import Key
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.contract import Namespace
    from rpc_worker.schema import Source


class Place(msgspec.Struct, frozen=True):
    """A name in a Python source.

    Attributes:
        source: Where it begins.
        name: As Python spells it.
    """

    source: Source
    name: str


if TYPE_CHECKING:
    Places: TypeAlias = Mapping[tuple[str, str], Place]
    """By the name of a declaration and, of what is in it, as TypeScript spells it, the member's."""


def places(root: Namespace, found: Survey, names: TypeNames) -> Places:
    """Return the place of each declaration and member whose source is known."""
    known: dict[tuple[str, str], Place] = {}
    for key, source, name in (*_of_contract(root, names), *_of_types(found, names)):
        if source is not None and source.file and source.line:
            known[key] = Place(source, name)
    return known


_Entry: TypeAlias = "tuple[tuple[str, str], Source | None, str]"


def _of_contract(namespace: Namespace, names: TypeNames) -> Iterator[_Entry]:
    own = names.interfaces[namespace.wire]
    yield (own, ""), namespace.source, namespace.name
    for method in namespace.methods:
        yield (own, property_name(method.name)), method.source, method.path[-1]
    for event in namespace.events:
        yield (own, property_name(event.name)), event.source, event.path[-1]
    for inner in namespace.namespaces:
        yield (own, property_name(inner.name)), inner.attribute or inner.source, inner.name
        yield from _of_contract(inner, names)


def _of_types(found: Survey, names: TypeNames) -> Iterator[_Entry]:
    for cls, record in found.records.items():
        for own in _forms(cls, names):
            if cls not in found.data:
                yield (own, ""), record.source, record.name
            for field in record.fields:
                yield (own, property_name(field.wire)), field.source, field.name
    for enumeration in found.enumerations.values():
        own = names.types[enumeration.cls]
        yield (own, ""), enumeration.source, enumeration.name
        for member in enumeration.members:
            yield (own, property_name(member.name)), member.source, member.name
    for node in found.aliases.values():
        if (alias := node.alias) is not None:
            for own in _forms(alias_key(alias), names):
                yield (own, ""), alias.source, alias.name
    for error in found.errors.values():
        yield (names.errors[error.cls], ""), error.source, error.name


def _forms(key: Key, names: TypeNames) -> Iterable[str]:
    return {names.of(key, "input"), names.of(key, "output")}
