"""Names in other scripts, some of them two units of UTF-16 a character."""

# ruff: noqa: N801, N802, N803, PLC2401, RUF001, RUF002 - the names are the point
from __future__ import annotations

from enum import Enum
from typing import Protocol

import msgspec

from rpc_worker import RpcError, Struct, raises


class Größe(Struct):
    """Wie groß etwas ist: ≤ 2^53 − 1."""

    höhe: float
    breite_in_mm: int = 1
    """In mm; 𝒳 und 🎉 sind keine Namen."""


class 写真(Struct):
    """写真。"""

    名前: str
    𐐀𐐁: int = 0
    emoji: str = msgspec.field(default="🎉", name="🎉")


class Цвет(Enum):
    КРАСНЫЙ = "красный"
    𐐂 = "𐐪"


class 𐐃Error(RpcError, code=1):
    """𐐃🎉."""

    причина: str


class UnicodeNamesAPI(Protocol):
    """Contrat d'été."""

    async def größe(self, 写: 写真, *, ñandú: int = 1) -> Größe: ...
    @raises(𐐃Error)
    async def 𐐄(self, 𐐅: Цвет) -> 写真: ...
