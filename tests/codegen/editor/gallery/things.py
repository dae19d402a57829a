"""What everything in a gallery has, and how much of it is handed over at once."""

from typing import Generic, TypeVar

from rpc_worker import Struct

Item = TypeVar("Item")


class Thing(Struct):
    """Whatever people have given a name."""

    display_name: str
    """As people call it."""


class Page(Struct, Generic[Item]):
    """A part of a long list."""

    items: list[Item]
    total: int
    """Of the whole list."""
