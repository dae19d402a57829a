"""What a value of a type must be in TypeScript, as JSON, for `shapes.ts` to hold values against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from rpc_worker.schema import Array, Choice, Enumeration, Map, Record, Scalar, Tuple, Union

if TYPE_CHECKING:
    from rpc_worker.schema import Type

Shape: TypeAlias = dict[str, Any]


class Shapes:
    """The shapes of types; those of records stand by themselves, since they may hold themselves.

    Attributes:
        records: By the numbers that the other shapes have for them.
    """

    def __init__(self) -> None:
        self.records: list[Shape] = []
        self._numbers: dict[int, int] = {}

    def of(self, node: Type) -> Shape:
        """Return the shape of what comes from the worker."""
        match node:
            case Scalar(kind=kind):
                return {"is": kind}
            case Choice(values=values):
                return {"is": "choice", "values": values}
            case Enumeration(members=members):
                return {"is": "choice", "values": [member.value for member in members]}
            case Array(item=item):
                return {"is": "list", "item": self.of(item)}
            case Tuple(items=items):
                return {"is": "tuple", "items": [*map(self.of, items)], "least": len(items)}
            case Map(value=value):
                return {"is": "dict", "value": self.of(value)}
            case Union(members=members):
                return {"is": "union", "members": [*map(self.of, members)]}
            case Record():
                return {"is": "record", "number": self._record(node)}

    def _record(self, node: Record) -> int:
        number = self._numbers.get(id(node))
        if number is None:
            number = self._numbers[id(node)] = len(self.records)
            self.records.append({})
            self.records[number] |= self._items(node) if node.array_like else self._members(node)
        return number

    def _members(self, node: Record) -> Shape:
        members = {field.wire: self.of(field.type) for field in node.fields}
        if node.tag_field is not None:
            members[node.tag_field] = _tag(node)
        absent = [
            field.wire
            for field in node.fields
            if field.unset
            or (not field.required and (node.omit_defaults or node.kind == "typeddict"))
        ]
        return {"is": "object", "members": members, "absent": absent}

    def _items(self, node: Record) -> Shape:
        items = [self.of(field.type) for field in node.fields]
        if node.tag_field is not None:
            items = [_tag(node), *items]
        left_out = node.omit_defaults and sum(not field.required for field in node.fields)
        return {"is": "tuple", "items": items, "least": len(items) - left_out}


def _tag(node: Record) -> Shape:
    return {"is": "choice", "values": [node.tag]}
