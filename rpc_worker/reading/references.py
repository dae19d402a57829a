"""What stands in a value's place and is none: streams, progress and callbacks.

They are parameters of a method, and a stream is a result too; wherever else they stand they are
refused as types are (`refusals`). How they cross the wire is not known here.
"""

from __future__ import annotations

import collections.abc as c
import types
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args, get_origin

from rpc_worker.progress import Progress as Reporter
from rpc_worker.reading.aliases import UnusableAlias, resolve_aliases, value_of_alias
from rpc_worker.reading.hints import Unresolved, is_hashed, is_union
from rpc_worker.reading.hints import union as union_of
from rpc_worker.reading.names import spell
from rpc_worker.schema import Callback, Progress, Stream

if TYPE_CHECKING:
    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.schema import Reference, Type

__all__ = ["BLOCKING_STREAMS", "STREAMS", "ReferenceReader", "form_of", "may_be_none"]

STREAMS: Final[frozenset[Any]] = frozenset({c.AsyncIterator, c.AsyncIterable, c.AsyncGenerator})
BLOCKING_STREAMS: Final[frozenset[Any]] = frozenset({c.Iterator, c.Iterable, c.Generator})
"""What a function that runs in a thread has for them."""

_AWAITABLE: Final[frozenset[Any]] = frozenset({c.Awaitable, c.Coroutine, types.CoroutineType})
_CALLABLE: Final[Any] = c.Callable
_ITERATOR: Final[Any] = c.Iterator
_ASYNC_ITERATOR: Final[Any] = c.AsyncIterator
_AWAITED: Final[Any] = c.Awaitable


class ReferenceReader:
    """Reads the streams, progress and callbacks of one contract."""

    def __init__(self, types: TypeReader) -> None:
        self._types = types

    def read(self, annotation: Any, place: str, *, blocking: bool) -> Reference | None:
        """Return the node of a reference; None for what is a value.

        Args:
            annotation: As it is written.
            place: Where, for misfits.
            blocking: Whether the function is its own contract and runs in a thread, where
                `Iterator` is a stream and a callback's answer is not awaited.
        """
        if isinstance(annotation, Unresolved):
            return None
        try:
            whole = resolve_aliases(annotation)
        except UnusableAlias:
            return None
        optional = _without_none(whole) is not _bare(whole)
        plain, name = _named(annotation)
        node = self._node(whole, plain, place, optional=optional, blocking=blocking)
        if node is None or name is None or self._types.names is None:
            return node
        return self._types.names.called(node, name)

    def _node(
        self, whole: Any, plain: Any, place: str, *, optional: bool, blocking: bool
    ) -> Reference | None:
        origin, arguments = get_origin(plain) or plain, get_args(plain)
        if not is_hashed(origin):
            return None
        if origin in STREAMS or origin in BLOCKING_STREAMS:
            if origin in BLOCKING_STREAMS and not blocking:
                self._refuse_blocking(plain, arguments, place)
            return Stream(whole, self._item(plain, arguments, place), optional)
        if origin is Reporter:
            return Progress(whole, self._value(plain, arguments, place))
        if origin is _CALLABLE:
            return self._callback(whole, plain, place, optional=optional, blocking=blocking)
        return None

    def _refuse_blocking(self, plain: Any, arguments: tuple[Any, ...], place: str) -> None:
        item = spell(arguments[0]) if arguments else "…"
        advice = f"Write AsyncIterator[{item}], or list[{item}] for all at once."
        self._types.refuse(place, f"{spell(plain)} is a stream that blocks", advice)

    def _item(self, plain: Any, arguments: tuple[Any, ...], place: str) -> Type:
        if not arguments:
            return self._refuse_bare(plain, place)
        if any(argument not in {None, types.NoneType} for argument in arguments[1:]):
            what = f"nothing can be sent to a stream, nor is it returned by one: {spell(plain)}"
            advice = f"Write AsyncIterator[{spell(arguments[0])}]."
            return self._types.refuse(place, what, advice)
        return self._types.read(arguments[0], place)

    def _value(self, plain: Any, arguments: tuple[Any, ...], place: str) -> Type:
        if not arguments:
            return self._refuse_bare(plain, place)
        return self._types.read(arguments[0], place)

    def _refuse_bare(self, plain: Any, place: str) -> Type:
        name = spell(plain)
        example = f"{name}[float]" if name == "Progress" else "AsyncIterator[str]"
        what = f"{name} does not say of what"
        return self._types.refuse(place, what, f"Write {example}, or what it is of.")

    def _callback(
        self, whole: Any, plain: Any, place: str, *, optional: bool, blocking: bool
    ) -> Callback:
        taken: Any
        result: Any
        taken, result = get_args(plain) or (..., ...)
        result = _expanded(result)
        if not _is_list(taken):
            what = f"{spell(plain)} does not say what it is called with"
            advice = "Write Callable[[str], Awaitable[bool]], or what it takes and answers."
            self._types.refuse(place, what, advice)
            return Callback(whole, (), None, optional)
        parameters = tuple(self._types.read(parameter, place) for parameter in taken)
        if result in {None, types.NoneType}:
            return Callback(whole, parameters, None, optional)
        origin, arguments = get_origin(result) or result, get_args(result)
        if origin in _AWAITABLE:
            answer = self._answer(result, arguments, place)
            return Callback(whole, parameters, answer, optional)
        if not blocking:
            wanted = f"Callable[{spell(taken)}, Awaitable[{spell(result)}]]"
            what = f"its answer, {spell(result)}, comes from the other side, and has to be awaited"
            self._types.refuse(place, what, f"Write {wanted}.")
        return Callback(whole, parameters, self._types.read(result, place), optional)

    def _answer(self, result: Any, arguments: tuple[Any, ...], place: str) -> Type:
        if not arguments:
            what = f"{spell(result)} does not say of what"
            return self._types.refuse(place, what, "Write Awaitable[bool], or what it answers.")
        return self._types.read(arguments[-1], place)


