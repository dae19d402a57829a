"""A schema as the alternatives that it has, each of one kind of JSON, and in words.

Only the forms are known in which `json_schema` writes types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from rpc_worker.breaking.documents import Schema

__all__ = ["Shape", "described", "json", "scalar_name", "shapes"]

Kind: TypeAlias = Literal["any", "null", "bool", "number", "text", "array", "object"]

_KINDS: Final[dict[str, Kind]] = {
    "null": "null",
    "boolean": "bool",
    "integer": "number",
    "number": "number",
    "string": "text",
    "array": "array",
    "object": "object",
}

_NUMBERS: Final = {"integer": "int", "number": "float"}

_FORMATS: Final = {"date-time": "datetime", "duration": "timedelta"}
"""Those whose names in Python are others."""


class Shape(msgspec.Struct, frozen=True):
    """One alternative.

    Attributes:
        schema: Without references to itself; `enum` holds values of one kind.
        name: Of the type, if it has one.
    """

    kind: Kind
    schema: Schema
    name: str = ""

    @property
    def values(self) -> list[Any] | None:
        """The only values that it has, if they are told one by one."""
        return self.schema.get("enum")

    @property
    def tag(self) -> tuple[str, Any] | None:
        """The field, and its value, by which an object is told from others."""
        properties: Mapping[str, Schema] = self.schema.get("properties", {})
        return next(((n, s["const"]) for n, s in properties.items() if "const" in s), None)


def shapes(schema: Schema, components: Mapping[str, Schema], name: str = "") -> Iterator[Shape]:
    """Return the alternatives of a schema."""
    match schema:
        case {"$ref": str(ref)}:
            name = ref.rpartition("/")[2]
            yield from shapes(components[name], components, name)
        case {"allOf": [inner]}:
            yield from shapes(inner, components, name)
        case {"anyOf": members}:
            for member in members:
                yield from shapes(member, components)
        case {"const": value}:
            yield from shapes({"enum": [value]}, components, name)
        case {"enum": values}:
            texts = [value for value in values if isinstance(value, str)]
            numbers = [value for value in values if not isinstance(value, str)]
            if texts:
                yield Shape("text", {"type": "string", "enum": texts}, name)
            if numbers:
                yield Shape("number", {"type": "integer", "enum": numbers}, name)
        case {"type": kind}:
            yield Shape(_KINDS[kind], schema, name)
        case _:
            yield Shape("any", schema, name)


def described(found: Iterable[Shape], components: Mapping[str, Schema]) -> str:
    """Return alternatives as `schema.describe` does: `list of float`, `Match or null`."""
    return " or ".join(_described(shape, components) for shape in found)


def _described(shape: Shape, components: Mapping[str, Schema]) -> str:
    if shape.values is not None:
        return " or ".join(map(json, shape.values))
    match shape.kind:
        case "any":
            return "anything"
        case "number" | "text":
            return scalar_name(shape)
        case "object" | "array" if shape.name:
            return shape.name
        case "object":
            value = shape.schema.get("additionalProperties", {})
            return f"object of {described(shapes(value, components), components)}"
        case "array":
            items = shape.schema.get("items", [])
            if isinstance(items, list):
                return f"list of exactly {shape.schema['minItems']} items"
            return f"list of {described(shapes(items, components), components)}"
        case kind:
            return kind


def scalar_name(shape: Shape) -> str:
    """Return the name of a type of numbers or texts, as Python has it."""
    if shape.kind == "number":
        return _NUMBERS[shape.schema["type"]]
    if "contentEncoding" in shape.schema:
        return "bytes"
    form: str = shape.schema.get("format", "str")
    return _FORMATS.get(form, form)


def json(value: object) -> str:
    """Return a value as it is written."""
    return msgspec.json.encode(value).decode()
