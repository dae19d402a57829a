"""Any, and Raw: whatever JSON holds."""

# ruff: noqa: TC002 - annotations are evaluated at run time
# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

from typing import Any, Protocol

import msgspec

from rpc_worker import Event, Struct


class Message(Struct):
    """Holds what nobody here knows."""

    payload: Any
    raw: msgspec.Raw
    extras: dict[str, Any] = {}
    """With a default."""


class AnythingAPI(Protocol):
    said: Event[Any]

    async def echo(self, value: Any) -> Any: ...
    async def either(self, value: Any | None) -> list[Any]: ...
    async def optional(self, value: Any = None, *, more: Any = 1) -> msgspec.Raw: ...
    async def message(self, message: Message) -> Message: ...
