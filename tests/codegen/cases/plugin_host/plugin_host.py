"""Runs plugins, which ask the window for what only it can do."""

# ruff: noqa: TC002, TC003 - annotations are evaluated at run time
# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from enum import Enum
from typing import Any, Literal, NewType, Protocol, TypedDict

import msgspec

from rpc_worker import Event, Progress, RpcError, Struct, raises

PluginId = NewType("PluginId", str)


class Permission(Enum):
    """What a plugin may be allowed."""

    FILES = "files"
    """Read and write files."""
    NETWORK = "network"
    CLIPBOARD = "clipboard"


class Manifest(TypedDict, total=False):
    """What a plugin says of itself, in its own `plugin.json`."""

    description: str
    homepage: str
    permissions: list[Permission]


class Plugin(Struct):
    """A plugin that is installed."""

    id: PluginId
    version: tuple[int, int, int]
    enabled: bool
    manifest: Manifest
    settings: dict[str, Any] = {}


class TextInput(Struct, tag_field="kind", tag="text"):
    label: str
    value: str = ""


class Toggle(Struct, tag_field="kind", tag="toggle"):
    label: str
    on: bool = False


class Group(Struct, tag_field="kind", tag="group"):
    """Others within a frame."""

    title: str
    controls: list[TextInput | Toggle | Group]


class Crashed(RpcError, code=5000):  # noqa: N818 - errors of a contract have such names
    """The plugin raised an exception."""

    plugin: PluginId
    traceback: str


class Refused(RpcError, code=4003):  # noqa: N818 - as said
    """The person does not allow it."""

    permission: Permission


class StoreAPI(Protocol):
    """What can be installed."""

    def search(self, text: str) -> AsyncIterator[Manifest]: ...
    @raises(Refused)
    async def install(self, url: str, progress: Progress[float | None]) -> Plugin: ...


class PluginHostAPI(Protocol):
    """What the worker offers the window."""

    store: StoreAPI
    changed: Event[list[Plugin]]

    @raises(Crashed, Refused)
    async def invoke(
        self,
        plugin: PluginId,
        command: str,
        arguments: msgspec.Raw,
        *,
        limit: dt.timedelta | None = None,
    ) -> msgspec.Raw:
        """Call what a plugin offers; what that takes and gives, only the plugin knows."""
        ...

    @raises(Crashed)
    async def form(self, plugin: PluginId) -> Group: ...
    async def enable(self, plugin: PluginId, on: bool = True) -> Plugin: ...


class PluginWindowAPI(Protocol):
    """What the window offers the worker."""

    @raises(Refused)
    async def grant(
        self, plugin: Plugin, permission: Permission, *, why: str | None = None
    ) -> Literal["once", "always"]:
        """Ask the person."""
        ...

    async def show(self, form: Group, changed: Callable[[str, Any], Awaitable[bool]]) -> None: ...
    async def pick_file(self, extensions: list[str]) -> bytes | None: ...
    def keys(self) -> AsyncIterator[str]: ...


CONTRACTS = ("PluginHostAPI",)
FRONTEND = "PluginWindowAPI"
