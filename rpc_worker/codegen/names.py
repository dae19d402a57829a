"""What the generated types are called.

A type keeps its Python name. Where two types share one, or where TypeScript has taken it, all that
are concerned get what stands before it, the outer class or the module, until they differ: `Item` of
`shop.cart` and `Item` of `shop.orders` are `CartItem` and `OrdersItem`. Only where nothing is left
to stand before them, as with two classes that one function made, are they numbered as they are met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen.references import is_option
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

    from rpc_worker.codegen.directions import Direction, Key
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.contract import Contract, Namespace
    from rpc_worker.errors import RpcError
    from rpc_worker.schema import Alias

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
        types: The records', enumerations' and aliases'.
        inputs: Those of what has a second form for what is sent.
        errors: The declared errors', by class.
        options: Those of the options that methods have, by wire name.
        variables: The type variables', by themselves; none hides a type, or another of its class.
        has_values: Whether any of them is there at run time: an error's class, an enumeration.
    """

    interfaces: dict[str, str]
    types: dict[Key, str]
    inputs: dict[Key, str]
    errors: dict[type[RpcError], str]
    options: dict[str, str]
    variables: dict[Alias, str]
    has_values: bool

    def of(self, key: Key, direction: Direction) -> str:
        """Return the name of a record, an enumeration or an alias."""
        if direction == "input" and key in self.inputs:
            return self.inputs[key]
        return self.types[key]

    def all(self) -> frozenset[str]:
        """Return every name that the types file declares."""
        own = (self.interfaces, self.types, self.inputs, self.errors, self.options)
        return frozenset(name for names in own for name in names.values())


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
    own_name = _interface_name(contract, found)
    _name_interfaces(contract.root, own_name, interfaces)
    options = _named_options(contract, own_name, {*interfaces.values()})
    # An error's class and an enumeration are values, as the contract's constant is.
    own = {*interfaces.values(), *options.values(), contract_names(contract).constant}
    taken = RESERVED_TYPES | own
    keys = [*found.errors, *found.records, *found.enumerations, *found.aliases]
    names = _tell_apart({key: _Parts(key) for key in keys if key not in found.data}, taken)
    errors = {cls: names.pop(cls) for cls in found.errors}
    for data, sharing in found.data.items():
        # The one that declares the fields, if it is among them.
        name = next((errors[e] for e in sharing if e.__name__ == data.__name__), data.__name__)
        names[data] = free_name(f"{name}Data", {*taken, *errors.values(), *names.values()})
    inputs: dict[Key, str] = {}
    for key in sorted(found.split, key=names.__getitem__):
        used = {*taken, *names.values(), *inputs.values(), *errors.values()}
        inputs[key] = free_name(f"{names[key]}Input", used)
    used = {*taken, *names.values(), *inputs.values(), *errors.values()}
    variables = _named_variables(found, used)
    has_values = bool(found.errors or found.enumerations)
    return TypeNames(interfaces, names, inputs, errors, options, variables, has_values)


def _interface_name(contract: Contract, found: Survey) -> str:
    """Return the name of the contract's interface, which gives way to a type of the user's."""
    keys = (*found.errors, *found.records, *found.enumerations, *found.aliases)
    name = contract_names(contract).interface
    return pascal(contract.name) if any(_Parts(key).own == name for key in keys) else name


def _name_interfaces(namespace: Namespace, name: str, names: dict[str, str]) -> None:
    names[namespace.wire] = free_name(name, names.values())
    for inner in namespace.namespaces:
        _name_interfaces(inner, pascal(name, inner.name), names)


def _named_options(contract: Contract, interface: str, taken: set[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for method in contract.methods.values():
        if any(map(is_option, method.parameters)):
            wanted = pascal(interface, *method.wire.split("."), "Options")
            names[method.wire] = free_name(wanted, {*taken, *names.values()})
    return names


def _named_variables(found: Survey, taken: set[str]) -> dict[Alias, str]:
    names: dict[Alias, str] = {}
    for record in found.records.values():
        aliases = [argument.alias for argument in record.arguments if argument.alias is not None]
        for alias in aliases:
            others = {names.get(other, other.name) for other in aliases if other is not alias}
            names.setdefault(alias, free_name(alias.name, taken | others))
    return names


class _Parts:
    """A full name in parts: the more of them are used, the less it is like another's."""

    def __init__(self, key: Key) -> None:
        path = f"{key.__module__}.{key.__qualname__}" if isinstance(key, type) else ".".join(key)
        *self.outer, self.own = path.replace("<locals>.", "").split(".")
        self.used = 0

    def name(self) -> str:
        outer = self.outer[len(self.outer) - self.used :]
        return pascal(*outer, self.own) if outer else self.own

    def lengthen(self) -> bool:
        longer = self.used < len(self.outer)
        self.used += longer
        return longer


def _tell_apart(parts: dict[Key, _Parts], taken: AbstractSet[str]) -> dict[Key, str]:
    while True:
        owners: dict[str, list[Key]] = {}
        for key, part in parts.items():
            owners.setdefault(part.name(), []).append(key)
        sole = {name for name, all_ in owners.items() if len(all_) == 1 and name not in taken}
        clashing = [key for name, all_ in owners.items() if name not in sole for key in all_]
        if not any([parts[key].lengthen() for key in clashing]):  # noqa: C419 - each is lengthened
            break
    names = {key: name for name in sole for key in owners[name]}
    for key in clashing:
        names[key] = free_name(parts[key].name(), {*taken, *sole, *names.values()})
    return names
