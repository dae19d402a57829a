"""Two workers and the page that both call, in one folder: what is shared is in each file."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Protocol

from rpc_worker import Event, RpcError, Struct, raises


class Level(Enum):
    INFO = "info"
    ERROR = "error"


class Message(Struct):
    """Goes every way."""

    text: str
    level: Level = Level.INFO
    sent: dt.datetime | None = None


class Denied(RpcError, code=4003):  # noqa: N818 - errors of a contract have such names
    """Somebody said no."""

    letter: Message


class MailAPI(Protocol):
    """Reads mail."""

    arrived: Event[Message]

    @raises(Denied)
    async def send(self, message: Message) -> dt.datetime: ...


class ArchiveAPI(Protocol):
    """Keeps mail."""

    @raises(Denied)
    async def keep(self, messages: list[Message]) -> int: ...


class WindowAPI(Protocol):
    """Shows mail, whichever worker asks."""

    @raises(Denied)
    async def confirm(self, message: Message) -> bool: ...
    async def notify(self, message: Message) -> None: ...


CONTRACTS = ("MailAPI", "ArchiveAPI")
FRONTEND = "WindowAPI"
