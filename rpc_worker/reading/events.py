"""An attribute of a contract as an event: what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

from rpc_worker.contract import EventType
from rpc_worker.events import Event
from rpc_worker.reading.hints import is_public
from rpc_worker.reading.names import camel, spell
from rpc_worker.schema import Source

if TYPE_CHECKING:
    from rpc_worker.reading.annotations import TypeReader

__all__ = ["is_event", "made_events", "read_event"]


def read_event(
    types: TypeReader, hint: Any, path: tuple[str, ...], owner: type, place: str
) -> EventType:
    """Read an attribute that `is_event`."""
    plain = hint.__origin__ if get_origin(hint) is Annotated else hint
    name = path[-1]
    if get_origin(plain) is Event:
        payload = types.read(get_args(plain)[0], place)
    else:
        inner = next(filter(is_event, get_args(plain)), Event)
        what = f"{spell(plain)} is more than an event, which is there and stays"
        advice = f"Write {name}: {spell(inner)}."
        if get_origin(inner) is not Event:
            what = f"{spell(plain)} does not say what it carries"
            advice = f"Write {name}: Event[str], or what it carries."
        payload = types.refuse(place, what, advice)
    said = types.sources.of(owner) if types.sources else None
    return EventType(
        wire=".".join(map(camel, path)),
        path=path,
        payload=payload,
        doc=said.doc(name) if said else "",
        source=(said and said.place(name)) or Source(owner.__module__, 0),
    )


def made_events(cls: type) -> set[str]:
    """Return the names of the events that a class makes itself, and may not have annotated."""
    return {
        name
        for owner in cls.__mro__
        for name, value in vars(owner).items()
        if isinstance(value, Event) and is_public(name, owner)
    }


def is_event(hint: Any) -> bool:
    """Tell whether an annotation is an event, or something with one, such as `Event[X] | None`."""
    if isinstance(hint, type) and issubclass(hint, Event):
        return True
    return get_origin(hint) is Event or any(map(is_event, get_args(hint)))
