"""The types of a contract in TypeScript: expressions for all, declarations for those with names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

import msgspec

from rpc_worker.codegen.bounds import as_code, bounds, examples
from rpc_worker.codegen.directions import alias_key, may_be_absent, unnamed
from rpc_worker.codegen.docs import code, comment, deprecation, sentence
from rpc_worker.codegen.syntax import WIDTH, listed, literal, parameter_name, property_name
from rpc_worker.schema import Array, Choice, Enumeration, Map, Record, Scalar, Tuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rpc_worker.codegen.directions import Direction, Key
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.schema import Type

_SCALARS: Final = {
    "any": "unknown",
    "raw": "unknown",
    "null": "null",
    "bool": "boolean",
    "int": "number",
    "float": "number",
    "str": "string",
    "bytes": "Uint8Array",
    "bigint": "bigint",
    "datetime": "Date",
    "date": "string",
    "time": "string",
    "timedelta": "number",
    "uuid": "string",
    "decimal": "string",
}


class TypeWriter:
    """Writes types, by the names that they have in one file."""

    def __init__(self, names: TypeNames) -> None:
        self._names = names

    def expression(self, node: Type, direction: Direction) -> str:
        """Return a type, on one line."""
        if node.alias is not None:
            if node.alias.kind == "variable":
                return self._names.variables[node.alias]
            return self._names.of(alias_key(node.alias), direction)
        match node:
            case Scalar(kind="bytes") if direction == "output":
                # Not a view of memory that is shared: a Blob takes no such thing.
                return "Uint8Array<ArrayBuffer>"
            case Scalar(kind=kind):
                return _SCALARS[kind]
            case Choice() | Union():
                return " | ".join(self.alternatives(node, direction))
            case Enumeration(cls=cls):
                return self._names.of(cls, direction)
            case Record(cls=cls, arguments=arguments):
                name = self._names.of(cls, direction)
                given = ", ".join(self.expression(argument, direction) for argument in arguments)
                return f"{name}<{given}>" if given else name
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
            case Choice(values=values, alias=None):
                return [literal(value) for value in values]
            case Union(members=members, written=written, alias=None):
                named = written or members
                all_ = [a for member in named for a in self.alternatives(member, direction)]
                # `int | float` is one type in TypeScript, and Any takes in the others.
                return ["unknown"] if "unknown" in all_ else list(dict.fromkeys(all_))
            case _:
                return [self.expression(node, direction)]

    def declarations(self, found: Survey) -> dict[str, str]:
        """Return the declarations of all but the errors by name."""
        texts: dict[str, str] = {}
        for cls, enumeration in found.enumerations.items():
            texts[self._names.types[cls]] = self._enumeration(enumeration)
        for cls, record in found.records.items():
            for direction in self._forms(cls, found):
                texts[self._names.of(cls, direction)] = self._record(record, direction, found)
        for key, node in found.aliases.items():
            for direction in self._forms(key, found):
                texts[self._names.of(key, direction)] = self._alias(node, direction)
        return texts

    def _forms(self, key: Key, found: Survey) -> list[Direction]:
        """Return the directions in which a type has a form of its own."""
        if key in found.split:
            return ["input", "output"]
        return ["output" if "output" in found.directions[key] else "input"]

    def _map(self, node: Map, direction: Direction) -> str:
        value = self.expression(node.value, direction)
        match node.key:
            case Choice() | Enumeration():
                # Not every one of the keys need be there.
                return f"Partial<Record<{self.expression(node.key, direction)}, {value}>>"
            case Scalar(kind="int" | "str"):
                return f"Record<{self.expression(node.key, direction)}, {value}>"
            case _:
                # Its text on the wire, whatever it would be elsewhere.
                return f"Record<string, {value}>"

    def _alias(self, node: Type, direction: Direction) -> str:
        alias = node.alias
        assert alias is not None  # noqa: S101 - they were collected by it
        plain = unnamed(node)
        text = comment(lines(alias.doc, *bounds(plain)))
        name = self._names.of(alias_key(alias), direction)
        return text + broken(f"export type {name} =", self.alternatives(plain, direction))

    def _enumeration(self, node: Enumeration) -> str:
        """Return the type of an enumeration, and its members as a constant of the same name."""
        name = self._names.types[node.cls]
        # The same twice: editors join what is said of the type and of the constant, if it differs.
        said = comment(node.doc, [*_member_list(node), *deprecation(node.deprecated)])
        values = [literal(member.value) for member in node.members]
        text = said + broken(f"export type {name} =", values)
        text += f"\n{said}export declare const {name}: {{\n"
        for member in node.members:
            text += comment(member.doc, indent="  ")
            text += f"  readonly {property_name(member.name)}: {literal(member.value)};\n"
        return f"{text}}};\n"

    def _record(self, record: Record, direction: Direction, found: Survey) -> str:
        name = self._names.of(record.cls, direction)
        if record.arguments:
            name += f"<{', '.join(self.expression(a, direction) for a in record.arguments)}>"
        if record.cls in found.data:
            text = comment("", self._data_of(record, found))
        else:
            places = self._said_of_places(record) if record.array_like else ()
            text = comment(record.doc, [*places, *deprecation(record.deprecated)])
        if record.array_like:
            return f"{text}{self._tuple_alias(name, record, direction)}"
        if not record.fields and record.tag_field is None:
            # An empty interface would take any value at all.
            return f"{text}export type {name} = Record<string, never>;\n"
        return f"{text}export interface {name} {{\n{self._members(record, direction)}}}\n"

    def _said_of_places(self, record: Record) -> Iterator[str]:
        """Return what is said of the fields of an array: an editor shows no comment in a tuple."""
        for field in record.fields:
            said = lines(field.doc, *bounds(field.type), *examples(field.examples, self._names))
            if said:
                yield f"- {_label(field.wire, field.name)}: {sentence(said)}"

    def _data_of(self, record: Record, found: Survey) -> Iterator[str]:
        """Return what is said of the data of errors, which have no docstring of their own."""
        *others, last = (f"{{@link {self._names.errors[e]}}}" for e in found.data[record.cls])
        yield f"The `data` of {' and '.join(filter(None, (', '.join(others), last)))}."

    def _members(self, record: Record, direction: Direction) -> str:
        text = ""
        if record.tag_field is not None and record.tag is not None:
            text += f"  {property_name(record.tag_field)}: {literal(record.tag)};\n"
        for index, field in enumerate(record.fields):
            absent = may_be_absent(record, index, direction)
            said = [*bounds(field.type), *examples(field.examples, self._names)]
            tags = ["@deprecated"] if field.deprecated else []
            tags += default_tag(field.default, self._names) if absent else []
            text += comment(lines(field.doc, *said), tags, indent="  ")
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


def default_tag(default: object, names: TypeNames) -> list[str]:
    """Return the line of a comment that tells a default, if there is one that can be told."""
    text = default_text(default, names)
    return [f"@defaultValue {text}"] if text else []


def default_text(default: object, names: TypeNames) -> str:
    """Return a default between backticks; nothing if a factory makes it."""
    return "" if default is msgspec.UNSET else as_code(default, names)


def broken(head: str, alternatives: Sequence[str]) -> str:
    """Return a member or an alias: on one line if it fits, else one alternative a line."""
    line = f"{head} {' | '.join(alternatives) or 'never'};\n"
    if fits(line) or len(alternatives) < 2:
        return line
    indent = " " * (len(head) - len(head.lstrip()) + 2)
    return f"{head}\n" + "\n".join(f"{indent}| {a}" for a in alternatives) + ";\n"


def lines(doc: str, *sentences: str) -> str:
    """Return what the user says, and what we say: a paragraph of its own below many lines."""
    ours = " ".join(sentences)
    if not doc or not ours:
        return doc or ours
    return f"{doc}\n\n{ours}" if "\n" in doc else f"{sentence(doc)} {ours}"


def fits(text: str) -> bool:
    """Tell whether the last line of a text, which others may precede, is short enough."""
    return len(text.splitlines()[-1]) <= WIDTH


def _member_list(node: Enumeration) -> Iterator[str]:
    """Return what is to be said of the members: an editor shows no comment on a literal."""
    if not any(m.doc or isinstance(m.value, int) for m in node.members):
        return
    for member in node.members:
        name = f" {member.name}" if isinstance(member.value, int) else ""
        doc = f": {sentence(member.doc)}" if member.doc else ""
        yield f"- {code(literal(member.value))}{name}{doc}"


def _label(name: str, otherwise: str) -> str:
    # Not each of the reserved words can stand there, but which can is no rule to remember.
    return parameter_name(name if property_name(name) == name else otherwise, ())
