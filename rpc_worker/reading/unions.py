"""What a union is of, and whether a decoder can tell that apart by what stands on the wire."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from rpc_worker.reading.names import spell
from rpc_worker.schema import Array, Choice, Enumeration, Map, Record, Scalar, Tuple, Union, is_null

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rpc_worker.schema import Type

__all__ = ["Clash", "clash", "flattened"]

Form: TypeAlias = "Literal['string', 'integer', 'array', 'object']"


class Clash(msgspec.Struct, frozen=True):
    """Why members cannot be told apart, and what to write instead."""

    problem: str
    advice: str


_TAGGED: Final = frozenset({"struct", "pydantic"})
"""Kinds of records that can be told apart by a tag."""


def flattened(nodes: Iterable[Type], *, keep_named: bool = False) -> tuple[Type, ...]:
    """Return what a union of nodes is of: no unions, each type once, None last.

    Args:
        nodes: As they are written.
        keep_named: Whether a union that has a name stays whole.
    """
    members: list[Type] = []
    for node in nodes:
        inner: tuple[Type, ...] = (node,)
        if isinstance(node, Union) and not (keep_named and node.alias):
            inner = (keep_named and node.written) or node.members
        members += [m for m in inner if not any(_is_same(m, known) for known in members)]
    return tuple(sorted(members, key=is_null))


def _is_same(node: Type, other: Type) -> bool:
    return node.annotation == other.annotation or (is_null(node) and is_null(other))


_STRINGS: Final = frozenset(
    {"str", "bytes", "datetime", "date", "time", "timedelta", "uuid", "decimal"}
)


def clash(members: Sequence[Type], *, within_model: bool = False) -> Clash | None:
    """Return the first reason why the members cannot be told apart.

    Args:
        members: The members, none of which is a union.
        within_model: Whether it is Pydantic that has to tell them apart.
    """
    by_form: dict[Form, list[Type]] = {}
    for member in members:
        for form in _forms(member):
            by_form.setdefault(form, []).append(member)
    if not within_model:
        reason = _alone(members)
        if reason is not None:
            return reason
    return (
        _strings_or_integers("string", by_form.get("string", []))
        or _strings_or_integers("integer", by_form.get("integer", []))
        or _records([m for m in members if isinstance(m, Record)])
        or _containers("array", by_form.get("array", []))
        or _containers("object", by_form.get("object", []))
    )


def _alone(members: Sequence[Type]) -> Clash | None:
    """Return why a member cannot be in a union of msgspec's."""
    others = len(members) - ("null" in map(_kind, members))
    for member in members:
        if _kind(member) == "raw" and len(members) > 1:
            return Clash("Raw goes with nothing else: it may be null as well", "Write msgspec.Raw.")
        if _kind(member) == "bigint" and others > 1:
            return Clash("BigInt goes with nothing but None", "Write BigInt, or BigInt | None.")
        if isinstance(member, Record) and member.kind == "pydantic" and others > 1:
            what = f"{member.name} is a Pydantic model, and goes with nothing but None here"
            return Clash(what, "Make it a field of a model, where Pydantic tells them apart.")
    return None


def _forms(node: Type) -> list[Form]:
    match node:
        case Scalar(kind="int"):
            return ["integer"]
        case Scalar(kind=kind):
            return ["string"] if kind in _STRINGS else []
        case Choice(values=values):
            texts = any(isinstance(value, str) for value in values)
            whole = any(isinstance(v, int) and not isinstance(v, bool) for v in values)
            return [*(["string"] * texts), *(["integer"] * whole)]  # type: ignore[list-item]
        case Enumeration(members=members):
            return ["string" if isinstance(members[0].value, str) else "integer"]
        case Array() | Tuple():
            return ["array"]
        case Map():
            return ["object"]
        case Record():
            return ["array" if node.array_like or node.kind == "namedtuple" else "object"]
        case _:
            return []


def _kind(node: Type) -> str:
    return node.kind if isinstance(node, Scalar) else ""


def _strings_or_integers(form: str, members: Sequence[Type]) -> Clash | None:
    # A Literal is among the strings, or integers, that a decoder compares last.
    others = [m for m in members if not (isinstance(m, Choice) or _kind(m) in {"str", "int"})]
    if len(members) < 2 or not others:
        return None
    names = " and ".join(spell(member.annotation) for member in members)
    advice = "Write one of them" + (", or str and convert it." if form == "string" else ".")
    return Clash(f"{names} are both {form}s on the wire", advice)


def _records(records: Sequence[Record]) -> Clash | None:
    structs = [record for record in records if record.kind in _TAGGED]
    if len(structs) < 2:
        return None
    names = " and ".join(record.name for record in structs)
    untagged = [record for record in structs if record.tag_field is None]
    if untagged:
        name = untagged[0].name
        advice = f'Write class {name}(Struct, tag="{name.lower()}"), and a tag for each of them.'
        if untagged[0].kind == "pydantic":
            advice = f'Write kind: Literal["{name.lower()}"] in {name}, and a kind in each of them.'
        return Clash(f"{names} cannot be told apart without a tag", advice)
    if len({record.tag_field for record in structs}) > 1:
        return Clash(f"{names} have tags in fields of different names", "Use one tag_field.")
    if len({type(record.tag) for record in structs}) > 1:
        return Clash(f"{names} have strings and integers as tags", "Use strings for all of them.")
    tag, count = Counter(record.tag for record in structs).most_common(1)[0]
    if count > 1:
        return Clash(f"{names} share the tag {tag!r}", "Give each of them a tag of its own.")
    if len({record.array_like for record in structs}) > 1:
        return Clash(f"{names} are arrays and objects", "Use array_like for all of them, or none.")
    return None


def _containers(form: str, members: Sequence[Type]) -> Clash | None:
    if len(members) < 2 or all(isinstance(m, Record) and m.kind in _TAGGED for m in members):
        return None
    names = " and ".join(spell(member.annotation) for member in members)
    return Clash(f"{names} are both {form}s on the wire", "Use Structs, with a tag for each.")
