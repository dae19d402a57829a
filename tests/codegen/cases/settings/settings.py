"""The settings of an app: read, changed in part, and watched."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

from enum import Enum, IntEnum
from typing import Annotated, Generic, Literal, Protocol, TypeVar

import attrs
from msgspec import UNSET, Meta, UnsetType

from rpc_worker import Event, RpcError, Struct, raises

T = TypeVar("T")


class Theme(Enum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Level(IntEnum):
    """How much is logged."""

    SILENT = 0
    ERRORS = 1
    ALL = 2


class Font(Struct):
    family: str = "sans-serif"
    size: Annotated[int, Meta(ge=6, le=72)] = 14


class Proxy(Struct, tag="proxy"):
    host: str
    port: Annotated[int, Meta(gt=0, lt=65536)] = 8080


class Direct(Struct, tag="direct"):
    """No proxy at all."""


class Settings(Struct):
    """All of them."""

    theme: Theme = Theme.SYSTEM
    font: Font = Font()
    """Of the editor; the rest follows the system."""
    network: Proxy | Direct = Direct()
    log: Level = Level.ERRORS
    recent: Annotated[list[str], Meta(max_length=20)] = []
    shortcuts: dict[str, str | None] = {}
    """By command; null takes a shortcut away."""


class Change(Struct):
    """Some of them; what is not there stays."""

    theme: Theme | UnsetType = UNSET
    font: Font | UnsetType = UNSET
    network: Proxy | Direct | UnsetType = UNSET
    log: Level | UnsetType = UNSET
    recent: list[str] | UnsetType = UNSET
    shortcuts: dict[str, str | None] | UnsetType = UNSET


class Was(Struct, Generic[T]):
    """A value before and after."""

    before: T
    after: T


@attrs.define
class Origin:
    """Where a setting comes from."""

    scope: Literal["default", "user", "workspace"]
    path: str | None = None


class Invalid(RpcError, code=4022):  # noqa: N818 - errors of a contract have such names
    """The file holds what is no setting."""

    path: str
    problems: list[tuple[int, str]]
    """Lines, and what is wrong in them."""


class SettingsAPI(Protocol):
    """The settings of the app."""

    changed: Event[Was[Settings]]

    async def read(self) -> Settings:
        """Return all of them."""
        ...

    async def change(
        self, change: Change, *, scope: Literal["user", "workspace"] = "user"
    ) -> Was[Settings]:
        """Change some of them."""
        ...

    async def replace(self, settings: Settings) -> Was[Settings]:
        """Change all of them."""
        ...

    async def origins(self) -> dict[str, Origin]:
        """Tell where each comes from."""
        ...

    @raises(Invalid)
    async def load(self, path: str) -> Settings:
        """Read settings from another file."""
        ...
