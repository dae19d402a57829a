"""Which types a contract uses, in which direction, and which of them have no form in TypeScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.codegen.directions import GIVEN, alias_key, opposite, split
from rpc_worker.errors import ContractError, Misfit
from rpc_worker.schema import (
    Array,
    Callback,
    Choice,
    Enumeration,
    Map,
    Progress,
    Record,
    Scalar,
    Stream,
    Tuple,
    Union,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rpc_worker.codegen.directions import Direction, Key, Side
    from rpc_worker.contract import Contract, ErrorType, Method
    from rpc_worker.errors import RpcError
    from rpc_worker.schema import Field, Reference, Type


class Survey(msgspec.Struct, frozen=True):
    """What the types file of a contract has to declare.

    Attributes:
        records: By class, in the order met; of a generic class, with its type variables.
        enumerations: By class, in the order met.
        aliases: What they stand for, in the order met.
        errors: The declared ones, by class, in the order met.
        data: The errors whose data the records are, by class.
        directions: How the records and the aliases travel.
        split: What travels both ways and looks different each way.
        warnings: What is worth a word, though it is no error.
    """

    records: dict[type, Record]
    enumerations: dict[type, Enumeration]
    aliases: dict[Key, Type]
    errors: dict[type[RpcError], ErrorType]
    data: dict[type, list[type[RpcError]]]
    directions: dict[Key, set[Direction]]
    split: frozenset[Key]
    warnings: tuple[str, ...]


def survey(contract: Contract, side: Side = "backend") -> Survey:
    """Look through all types of a contract.

    Raises:
        ContractError: What has no form in TypeScript, all at once.
    """
    walk = _Walk(contract, GIVEN[side])
    for method in contract.methods.values():
        walk.method(method, _place(contract, method.path))
    for event in contract.events.values():
        walk.type(event.payload, "output", _place(contract, event.path))
    if walk.misfits:
        raise ContractError(list(dict.fromkeys(walk.misfits)))
    return Survey(
        records=walk.records,
        enumerations=walk.enumerations,
        aliases=walk.aliases,
        errors=walk.errors,
        data=walk.data,
        directions=walk.directions,
        split=split(walk.records, walk.aliases, walk.directions),
        warnings=tuple(_snake_case_warnings(walk.records)),
    )


def _place(contract: Contract, path: tuple[str, ...]) -> str:
    return ".".join((contract.source.module, contract.name, *path))


class _Walk:
    def __init__(self, contract: Contract, given: Direction) -> None:
        self.given: Direction = given
        self.templates = contract.templates
        self.records: dict[type, Record] = {}
        self.enumerations: dict[type, Enumeration] = {}
        self.aliases: dict[Key, Type] = {}
        self.errors: dict[type[RpcError], ErrorType] = {}
        self.data: dict[type, list[type[RpcError]]] = {}
        self.directions: dict[Key, set[Direction]] = {}
        self.misfits: list[Misfit] = []
        self._seen: set[tuple[int, Direction]] = set()

    def method(self, method: Method, place: str) -> None:
        answered = opposite(self.given)
        for parameter in method.parameters:
            self.given_type(parameter.type, f"{place}, parameter {parameter.name}")
        result = method.result.item if isinstance(method.result, Stream) else method.result
        self.type(result, answered, f"{place}, result")
        for error in method.errors:
            self.errors.setdefault(error.cls, error)
            if error.data is not None:
                self.type(error.data, answered, f"{place}, @raises({error.name})")
                # A subclass without fields of its own has those of its base.
                sharing = self.data.setdefault(error.data.cls, [])
                if error.cls not in sharing:
                    sharing.append(error.cls)

    def given_type(self, node: Type | Reference, place: str) -> None:
        match node:
            case Stream(item=item):
                self.type(item, self.given, place)
            case Progress(value=value):
                self.type(value, opposite(self.given), place)
            case Callback(parameters=parameters, result=result):
                for parameter in parameters:
                    self.type(parameter, opposite(self.given), place)
                if result is not None:
                    self.type(result, self.given, place)
            case _:
                self.type(node, self.given, place)

    def type(self, node: Type, direction: Direction, place: str) -> None:
        if node.alias is not None:
            if node.alias.kind == "variable":
                return
            named = alias_key(node.alias)
            self.aliases.setdefault(named, node)
            self.directions.setdefault(named, set()).add(direction)
        match node:
            case Scalar():
                self.scalar(node, place)
            case Choice():
                pass
            case Enumeration():
                self.enumerations.setdefault(node.cls, node)
            case Array(item=item):
                self.type(item, direction, place)
            case Tuple(items=items):
                self.types(items, direction, place)
            case Union(members=members, written=written):
                self.numbers(members, place)
                self.types(written or members, direction, place)
            case Map(key=key, value=value):
                if isinstance(key, Choice | Enumeration) or key.alias is not None:
                    self.type(key, direction, place)
                self.type(value, direction, place)
            case Record():
                self.record(node, direction, place)

    def types(self, nodes: Iterable[Type], direction: Direction, place: str) -> None:
        for node in nodes:
            self.type(node, direction, place)

    def record(self, record: Record, direction: Direction, place: str) -> None:
        if (id(record), direction) in self._seen:
            return
        self._seen.add((id(record), direction))
        declared = self.templates.get(record.cls, record)
        self.records.setdefault(record.cls, declared)
        self.directions.setdefault(record.cls, set()).add(direction)
        self.types(record.arguments, direction, place)
        # What a generic class is made of by its arguments may have no form where it has one itself.
        for field in (*declared.fields, *(record.fields if declared is not record else ())):
            self.type(field.type, direction, f"{record.source.module}.{record.name}.{field.name}")

    def scalar(self, node: Scalar, place: str) -> None:
        if node.kind == "datetime" and node.constraints and node.constraints.tz is False:
            what = "a datetime without a time zone is no Date, which is a moment of time"
            self.refuse(place, what, "Write datetime, which has to have one, or str.")

    def numbers(self, members: Sequence[Type], place: str) -> None:
        """Refuse what is told apart on the wire, and would be numbers alike in TypeScript."""
        if any(map(_is_duration, members)) and any(map(_is_number, members)):
            what = "a timedelta is milliseconds in TypeScript, a number like the other"
            self.refuse(place, what, "Write one of them.")

    def refuse(self, place: str, what: str, advice: str) -> None:
        self.misfits.append(Misfit(place, what, advice))


def _is_duration(node: Type) -> bool:
    return isinstance(node, Scalar) and node.kind == "timedelta"


def _is_number(node: Type) -> bool:
    match node:
        case Scalar(kind=kind):
            return kind in {"int", "float"}
        case Choice(values=values):
            return any(isinstance(v, int) and not isinstance(v, bool) for v in values)
        case Enumeration(members=members):
            return isinstance(members[0].value, int)
        case _:
            return False


def _snake_case_warnings(records: dict[type, Record]) -> Iterator[str]:
    for record in records.values():
        found = [f.wire for f in record.fields if _is_snake_case(f)]
        if found and not record.array_like:
            advice = "make it an rpc_worker.Struct, which renames its fields"
            if record.kind == "struct":
                advice = 'derive the class from rpc_worker.Struct, or give it rename="camel"'
            if record.kind == "pydantic":
                advice = "give its model_config pydantic's alias_generator=to_camel"
            where = f"{record.source.module}.{record.name}"
            yield f"{where}: {', '.join(found)} will be snake_case in TypeScript too; {advice}"


def _is_snake_case(field: Field) -> bool:
    return field.wire == field.name and "_" in field.wire.strip("_")
