"""A field with a default may be left out when it is sent, and is there when it comes back."""

from __future__ import annotations

from typing import Protocol

from msgspec import field

from rpc_worker import Struct


class Settings(Struct):
    """Goes both ways, and differs."""

    theme: str
    font_size: int = 12
    """In points."""
    recent: list[str] = field(default_factory=list[str])
    parent: str | None = None


class Profile(Struct):
    """Goes both ways, and differs by what it holds."""

    name: str
    settings: Settings


class Sent(Struct):
    """Only sent."""

    count: int = 1
    settings: list[Settings] = field(default_factory=list[Settings])


class Received(Struct):
    """Only received."""

    count: int = 1
    by_name: dict[str, Profile] = field(default_factory=dict[str, Profile])


class Same(Struct):
    """Goes both ways, and is the same."""

    name: str


class Sparse(Struct, omit_defaults=True):
    """Leaves out defaults by itself."""

    name: str
    size: int = 0


class Trailing(Struct, array_like=True):
    first: int
    second: int = 2
    third: int = 3


class Node(Struct):
    """Recursive."""

    children: list[Node]
    label: str = ""


class DirectionAPI(Protocol):
    async def settings(self, settings: Settings) -> Settings: ...
    async def profile(self, profile: Profile | None) -> Profile: ...
    async def sent(self, value: Sent) -> Received: ...
    async def same(self, value: Same) -> tuple[Same, Same]: ...
    async def sparse(self, value: Sparse) -> Sparse: ...
    async def trailing(self, value: Trailing) -> Trailing: ...
    async def node(self, value: Node) -> Node: ...
