"""The types of a contract in TypeScript: expressions for all, declarations for those with names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import msgspec

from rpc_worker.codegen.directions import may_be_absent
from rpc_worker.codegen.docs import code, comment, sentence
from rpc_worker.codegen.syntax import WIDTH, listed, literal, parameter_name, property_name
from rpc_worker.schema import Array, Choice, Enumeration, Map, Record, Scalar, Tuple, Union

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.codegen.directions import Direction
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.schema import Type

_SCALARS: Final = {
    "any": "unknown",
    "null": "null",
    "bool": "boolean",
    "int": "number",
    "float": "number",
    "str": "string",
    "date": "string",
    "time": "string",
    "uuid": "string",
    "decimal": "string",
}


class TypeWriter:
    """Writes types, by the names that they have in one file."""

    def __init__(self, names: TypeNames) -> None:
        self._names = names

    def expression(self, node: Type, direction: Direction) -> str:
        """Return a type, on one line."""
        match node:
            case Scalar(kind=kind):
                return _SCALARS[kind]
            case Choice() | Union():
                return " | ".join(self.alternatives(node, direction))
            case Enumeration(cls=cls) | Record(cls=cls):
                return self._names.of(cls, direction)
            case Array(item=item):
                inner = self.expression(item, direction)
                return (
                    f"({inner})[]" if len(self.alternatives(item, direction)) > 1 else f"{inner}[]"
                )
            case Tuple(items=items):
                return f"[{', '.join(self.expression(item, direction) for item in items)}]"
            case Map():
                return self._map(node, direction)
            case _:
                assert_never(node)

    def alternatives(self, node: Type, direction: Direction) -> list[str]:
        """Return the members of a union, or the one type that it is."""
        match node:
            case Choice(values=values):
                return [literal(value) for value in values]
            case Union(members=members):
                all_ = [a for member in members for a in self.alternatives(member, direction)]
                # `int | float` is one type in TypeScript, and Any takes in the others.
                return ["unknown"] if "unknown" in all_ else list(dict.fromkeys(all_))
            case _:
                return [self.expression(node, direction)]

    def declarations(self, found: Survey) -> dict[str, str]:
        """Return all declarations by name, in the order of the names."""
        texts: dict[str, str] = {}
        for cls, enumeration in found.enumerations.items():
            texts[self._names.types[cls]] = self._enumeration(enumeration)
        for cls, record in found.records.items():
            if cls in found.split:
                texts[self._names.inputs[cls]] = self._record(record, "input", found)
            direction: Direction = "output" if "output" in found.directions[cls] else "input"
            texts[self._names.types[cls]] = self._record(record, direction, found)
        return dict(sorted(texts.items()))

    def _map(self, node: Map, direction: Direction) -> str:
        value = self.expression(node.value, direction)
        match node.key:
            case Choice() | Enumeration():
                # Not every one of the keys need be there.
                return f"Partial<Record<{self.expression(node.key, direction)}, {value}>>"
            case Scalar(kind="int"):
                return f"Record<number, {value}>"
            case _:
                return f"Record<string, {value}>"

    def _enumeration(self, node: Enumeration) -> str:
        name = self._names.types[node.cls]
        text = comment(node.doc, _member_list(node))
        return text + _alias(name, [literal(member.value) for member in node.members])

    def _record(self, record: Record, direction: Direction, found: Survey) -> str:
        name = self._names.of(record.cls, direction)
        text = comment(_record_doc(record, found))
        if record.array_like:
            return f"{text}{self._tuple_alias(name, record, direction)}"
        if not record.fields and record.tag_field is None:
            # An empty interface would take any value at all.
            return f"{text}export type {name} = Record<string, never>;\n"
        return f"{text}export interface {name} {{\n{self._members(record, direction)}}}\n"

    def _members(self, record: Record, direction: Direction) -> str:
        text = ""
        if record.tag_field is not None and record.tag is not None:
            text += f"  {property_name(record.tag_field)}: {literal(record.tag)};\n"
        for index, field in enumerate(record.fields):
            absent = may_be_absent(record, index, direction)
            tags = ["@deprecated"] if field.deprecated else []
            if absent:
                tags += default_tag(field.default)
            text += comment(field.doc, tags, indent="  ")
            head = f"  {property_name(field.wire)}{'?' if absent else ''}:"
            text += broken(head, self.alternatives(field.type, direction))
        return text

    def _tuple_alias(self, name: str, record: Record, direction: Direction) -> str:
        items: list[str] = []
        if record.tag_field is not None and record.tag is not None:
            items.append(f"{_label(record.tag_field, 'tag')}: {literal(record.tag)}")
        for index, field in enumerate(record.fields):
            mark = "?" if may_be_absent(record, index, direction) else ""
            expression = self.expression(field.type, direction)
            items.append(f"{_label(field.wire, field.name)}{mark}: {expression}")
        head = f"export type {name} = "
        return f"{head}{listed('[', items, ']', indent='', used=len(head) + 1)};\n"


def default_tag(default: object) -> list[str]:
    """Return the line of a comment that tells a default, if there is one that can be told."""
    text = default_text(default)
    return [f"@defaultValue {text}"] if text else []


def default_text(default: object) -> str:
    """Return a default as JSON between backticks; nothing if a factory makes it."""
    if default is msgspec.UNSET:
        return ""
    return code(msgspec.json.encode(default).decode())


def _alias(name: str, alternatives: Sequence[str]) -> str:
    return broken(f"export type {name} =", alternatives or ["never"])


def broken(head: str, alternatives: Sequence[str]) -> str:
    """Return a member or an alias: on one line if it fits, else one alternative a line."""
    line = f"{head} {' | '.join(alternatives)};\n"
    if fits(line) or len(alternatives) == 1:
        return line
    indent = " " * (len(head) - len(head.lstrip()) + 2)
    return f"{head}\n" + "\n".join(f"{indent}| {a}" for a in alternatives) + ";\n"


def fits(text: str) -> bool:
    """Tell whether the last line of a text, which others may precede, is short enough."""
    return len(text.splitlines()[-1]) <= WIDTH


def _member_list(node: Enumeration) -> list[str]:
    """Return what is to be said of the members: an editor shows no comment on a literal."""
    if not any(m.doc or isinstance(m.value, int) for m in node.members):
        return []
    lines: list[str] = []
    for member in node.members:
        name = f" {member.name}" if isinstance(member.value, int) else ""
        doc = f": {sentence(member.doc)}" if member.doc else ""
        lines.append(f"- {code(literal(member.value))}{name}{doc}")
    return lines


def _record_doc(record: Record, found: Survey) -> str:
    errors = found.errors.get(record.cls)
    if errors is None:
        return record.doc
    *others, last = errors
    named = f"errors {', '.join(others)} and {last}" if others else f"error {last}"
    return f"The `data` of the {named}."


def _label(name: str, otherwise: str) -> str:
    # Not each of the reserved words can stand there, but which can is no rule to remember.
    return parameter_name(name if property_name(name) == name else otherwise, ())
