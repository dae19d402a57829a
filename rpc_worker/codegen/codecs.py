"""What the generated client converts: dates, durations, bytes and big integers, wherever they are.

The runtime has a codec for each of these, and for what holds them. A type that holds none has no
codec, and costs nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from rpc_worker.codegen.directions import unnamed
from rpc_worker.codegen.syntax import (
    RESERVED_WORDS,
    WIDTH,
    free_name,
    key,
    literal,
    lower_camel,
    pascal,
)
from rpc_worker.schema import Array, Enumeration, Map, Record, Scalar, Tuple, Union, is_null

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rpc_worker.codegen.imports import Imports
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.schema import Type

_LEAVES: Final = {
    "bigint": "bigint",
    "bytes": "bytes",
    "datetime": "date",
    "timedelta": "duration",
}
"""The runtime's codecs, by the kind of scalar."""

_INDEX: Final = re.compile("0|[1-9][0-9]*")
"""What is a key without quotes, and the same text."""


class Expression(msgspec.Struct, frozen=True):
    """A codec, or what is made with one, as an expression.

    Attributes:
        opening: All of it, or what stands before its parts.
        members: Those of an object, by the text of their keys.
        argument: Of a function that has one.
        closing: What stands behind the parts.
    """

    opening: str
    members: tuple[tuple[str, Expression], ...] = ()
    argument: Expression | None = None
    closing: str = ""

    def within(self, function: str) -> Expression:
        """Return a call of a function with this as its one argument."""
        return Expression(f"{function}(", argument=self, closing=")")

    def line(self) -> str:
        """Return it on one line."""
        if self.argument is not None:
            return self.opening + self.argument.line() + self.closing
        inner = ", ".join(f"{name}: {member.line()}" for name, member in self.members)
        return self.opening + (f" {inner} " if inner else "") + self.closing

    def text(self, *, indent: str, used: int) -> str:
        """Return it on one line if it fits there, else with its parts on lines of their own.

        Args:
            indent: That of the line on which it begins.
            used: How many characters of that line are taken by what stands before and behind.
        """
        line, deeper = self.line(), f"{indent}  "
        if len(indent) + used + len(line) <= WIDTH:
            return line
        if self.argument is not None:
            inner = f"{deeper}{self.argument.text(indent=deeper, used=len(','))},\n"
        else:
            inner = "".join(
                f"{deeper}{name}: {member.text(indent=deeper, used=len(name) + len(': ,'))},\n"
                for name, member in self.members
            )
        return f"{self.opening}\n{inner}{indent}{self.closing}" if inner else line


