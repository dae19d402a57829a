"""What the generated types are called.

A type keeps its Python name. Where two types share one, or where TypeScript has taken it, all that
are concerned get what stands before it, the outer class or the module, until they differ: `Item` of
`shop.cart` and `Item` of `shop.orders` are `CartItem` and `OrdersItem`. Only where nothing is left
to stand before them, as with two classes that one function made, are they numbered as they are met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen.syntax import (
    RESERVED_TYPES,
    RESERVED_WORDS,
    free_name,
    kebab,
    lower_camel,
    pascal,
)

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from rpc_worker.codegen.directions import Direction
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.contract import Contract, Namespace

_DEVICES: Final = frozenset({"con", "prn", "aux", "nul"}).union(
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
)
"""What no file can be called on Windows, whatever its suffix."""


class ContractNames(msgspec.Struct, frozen=True):
    """What a contract is called: `BackendAPI` is `backend.ts`, `Backend` and `backend`."""

    file: str
    interface: str
    constant: str


class TypeNames(msgspec.Struct, frozen=True):
    """What the types of a contract are called.

    Attributes:
        interfaces: The contract's and its namespaces', by wire name ("" is the contract).
        types: The records' and enumerations', by class.
        inputs: Those of the records that have a second form for what is sent, by class.
    """

    interfaces: dict[str, str]
    types: dict[type, str]
    inputs: dict[type, str]

    def of(self, cls: type, direction: Direction) -> str:
        """Return the name of a record or an enumeration."""
        if direction == "input" and cls in self.inputs:
            return self.inputs[cls]
        return self.types[cls]

    def all(self) -> frozenset[str]:
        """Return every name that the types file declares."""
        return frozenset({*self.interfaces.values(), *self.types.values(), *self.inputs.values()})


def contract_names(contract: Contract) -> ContractNames:
    """Name a contract's file, interface and constant after its class, without a trailing API."""
    stem = contract.name.removesuffix("API").rstrip("_") or contract.name
    interface, constant = pascal(stem), lower_camel(stem)
    if interface in RESERVED_TYPES:
        interface += "Contract"
    if constant in RESERVED_WORDS or constant == interface:
        # Not every script has capital letters, and a constant cannot share an import's name.
        constant += "Contract"
    file = kebab(stem)
    return ContractNames(f"{file}-contract" if file in _DEVICES else file, interface, constant)


def type_names(contract: Contract, found: Survey) -> TypeNames:
    """Name everything that a contract's types file declares."""
    interfaces: dict[str, str] = {}
    _name_interfaces(contract.root, contract_names(contract).interface, interfaces)
    taken = RESERVED_TYPES | set(interfaces.values())
    types = _tell_apart({cls: _Parts(cls, found) for cls in _classes(found)}, taken)
    inputs: dict[type, str] = {}
    for cls in sorted(found.split, key=types.__getitem__):
        used = {*taken, *types.values(), *inputs.values()}
        inputs[cls] = free_name(f"{types[cls]}Input", used)
    return TypeNames(interfaces, types, inputs)


def _name_interfaces(namespace: Namespace, name: str, names: dict[str, str]) -> None:
    names[namespace.wire] = free_name(name, names.values())
    for inner in namespace.namespaces:
        _name_interfaces(inner, pascal(name, inner.name), names)


def _classes(found: Survey) -> list[type]:
    return [*found.records, *found.enumerations]


class _Parts:
    """A class's full name in parts: the more of them are used, the less it is like another's."""

    def __init__(self, cls: type, found: Survey) -> None:
        path = f"{cls.__module__}.{cls.__qualname__}".replace("<locals>.", "")
        *self.outer, own = path.split(".")
        # The data of an error is not the error.
        self.own = f"{own}Data" if cls in found.errors else own
        self.used = 0

    def name(self) -> str:
        outer = self.outer[len(self.outer) - self.used :]
        return pascal(*outer, self.own) if outer else self.own

    def lengthen(self) -> bool:
        longer = self.used < len(self.outer)
        self.used += longer
        return longer


def _tell_apart(parts: dict[type, _Parts], taken: AbstractSet[str]) -> dict[type, str]:
    while True:
        owners: dict[str, list[type]] = {}
        for cls, part in parts.items():
            owners.setdefault(part.name(), []).append(cls)
        sole = {name for name, all_ in owners.items() if len(all_) == 1 and name not in taken}
        clashing = [cls for name, all_ in owners.items() if name not in sole for cls in all_]
        if not any([parts[cls].lengthen() for cls in clashing]):  # noqa: C419 - each is lengthened
            break
    names = {cls: name for name in sole for cls in owners[name]}
    for cls in clashing:
        names[cls] = free_name(parts[cls].name(), {*taken, *sole, *names.values()})
    return names
