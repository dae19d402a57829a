"""A type as JSON Schema, draft 7: what a value of it looks like on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker import schema
from rpc_worker.canonical import canonical
from rpc_worker.reading.hints import is_hashed

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Schema", "Schemas"]

Schema = dict[str, Any]


class Schemas:
    """The schemas of a document; records and enumerations are described once.

    Attributes:
        components: By name.
    """

    def __init__(self) -> None:
        self.components: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def crossing(
        self, node: schema.Type | schema.Reference, *, default: Any = msgspec.UNSET
    ) -> Schema:
        """Return the schema of a parameter or a result: of a reference, what stands for it.

        What it refers to is told beside that, under a name of ours.
        """
        match node:
            case schema.Stream():
                return _or_null(self._stream(node), optional=node.optional)
            case schema.Progress():
                return {"type": ["string", "integer", "null"], "x-progress": self.of(node.value)}
            case schema.Callback():
                return _or_null(self._callback(node), optional=node.optional)
            case _:
                return self.of(node, default=default)

    def _stream(self, node: schema.Stream) -> Schema:
        item = self.of(node.item)
        token = {"type": ["string", "integer", "null"]}
        properties = {"token": token, "values": {"type": "array", "items": item}}
        return {"type": "object", "properties": properties, "x-stream": item}

    def _callback(self, node: schema.Callback) -> Schema:
        called: Schema = {"params": [self.of(parameter) for parameter in node.parameters]}
        if node.result is not None:
            called["result"] = self.of(node.result)
        properties = {
            "__jsonrpc_marshaled": {"const": 1},
            "handle": {"type": "integer"},
            "lifetime": {"const": "call"},
        }
        required = ["__jsonrpc_marshaled", "handle"]
        described: Schema = {"type": "object", "properties": properties, "required": required}
        return described | {"x-callback": called}

    def of(self, node: schema.Type, *, default: Any = msgspec.UNSET, doc: str = "") -> Schema:
        """Return the schema of a type, with what is said of it at this place."""
        described = self._plain(node)
        said: Schema = {"description": doc} if doc else {}
        if default is not msgspec.UNSET:
            said["default"] = canonical(default)
        if said and "$ref" in described:
            # Draft 7 ignores whatever stands beside a reference.
            described = {"allOf": [described]}
        return described | said

    def _plain(self, node: schema.Type) -> Schema:
        match node:
            case schema.Scalar():
                return _SCALARS[node.kind] | _bounds(node.constraints, _LENGTHS.get(node.kind))
            case schema.Choice():
                return {"enum": list(node.values)}
            case schema.Enumeration() | schema.Record():
                return {"$ref": f"#/components/schemas/{self._component(node)}"}
            case schema.Array():
                items = {"type": "array", "items": self.of(node.item)}
                return items | _bounds(node.constraints, ("minItems", "maxItems"))
            case schema.Tuple():
                return _array([self.of(item) for item in node.items], len(node.items), closed=True)
            case schema.Map():
                members = {"type": "object", "additionalProperties": self.of(node.value)}
                keys = self._keys(node.key)
                members |= {"propertyNames": keys} if keys else {}
                return members | _bounds(node.constraints, ("minProperties", "maxProperties"))
            case schema.Union():
                return {"anyOf": [self.of(member) for member in node.members]}

    def _component(self, node: schema.Enumeration | schema.Record) -> str:
        # Two contracts that are described together read a class of both twice.
        key = node.annotation if is_hashed(node.annotation) else id(node)
        if key not in self._names:
            base = name = _name(node)
            number = 2
            while name in self.components:
                name, number = f"{base}{number}", number + 1
            self._names[key] = name
            # It may contain itself: its name must be known before its content is.
            described = self.components[name] = {"title": name}
            if node.doc:
                described["description"] = node.doc
            if node.deprecated:
                described["deprecated"] = True
            if isinstance(node, schema.Enumeration):
                described["enum"] = [member.value for member in node.members]
            else:
                described |= self._record(node)
        return self._names[key]

    def _record(self, node: schema.Record) -> Schema:
        if node.array_like:
            items = [self._field(field) for field in node.fields]
            length = sum(field.required for field in node.fields)
            if node.tag is not None:
                items.insert(0, {"const": node.tag})
                length += 1
            return _array(items, length, closed=node.forbid_unknown or node.kind == "namedtuple")
        properties = {field.wire: self._field(field) for field in node.fields}
        required = [field.wire for field in node.fields if field.required]
        if node.tag_field is not None:
            properties = {node.tag_field: {"const": node.tag}, **properties}
            required.insert(0, node.tag_field)
        described: Schema = {"type": "object", "properties": properties}
        if required:
            described["required"] = required
        if node.forbid_unknown:
            described["additionalProperties"] = False
        return described

    def _field(self, field: schema.Field) -> Schema:
        described = self.of(field.type, default=field.default, doc=field.doc)
        described |= {"examples": canonical(field.examples)} if field.examples else {}
        return described | ({"deprecated": True} if field.deprecated else {})

    def _keys(self, node: schema.Type) -> Schema:
        """Return the schema of an object's keys, which are texts whatever their type is."""
        match node:
            case schema.Scalar(kind="any"):
                return {}
            case schema.Scalar(kind="int" | "bigint"):
                return {"pattern": "^-?[0-9]+$"}
            case schema.Scalar(kind="float"):
                return {"pattern": r"^-?[0-9.]+([eE][-+]?[0-9]+)?$"}
            case schema.Choice():
                return {"enum": [str(value) for value in node.values]}
            case schema.Enumeration():
                return {"enum": [str(member.value) for member in node.members]}
            case schema.Union():
                return {"anyOf": [self._keys(member) for member in node.members]}
            case _:
                return {key: value for key, value in self.of(node).items() if key != "type"}


def _name(node: schema.Type) -> str:
    """Return a name for a component: `Page_Item` for `Page[Item]`."""
    match node:
        case schema.Record():
            return "_".join([node.name.partition("[")[0], *map(_name, node.arguments)])
        case schema.Enumeration():
            return node.name
        case schema.Scalar():
            return node.kind
        case schema.Array():
            return f"{_name(node.item)}_{node.kind}"
        case _:
            return type(node).__name__.lower()


def _or_null(described: Schema, *, optional: bool) -> Schema:
    return {"anyOf": [described, {"type": "null"}]} if optional else described


def _array(items: Sequence[Schema], required: int, *, closed: bool) -> Schema:
    described: Schema = {"type": "array", "minItems": required}
    if items:
        described["items"] = list(items)
    if closed:
        described["maxItems"] = len(items)
    return described


_SCALARS: Final[dict[str, Schema]] = {
    "any": {},
    "raw": {},
    "null": {"type": "null"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bytes": {"type": "string", "contentEncoding": "base64"},
    "bigint": {"type": "string", "pattern": "^-?[0-9]+$"},
    "datetime": {"type": "string", "format": "date-time"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time"},
    "timedelta": {"type": "string", "format": "duration"},
    "uuid": {"type": "string", "format": "uuid"},
    "decimal": {"type": "string"},
}

_LENGTHS: Final = {"str": ("minLength", "maxLength")}

_BOUNDS: Final = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "multiple_of": "multipleOf",
    "pattern": "pattern",
}


def _bounds(constraints: schema.Constraints | None, lengths: tuple[str, str] | None) -> Schema:
    if constraints is None:
        return {}
    names = dict(_BOUNDS)
    if lengths is not None:
        names |= {"min_length": lengths[0], "max_length": lengths[1]}
    found = {there: getattr(constraints, here) for here, there in names.items()}
    return {name: value for name, value in found.items() if value is not None}
