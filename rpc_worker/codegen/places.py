"""Where in the contract everything stands that a types file declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from rpc_worker.codegen.references import is_option, option_name
from rpc_worker.codegen.syntax import method_name, property_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rpc_worker.codegen.directions import Key
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.contract import Namespace
    from rpc_worker.schema import Source

Places: TypeAlias = "Mapping[tuple[str, str], Source]"
"""By the name of a declaration, and of a member of it or "", as TypeScript has them."""

_Entry: TypeAlias = "tuple[str, str, Source | None]"


def places(root: Namespace, found: Survey, names: TypeNames) -> Places:
    """Return the place of each declaration and member whose source is known."""
    return {
        (declaration, member): source
        for declaration, member, source in (*_of_contract(root, names), *_of_types(found, names))
        if source is not None and source.file and source.line
    }


def _of_contract(namespace: Namespace, names: TypeNames) -> Iterator[_Entry]:
    own = names.interfaces[namespace.wire]
    yield own, "", namespace.source
    for method in namespace.methods:
        yield own, method_name(method.name), method.source
        options = names.options.get(method.wire, "")
        yield options, "", method.source
        for parameter in filter(is_option, method.parameters):
            yield options, option_name(parameter), parameter.source
    for event in namespace.events:
        yield own, property_name(event.name), event.source
    for inner in namespace.namespaces:
        yield own, property_name(inner.name), inner.attribute or inner.source
        yield from _of_contract(inner, names)


def _of_types(found: Survey, names: TypeNames) -> Iterator[_Entry]:
    for cls, record in found.records.items():
        for own in _forms(cls, names):
            errors = [found.errors[error] for error in found.data.get(cls, ())]
            # The data of an error is no class of the user's, and the error is.
            yield own, "", errors[0].source if errors else record.source
            if record.tag_field is not None:
                yield own, property_name(record.tag_field), record.source
            for field in record.fields:
                yield own, property_name(field.wire), field.source
    for enumeration in found.enumerations.values():
        own = names.types[enumeration.cls]
        yield own, "", enumeration.source
        for member in enumeration.members:
            yield own, property_name(member.name), member.source
    for key, node in found.aliases.items():
        for own in _forms(key, names):
            yield own, "", node.alias.source if node.alias else None
    for error in found.errors.values():
        for part in ("", "code", "data", "constructor"):
            yield names.errors[error.cls], part, error.source


def _forms(key: Key, names: TypeNames) -> Iterable[str]:
    return {names.of(key, "input"), names.of(key, "output")}
