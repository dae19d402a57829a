"""Which types a contract uses, in which direction, and which of them are not generated yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen.directions import GIVEN, opposite, split
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
    from collections.abc import Iterator

    from rpc_worker.codegen.directions import Direction, Side
    from rpc_worker.contract import Contract, Method
    from rpc_worker.schema import Field, Reference, Type

SAFE_INTEGER: Final = 2**53 - 1
"""The largest integer that a JavaScript number holds exactly (protocol, section 11)."""

_REFUSED_SCALARS: Final = {
    "raw": ("msgspec.Raw", "Write Any: it is `unknown` in TypeScript."),
    "bytes": ("bytes", "Write str, and send text or base64."),
    "bigint": ("BigInt", "Write str, and send the digits."),
    "datetime": ("datetime", "Write float, and send the seconds since the epoch, or str."),
    "timedelta": ("timedelta", "Write float, and send seconds."),
}
_REFUSED_RECORDS: Final = {
    "attrs": "the attrs class",
    "namedtuple": "the NamedTuple",
}
_KEYS: Final = frozenset({"any", "str", "int", "uuid", "date", "time", "decimal"})


class Survey(msgspec.Struct, frozen=True):
    """What the types file of a contract has to declare.

    Attributes:
        records: By class, in the order met.
        enumerations: By class, in the order met.
        errors: What the errors are called whose data the records are, by class.
        directions: How the records travel.
        split: The classes that travel both ways and look different each way.
        warnings: What is worth a word, though it is no error.
    """

    records: dict[type, Record]
    enumerations: dict[type, Enumeration]
    errors: dict[type, list[str]]
    directions: dict[type, set[Direction]]
    split: frozenset[type]
    warnings: tuple[str, ...]


def survey(contract: Contract, side: Side = "backend") -> Survey:
    """Look through all types of a contract.

    Raises:
        ContractError: Types that are not generated yet, all at once.
    """
    walk = _Walk(GIVEN[side])
    for method in contract.methods.values():
        walk.method(method, _place(contract, method.path))
    for event in contract.events.values():
        place = _place(contract, event.path)
        if side == "frontend":
            advice = "Events go from the worker to the page: move it to the worker's contract."
            walk.misfits.append(Misfit(place, "an event of the frontend's", advice))
        walk.type(event.payload, "output", place)
    if walk.misfits:
        raise ContractError(list(dict.fromkeys(walk.misfits)))
    return Survey(
        records=walk.records,
        enumerations=walk.enumerations,
        errors=walk.errors,
        directions=walk.directions,
        split=split(walk.records, walk.directions),
        warnings=tuple(_snake_case_warnings(walk.records)),
    )


def _place(contract: Contract, path: tuple[str, ...]) -> str:
    return ".".join((contract.source.module, contract.name, *path))


class _Walk:
    def __init__(self, given: Direction) -> None:
        self.given: Direction = given
        self.records: dict[type, Record] = {}
        self.enumerations: dict[type, Enumeration] = {}
        self.errors: dict[type, list[str]] = {}
        self.directions: dict[type, set[Direction]] = {}
        self.misfits: list[Misfit] = []

    def method(self, method: Method, place: str) -> None:
        answered = opposite(self.given)
        for parameter in method.parameters:
            self.given_type(parameter.type, f"{place}, parameter {parameter.name}")
        result = method.result.item if isinstance(method.result, Stream) else method.result
        self.type(result, answered, f"{place}, result")
        for error in method.errors:
            if error.data is not None:
                self.type(error.data, answered, f"{place}, @raises({error.name})")
                # A subclass without fields of its own has those of its base.
                names = self.errors.setdefault(error.data.cls, [])
                if error.name not in names:
                    names.append(error.name)

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
        match node:
            case Scalar(kind=kind):
                if kind in _REFUSED_SCALARS:
                    self.refuse(place, *_REFUSED_SCALARS[kind])
            case Choice(values=values):
                self.integers(values, place)
            case Enumeration():
                self.integers(tuple(m.value for m in node.members), place)
                self.enumerations.setdefault(node.cls, node)
            case Array(kind=kind, item=item):
                if kind in {"set", "frozenset"}:
                    self.refuse(place, kind, "Write list[…].")
                self.type(item, direction, place)
            case Tuple(items=items) | Union(members=items):
                for item in items:
                    self.type(item, direction, place)
            case Map(key=key, value=value):
                self.key(key, place)
                self.type(value, direction, place)
            case Record():
                self.record(node, direction, place)

    def record(self, record: Record, direction: Direction, place: str) -> None:
        directions = self.directions.setdefault(record.cls, set())
        if direction in directions:
            return
        directions.add(direction)
        self.records.setdefault(record.cls, record)
        if record.kind in _REFUSED_RECORDS:
            what = f"{_REFUSED_RECORDS[record.kind]} {record.name}"
            self.refuse(place, what, f"Write class {record.name}(rpc_worker.Struct).")
        if record.arguments:
            advice = "Write a Struct without type variables for each of its uses."
            self.refuse(place, f"the generic {record.name}", advice)
        for field in record.fields:
            inner = f"{record.source.module}.{record.name}.{field.name}"
            if field.unset:
                self.refuse(inner, "UNSET", f"Write {field.name}: … | None = None.")
            self.type(field.type, direction, inner)

    def key(self, node: Type, place: str) -> None:
        match node:
            case Scalar(kind=kind) if kind in _KEYS:
                return
            case Choice() | Enumeration():
                self.type(node, "output", place)
            case _:
                # `1.0` and `1` are two keys on the wire and one in JavaScript, for one.
                advice = "Write dict[str, …], or int, a Literal or an Enum as the key."
                self.refuse(place, "a dict with such keys", advice)

    def integers(self, values: tuple[str | int, ...], place: str) -> None:
        for value in values:
            if isinstance(value, int) and abs(value) > SAFE_INTEGER:
                advice = "Write it as a string: JavaScript's numbers are exact up to 2^53-1."
                self.refuse(place, f"the integer {value:d}", advice)

    def refuse(self, place: str, what: str, advice: str) -> None:
        self.misfits.append(Misfit(place, f"{what} cannot be generated yet", advice))


def _snake_case_warnings(records: dict[type, Record]) -> Iterator[str]:
    for record in records.values():
        found = [f.wire for f in record.fields if _is_snake_case(f)]
        if found and not record.array_like:
            advice = "make it an rpc_worker.Struct, which renames its fields"
            if record.kind == "struct":
                advice = 'derive the class from rpc_worker.Struct, or give it rename="camel"'
            where = f"{record.source.module}.{record.name}"
            yield f"{where}: {', '.join(found)} will be snake_case in TypeScript too; {advice}"


def _is_snake_case(field: Field) -> bool:
    return field.wire == field.name and "_" in field.wire.strip("_")
