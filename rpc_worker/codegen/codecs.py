"""What the generated client converts: dates, durations, bytes and big integers, wherever they are.

The runtime has a codec for each of these, and for what holds them. A type that holds none has no
codec, and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpc_worker.codegen.syntax import RESERVED_WORDS, free_name, key, listed, literal, lower_camel
from rpc_worker.schema import Array, Map, Record, Scalar, Tuple, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


class CodecWriter:
    """Writes codecs: expressions, and a constant for each record.

    Args:
        names: What the types are called, after which the constants are.
        runtime: Is asked for what the codecs are made with.
        taken: Names that are no constant's in this file.
    """

    def __init__(self, names: TypeNames, runtime: Imports, taken: Sequence[str]) -> None:
        self._names = names
        self._runtime = runtime
        self._taken = taken
        self._converted: dict[int, bool] = {}
        self._constants: dict[int, tuple[str, Record]] = {}

    def expression(self, node: Type) -> str | None:
        """Return the codec of a type as an expression; None if it needs none."""
        return self._expression(node) if self._is_converted(node) else None

    def constants(self) -> Iterator[str]:
        """Return the constants that the expressions so far name, sorted."""
        texts: dict[str, str] = {}
        # Those that are written may name others.
        while len(texts) < len(self._constants):
            for name, record in [*self._constants.values()]:
                texts.setdefault(name, self._constant(name, record))
        for name in sorted(texts):
            yield texts[name]

    def _is_converted(self, node: Type) -> bool:
        """Tell whether anything within a type is converted."""
        known = self._converted.get(id(node))
        if known is None:
            known = self._converted[id(node)] = any(map(_is_leaf, _reachable(node)))
        return known

    def _expression(self, node: Type) -> str:
        match node:
            case Scalar(kind=kind):
                return self._runtime.value(_LEAVES[kind])
            case Array(item=item):
                return f"{self._runtime.value('list')}({self._expression(item)})"
            case Map(value=value):
                return f"{self._runtime.value('dict')}({self._expression(value)})"
            case Tuple(items=items):
                entries = {str(index): item for index, item in enumerate(items)}
                return f"{self._runtime.value('members')}({_thunk(self._entries(entries))})"
            case Record():
                return self._constant_of(node)
            case Union(members=members):
                return self._union(members)
            case _:
                raise AssertionError(node)  # It holds nothing.

    def _entries(self, members: dict[str, Type]) -> list[str]:
        return [
            f"{name if name.isdecimal() else key(name)}: {self._expression(member)}"
            for name, member in members.items()
            if self._is_converted(member)
        ]

    def _union(self, members: Sequence[Type]) -> str:
        """Return the codec of a union, which is told apart by its form, or by its tag."""
        present = [m for m in members if not (isinstance(m, Scalar) and m.kind == "null")]
        records = [m for m in present if isinstance(m, Record) and m.tag_field is not None]
        tagged = self._tagged(records) if len(records) > 1 else None
        if tagged is not None and len(records) == len(present):
            return tagged
        if len(present) == 1:
            return self._expression(present[0])
        forms: dict[str, str] = {}
        for member in present:
            if self._is_converted(member):
                is_tagged = tagged is not None and member in records
                forms[_form(member)] = (is_tagged and tagged) or self._expression(member)
        entries = [f"{form}: {codec}" for form, codec in sorted(forms.items(), reverse=True)]
        return f"{self._runtime.value('either')}({_thunk(entries)})"

    def _tagged(self, records: Sequence[Record]) -> str | None:
        cases = {str(record.tag): record for record in records if self._is_converted(record)}
        if not cases:
            return None
        field = "0" if records[0].array_like else literal(records[0].tag_field or "")
        # Each record by itself: its tag is a string among others here, and may be digits.
        entries = [f"{_tag_key(tag)}: {self._expression(record)}" for tag, record in cases.items()]
        return f"{self._runtime.value('tagged')}({field}, {_thunk(entries)})"

    def _constant_of(self, record: Record) -> str:
        known = self._constants.get(id(record))
        if known is not None:
            return known[0]
        name = self._names.types[record.cls] + "".join(
            self._names.types[inner.cls]
            for argument in record.arguments
            for inner in _reachable(argument)
            if isinstance(inner, Record)
        )
        used = {*self._taken, *RESERVED_WORDS, *(taken for taken, _ in self._constants.values())}
        constant = free_name(f"{lower_camel(name)}Codec", used)
        self._constants[id(record)] = (constant, record)
        return constant

    def _constant(self, name: str, record: Record) -> str:
        # In an array the tag comes first.
        first = 1 if record.tag_field is not None else 0
        members = {
            str(first + index) if record.array_like else field.wire: field.type
            for index, field in enumerate(record.fields)
        }
        head = f"const {name}: {self._runtime.type('Codec')} = "
        opening = f"{self._runtime.value('members')}(() => ({{ "
        entries = self._entries(members)
        return head + listed(opening, entries, " }));", indent="", used=len(head)) + "\n"


def _thunk(entries: Sequence[str]) -> str:
    # Types may hold themselves: a codec looks at its parts when it is first used.
    return f"() => ({{ {', '.join(entries)} }})"


def _tag_key(tag: str) -> str:
    return tag if tag.isdecimal() and str(int(tag)) == tag else key(tag)


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