def form_of(node: Reference, *, threaded: bool) -> Any:
    """Return the annotation of a reference in a function that runs on the loop, or in a thread."""
    plain = _without_none(node.annotation)
    form: Any = plain
    match node:
        case Stream(item=item):
            is_blocking = (get_origin(plain) or plain) in BLOCKING_STREAMS
            if threaded or is_blocking:
                form = (_ITERATOR if threaded else _ASYNC_ITERATOR)[item.annotation]
        case Callback(parameters=parameters, result=result) if result is not None:
            taken = [parameter.annotation for parameter in parameters]
            if threaded:
                form = _CALLABLE[taken, result.annotation]
            elif get_origin(get_args(plain)[1]) not in _AWAITABLE:
                form = _CALLABLE[taken, _AWAITED[result.annotation]]
        case _:
            pass
    return union_of((form, None)) if may_be_none(node) else form


def may_be_none(node: Reference) -> bool:
    """Tell whether None was allowed in a reference's place."""
    return _without_none(node.annotation) is not _bare(node.annotation)


def _named(annotation: Any) -> tuple[Any, Any]:
    """Return an annotation without None and aliases around it, and the name that leaves, if any."""
    name = None
    while True:
        plain = _without_none(annotation)
        if plain is not _bare(annotation):
            name = None
        annotation = value_of_alias(plain)
        if annotation is plain:
            return plain, name
        name = name or plain


def _expanded(annotation: Any) -> Any:
    """Return what an alias stands for; an unusable one is refused where it is read."""
    try:
        value = value_of_alias(annotation)
    except UnusableAlias:
        return annotation
    return annotation if value is annotation else _expanded(value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _bare(annotation: Any) -> Any:
    while get_origin(annotation) is Annotated:
        annotation = annotation.__origin__
    return annotation


def _without_none(annotation: Any) -> Any:
    """Return the one other member of a union with None; else the annotation itself."""
    annotation = _bare(annotation)
    if not is_union(get_origin(annotation)):
        return annotation
    rest = [member for member in get_args(annotation) if member is not types.NoneType]
    return _bare(rest[0]) if len(rest) == 1 else annotation