class CodecWriter:
    """Writes codecs: expressions, and a constant for each record and each union with a name.

    Args:
        names: What the types are called, after which the constants are.
        runtime: Is asked for what the codecs are made with.
        taken: Names that are no constant's in this file.
    """

    def __init__(self, names: TypeNames, runtime: Imports, taken: Sequence[str]) -> None:
        self._names = names
        self._runtime = runtime
        self._taken = {*taken, *RESERVED_WORDS}
        self._converted: dict[int, bool] = {}
        self._constants: dict[int, str] = {}
        self._texts: dict[str, str] = {}

    def expression(self, node: Type) -> Expression | None:
        """Return the codec of a type; None if it needs none."""
        return self._expression(node) if self._is_converted(node) else None

    def constants(self) -> Iterator[str]:
        """Return the constants that the expressions so far name, sorted."""
        for name in sorted(self._texts):
            yield self._texts[name]

    def _is_converted(self, node: Type) -> bool:
        """Tell whether anything within a type is converted."""
        known = self._converted.get(id(node))
        if known is None:
            known = self._converted[id(node)] = any(map(_is_leaf, _reachable(node)))
        return known

    def _expression(self, node: Type) -> Expression:
        if isinstance(node, Record):
            return self._constant(id(node), _stem(node, self._names), lambda: self._record(node))
        alias = node.alias
        if alias is not None and isinstance(node, Tuple | Union):
            made = self._plain(unnamed(node))
            # Only what is looked at late can be named before what it names.
            return self._constant(id(alias), alias.name, lambda: made) if made.members else made
        return self._plain(node)

    def _plain(self, node: Type) -> Expression:
        match node:
            case Scalar(kind=kind):
                return Expression(self._runtime.value(_LEAVES[kind]))
            case Array(item=item):
                return self._expression(item).within(self._runtime.value("list"))
            case Map(value=value):
                return self._expression(value).within(self._runtime.value("dict"))
            case Tuple(items=items):
                return self._members({str(index): item for index, item in enumerate(items)})
            case Union(members=members):
                return self._union(members)
            case _:
                raise AssertionError(node)  # It holds nothing.

    def _record(self, record: Record) -> Expression:
        # In an array the tag comes first.
        first = 1 if record.tag_field is not None else 0
        return self._members(
            {
                str(first + index) if record.array_like else field.wire: field.type
                for index, field in enumerate(record.fields)
            }
        )

    def _members(self, members: Mapping[str, Type]) -> Expression:
        opening = f"{self._runtime.value('members')}(() => ({{"
        return Expression(opening, self._entries(members), closing="}))")

    def _entries(self, members: Mapping[str, Type]) -> tuple[tuple[str, Expression], ...]:
        return tuple(
            (_key(name), self._expression(member))
            for name, member in members.items()
            if self._is_converted(member)
        )

    def _union(self, members: Sequence[Type]) -> Expression:
        """Return the codec of a union, which is told apart by its form, or by its tag."""
        present = [m for m in members if not is_null(m)]
        if len(present) == 1:
            return self._expression(present[0])
        records = [m for m in present if isinstance(m, Record) and m.tag_field is not None]
        if len(records) == len(present):
            return self._tagged(records)
        forms: dict[str, Expression] = {}
        for member in present:
            if member in records and len(records) > 1:
                if any(map(self._is_converted, records)):
                    forms[_form(member)] = self._tagged(records)
            elif self._is_converted(member):
                forms[_form(member)] = self._expression(member)
        opening = f"{self._runtime.value('either')}(() => ({{"
        return Expression(opening, tuple(sorted(forms.items(), reverse=True)), closing="}))")

    def _tagged(self, records: Sequence[Record]) -> Expression:
        first = records[0]
        field = "0" if first.array_like else literal(first.tag_field or "")
        opening = f"{self._runtime.value('tagged')}({field}, () => ({{"
        cases = {str(record.tag): record for record in records}
        return Expression(opening, self._entries(cases), closing="}))")

    def _constant(self, identity: int, stem: str, make: Callable[[], Expression]) -> Expression:
        """Return a constant's name; it is written when it is first asked for."""
        name = self._constants.get(identity)
        if name is None:
            used = {*self._taken, *self._constants.values()}
            name = self._constants[identity] = free_name(f"{lower_camel(stem)}Codec", used)
            head = f"const {name}: {self._runtime.type('Codec')} = "
            # Named before it is made: it may hold itself.
            text = make().text(indent="", used=len(head) + len(";"))
            self._texts[name] = f"{head}{text};\n"
        return Expression(name)


def _stem(node: Type, names: TypeNames) -> str:
    """Return what a constant is called after: a class, and what it is generic over."""
    if node.alias is not None:
        return pascal(node.alias.name)
    match node:
        case Record(cls=cls, arguments=arguments):
            return names.types[cls] + "".join(_stem(argument, names) for argument in arguments)
        case Enumeration(cls=cls):
            return names.types[cls]
        case Array(item=item):
            return f"{_stem(item, names)}List"
        case Map(value=value):
            return f"{_stem(value, names)}Dict"
        case Tuple(items=parts) | Union(members=parts):
            return "".join(_stem(part, names) for part in parts)
        case Scalar(kind=kind):
            return pascal(kind)
        case _:
            return ""


def _key(name: str) -> str:
    return name if _INDEX.fullmatch(name) else key(name)


def _form(node: Type) -> str:
    """Return what tells a member of a union apart: its form in JSON."""
    match node:
        case Array() | Tuple():
            return "list"
        case Record(array_like=True):
            return "list"
        case Record() | Map():
            return "object"
        case _:
            return "text"


def _is_leaf(node: Type) -> bool:
    return isinstance(node, Scalar) and node.kind in _LEAVES


def _reachable(node: Type) -> Iterator[Type]:
    """Return a type and all types within it, each once."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        match found:
            case Array(item=item) | Map(value=item):
                waiting.append(item)
            case Tuple(items=items):
                waiting += items
            case Union(members=members):
                # Any takes in the others, and nothing is known of its values.
                if not any(isinstance(m, Scalar) and m.kind in {"any", "raw"} for m in members):
                    waiting += members
            case Record(fields=fields):
                waiting += (field.type for field in fields)
            case _:
                pass
