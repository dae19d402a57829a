"""Tuples: of a length that is known, of any length, and of none."""

from __future__ import annotations

from typing import Protocol

from rpc_worker import Struct


class Box(Struct):
    corners: tuple[tuple[float, float], tuple[float, float]]
    """Upper left and lower right."""
    colors: tuple[str, ...] = ()


class TuplesAPI(Protocol):
    async def pair(self, pair: tuple[int, str]) -> tuple[str, int | None, list[bool]]: ...
    async def many(self, numbers: tuple[int, ...]) -> tuple[tuple[str, float], ...]: ...
    async def none(self, nothing: tuple[()]) -> tuple[()]: ...
    async def one(self, box: tuple[Box]) -> tuple[Box | None]: ...
