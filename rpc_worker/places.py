"""A place in a value that came: what its path leads to, and which type is declared there.

Imported on the failure path only.
"""

from __future__ import annotations

import re
from typing import Any, Final, TypeAlias

import msgspec

from rpc_worker import schema

__all__ = [
    "UNKNOWN",
    "Node",
    "chosen",
    "enter",
    "excerpt",
    "known_members",
    "member_of",
    "show",
    "walk",
]

Node: TypeAlias = schema.Type | schema.Reference

_SHOWN: Final = 80
"""Characters of a received value that a message shows."""

_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\[\.\.\.\]")
UNKNOWN: Final = object()
"""Stands for a value whose place msgspec does not tell: which member of an object it was."""


def walk(node: Node | None, value: Any, path: str) -> tuple[Node | None, Any]:
    """Follow msgspec's path into a type and a value; None where the type cannot be followed."""
    for step in _STEP.finditer(path):
        name, index = step[1], step[2]
        if name is not None:
            node, value = enter(node, value, name)
        elif index is not None:
            node, value = enter(node, value, int(index))
        else:
            inner = chosen(node, value)
            node, value = inner.value if isinstance(inner, schema.Map) else None, UNKNOWN
    return chosen(node, value), value


def enter(node: Node | None, value: Any, step: str | int) -> tuple[Node | None, Any]:
    """Return the type and the value of a member, or an item, as far as they are known."""
    inside = value if value is UNKNOWN else value[step]
    if isinstance(step, str):
        return member_of(node, value, step), inside
    return item_of(chosen(node, value), step), inside


def chosen(node: Node | None, value: Any) -> Node | None:
    """Return the member of a union that a value is meant for, if that can be told."""
    if not isinstance(node, schema.Union) or value is None:
        return node
    members = [m for m in node.members if not schema.is_null(m)]
    if isinstance(value, dict):
        for member in members:
            if isinstance(member, schema.Record) and _has_tag(member, value):
                return member
    return members[0] if len(members) == 1 else node


def _has_tag(record: schema.Record, value: Any) -> bool:
    return record.tag_field is not None and value.get(record.tag_field) == record.tag


def member_of(node: Node | None, value: Any, name: str) -> Node | None:
    """Return the type of a member; of a tag, the choice that there is."""
    members = node.members if isinstance(node, schema.Union) else (node,)
    tags = [m.tag for m in members if isinstance(m, schema.Record) and m.tag_field == name]
    if tags:
        return schema.Choice(Any, tuple(tag for tag in tags if tag is not None))
    match chosen(node, value):
        case schema.Record(fields=fields):
            return next((field.type for field in fields if field.wire == name), None)
        case schema.Map(value=inner):
            return inner
        case _:
            return None


def item_of(node: Node | None, index: int) -> Node | None:
    """Return the type of an item of an array."""
    match node:
        case schema.Array():
            return node.item
        case schema.Tuple():
            return node.items[index] if index < len(node.items) else None
        case schema.Record(array_like=True):
            return node.fields[index].type if index < len(node.fields) else None
        case _:
            return None


def known_members(node: Node | None) -> str:
    """Return the names of a record's members, its tag among them."""
    if not isinstance(node, schema.Record):
        return ""
    tag = [] if node.tag_field is None else [node.tag_field]
    return ", ".join([*tag, *(field.wire for field in node.fields)])


def show(value: Any) -> str:
    """Return a value as a message shows it."""
    return excerpt(msgspec.json.encode(value))


def excerpt(text: bytes) -> str:
    """Return as much of a JSON text as a message shows."""
    shown = text.decode(errors="replace")
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
