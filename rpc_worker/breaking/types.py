"""Two types at one place: what of the old one the new one lacks, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rpc_worker.breaking.arrays import compare_arrays
from rpc_worker.breaking.findings import Finding
from rpc_worker.breaking.objects import compare_objects
from rpc_worker.breaking.scalars import compare_scalars
from rpc_worker.breaking.shapes import described, scalar_name, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rpc_worker.breaking.documents import Schema
    from rpc_worker.breaking.findings import Flow, Place
    from rpc_worker.breaking.shapes import Shape

__all__ = ["TypeComparison"]


class TypeComparison:
    """Compares what may stand at one place of a method, and within it.

    A type that occurs again, perhaps within itself, is not compared again: what is different in it
    has been said.

    Args:
        old: The types with a name, of the old document.
        new: The same of the new one.
        flow: Where the values go.
    """

    def __init__(self, old: Mapping[str, Schema], new: Mapping[str, Schema], flow: Flow) -> None:
        self.flow: Flow = flow
        self._old = old
        self._new = new
        self._compared: set[tuple[str, str, str]] = set()

    def compare(self, old: Schema, new: Schema, place: Place) -> Iterator[Finding]:
        """Return the differences of two schemas."""
        olds, news = _joined(shapes(old, self._old)), _joined(shapes(new, self._new))
        if _has_one_object(news):
            # A decoder needs no tag where there is nothing to tell apart. Clients give it always.
            olds = _without_need_of_tag(olds) if _has_one_object(olds) else olds
            news = _without_need_of_tag(news)
        kinds, kinds_now = ({shape.kind for shape in found} for found in (olds, news))
        was, now = described(olds, self._old), described(news, self._new)
        if was == now and kinds != kinds_now:
            # One class can be an object and an array.
            was, now = (" or ".join(shape.kind for shape in found) for found in (olds, news))
        if "any" in kinds | kinds_now:
            if "any" not in kinds_now:
                text = f"{place} can only be {now} now"
                yield Finding(text, giving="that give anything else are refused")
            elif "any" not in kinds:
                yield Finding(f"{place} can be anything now", taking=f"expect {was}")
            return
        if not kinds & kinds_now:
            yield _replaced(place, was, now)
            return
        pairs, gone, added = _matched(olds, news)
        for shape in gone:
            text = f"{place} can be {described([shape], self._old)} no longer"
            yield Finding(text, giving="that give it are refused")
        for shape in added:
            text = f"{place} can be {described([shape], self._new)} now"
            yield Finding(text, taking="do not expect it")
        for one, other in pairs:
            yield from self._compare_shapes(one, other, place)

    def _compare_shapes(self, old: Shape, new: Shape, place: Place) -> Iterator[Finding]:
        if old.name and new.name:
            # One enumeration can have values of two kinds.
            pair = (old.kind, old.name, new.name)
            if pair in self._compared:
                return
            self._compared.add(pair)
        match old.kind:
            case "number" | "text":
                yield from compare_scalars(old, new, place)
            case "array":
                yield from compare_arrays(self, old.schema, new.schema, place)
            case "object" if ("properties" in old.schema) != ("properties" in new.schema):
                yield _replaced(place, described([old], self._old), described([new], self._new))
            case "object":
                yield from compare_objects(self, old.schema, new.schema, place)
            case _:
                return


def _replaced(place: Place, was: str, now: str) -> Finding:
    text = f"{place} is {now} now, and was {was}"
    return Finding(text, giving=f"that give {was} are refused", taking=f"expect {was}")


def _joined(found: Iterator[Shape]) -> list[Shape]:
    """Return the alternatives without an int beside a float, which takes it."""
    alternatives = list(found)
    if any(shape.kind == "number" and shape.schema == {"type": "number"} for shape in alternatives):
        return [shape for shape in alternatives if shape.schema.get("type") != "integer"]
    return alternatives


def _has_one_object(found: Sequence[Shape]) -> bool:
    return sum(shape.kind == "object" for shape in found) == 1


def _without_need_of_tag(found: Sequence[Shape]) -> list[Shape]:
    without: list[Shape] = []
    for shape in found:
        needed = shape.schema.get("required", [])
        rest = [name for name in needed if shape.tag is None or name != shape.tag[0]]
        without.append(msgspec.structs.replace(shape, schema={**shape.schema, "required": rest}))
    return without


def _matched(
    olds: Sequence[Shape], news: Sequence[Shape]
) -> tuple[list[tuple[Shape, Shape]], list[Shape], list[Shape]]:
    """Return which alternative of one type is which of the other, and what is left of both."""
    gone, added = list(olds), list(news)
    pairs: list[tuple[Shape, Shape]] = []
    for is_same in (_is_told_alike, _is_named_alike, _is_of_one_kind):
        for old in [*gone]:
            fitting = [new for new in added if is_same(old, new)]
            rivals = [other for other in gone if is_same(other, old)]
            if len(fitting) == len(rivals) == 1:
                pairs.append((old, fitting[0]))
                gone.remove(old)
                added.remove(fitting[0])
    return pairs, gone, added


def _is_told_alike(one: Shape, other: Shape) -> bool:
    """Whether the same on the wire tells both from the alternatives that each has."""
    if one.kind != other.kind:
        return False
    if one.kind in {"number", "text"}:
        return scalar_name(one) == scalar_name(other)
    return one.kind != "object" or (one.tag is not None and one.tag == other.tag)


def _is_named_alike(one: Shape, other: Shape) -> bool:
    return one.kind == other.kind and bool(one.name) and one.name == other.name


def _is_of_one_kind(one: Shape, other: Shape) -> bool:
    return one.kind == other.kind
