"""What an annotation means inside of a Pydantic model, where it is not what it means to msgspec.

It imports Pydantic, which whoever has a model has imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, get_origin

import msgspec
import pydantic
from pydantic.fields import FieldInfo

from rpc_worker.markers import BigInt
from rpc_worker.reading.bounds import bounds_of
from rpc_worker.reading.hints import is_hashed
from rpc_worker.reading.names import spell
from rpc_worker.reading.records import kind_of
from rpc_worker.schema import Array, Constraints, Map, Scalar, Union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import ScalarKind, Type

__all__ = ["SERIALIZED", "ModelTypes"]

SERIALIZED: Final = (
    "it has a serializer, and what that sends need not be what is read",
    "Declare the type that is sent, and convert it in the method.",
)
"""What is wrong with that, and what to write instead."""

_SCALARS: Final[dict[Any, tuple[ScalarKind, Constraints | None]]] = {
    pydantic.AwareDatetime: ("datetime", Constraints(tz=True)),
    pydantic.NaiveDatetime: ("datetime", Constraints(tz=False)),
    pydantic.PastDatetime: ("datetime", None),
    pydantic.FutureDatetime: ("datetime", None),
    pydantic.PastDate: ("date", None),
    pydantic.FutureDate: ("date", None),
}
"""What Pydantic has classes for that msgspec knows by other names."""

_SERIALIZERS: Final[Any] = (
    pydantic.PlainSerializer,
    pydantic.WrapSerializer,
    pydantic.SerializeAsAny,
)
_ENCODED: Final[Any] = (pydantic.EncodedBytes, pydantic.EncodedStr, pydantic.Json)
_BYTES: Final = frozenset({bytes, bytearray, memoryview})
_OURS: Final = frozenset({BigInt, msgspec.Raw, msgspec.UnsetType})
_KINDS: Final = {
    "struct": "a Struct",
    "dataclass": "a dataclass",
    "attrs": "an attrs class",
    "typeddict": "a TypedDict",
    "namedtuple": "a NamedTuple",
}


class ModelTypes:
    """Reads what is special in the fields of one model."""

    def __init__(self, types: TypeReader, cls: type[pydantic.BaseModel]) -> None:
        self._types = types
        self._cls = cls

    def part(self, written: Any, annotation: Any, place: str) -> Type | None:
        """Return the node of a part of an annotation; None if msgspec has the same.

        Args:
            written: With its aliases, if their names are wanted.
            annotation: Without them.
            place: Where it stands.
        """
        if get_origin(written) is Annotated:
            return self._annotated(annotation, self._types.part(written.__origin__, place), place)
        if not is_hashed(annotation):
            return None
        if annotation in _SCALARS:
            kind, constraints = _SCALARS[annotation]
            return Scalar(annotation, kind, constraints)
        if annotation in _BYTES and self._cls.model_config.get("val_json_bytes") != "base64":
            what = "Pydantic reads bytes as text, and not as base64"
            advice = f'Write val_json_bytes="base64" in the model_config of {self._cls.__name__}.'
            return self._types.refuse(place, what, advice)
        if annotation in _OURS:
            what = f"{spell(annotation)} is nothing that Pydantic knows"
            return self._types.refuse(place, what, "Write str, or what it is.")
        cls: Any = get_origin(annotation) or annotation
        word = _KINDS.get(kind_of(cls) or "") if isinstance(cls, type) else None
        if word is not None:
            what = f"{cls.__name__} is {word}, and stands in a Pydantic model"
            return self._types.refuse(place, what, f"Write class {cls.__name__}(BaseModel).")
        return None

    def _annotated(self, annotation: Any, node: Type, place: str) -> Type:
        bounds: dict[str, Any] = {}
        for meta in _flat(annotation.__metadata__):
            if isinstance(meta, _SERIALIZERS):
                return self._types.refuse(place, *SERIALIZED)
            if isinstance(meta, _ENCODED) or meta in _ENCODED:
                name = getattr(meta, "__name__", type(meta).__name__)
                what = f"{name} is read as text, and sent as what is in it"
                return self._types.refuse(place, what, "Write str, and decode it in the method.")
            for name in Constraints.__struct_fields__:
                value = _bound(getattr(meta, name, None))
                bounds |= {} if value is None else {name: value}
        return _bounded(node, annotation, bounds)


def _flat(metadata: Iterable[Any]) -> Iterator[Any]:
    """Return what `Annotated` says of a type to Pydantic, with what `Field(…)` says in it."""
    for meta in metadata:
        if isinstance(meta, FieldInfo):
            yield from meta.metadata
        elif not isinstance(meta, msgspec.Meta):
            yield meta


def _bound(value: Any) -> Any:
    """Return a bound as msgspec has it: a number or a pattern; None for any other."""
    value = getattr(value, "pattern", value)  # A pattern can be compiled.
    return value if isinstance(value, int | float | str) else None


def _bounded(node: Type, annotation: Any, bounds: dict[str, Any]) -> Type:
    """Return a node with those bounds that apply to it; of a union, to a member."""
    if isinstance(node, Union):
        members, written = (
            tuple(_bounded(member, member.annotation, bounds) for member in part)
            for part in (node.members, node.written)
        )
        return msgspec.structs.replace(node, members=members, written=written)
    known = {name: value for name, value in bounds.items() if name in bounds_of(node)}
    if not known or not isinstance(node, Scalar | Array | Map):
        return node
    old = {} if node.constraints is None else msgspec.structs.asdict(node.constraints)
    constraints = Constraints(**(old | known))
    return msgspec.structs.replace(node, annotation=annotation, constraints=constraints)
