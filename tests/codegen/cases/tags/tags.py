"""Tagged unions: every kind of tag, and what it makes of a type."""

from __future__ import annotations

from typing import Protocol

import msgspec

from rpc_worker import Event, Struct


class Started(Struct, tag=True):
    """Its tag is its name."""

    at: float


class Stopped(Struct, tag=True):
    reason: str | None = None


class Base(Struct, tag_field="kind", tag=str.lower):
    """Its tag is made of the name of each that inherits from it."""

    id: int


class Cat(Base):
    lives: int


class Dog(Base):
    barks: bool = True


class Get(msgspec.Struct, tag_field="op-code", tag=1):
    """Its tag is a number, under a name that is none."""

    path: str


class Put(msgspec.Struct, tag_field="op-code", tag=2):
    path: str
    content: str = ""


class Move(msgspec.Struct, array_like=True, tag="m"):
    """An array that begins with its tag."""

    x: float
    y: float


class Line(msgspec.Struct, array_like=True, tag="l"):
    points: list[Move]
    closed: bool = False


class Alone(Struct, tag="alone"):
    """A tag that nothing has to be told apart from."""

    value: int


class Empty(Struct, tag="empty"):
    """Nothing but a tag."""


class TagsAPI(Protocol):
    changed: Event[Started | Stopped]

    async def pet(self, pet: Cat | Dog) -> list[Cat | Dog]: ...
    async def send(self, command: Get | Put) -> Get | Put | None: ...
    async def draw(self, path: list[Move | Line]) -> Line: ...
    async def alone(self, alone: Alone | Empty | str | None) -> Alone: ...
