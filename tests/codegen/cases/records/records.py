"""Dataclasses and TypedDicts, which msgspec encodes as a Struct."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NotRequired, Protocol, TypedDict


@dataclass
class Job:
    """A dataclass."""

    title: str
    steps: list[str] = field(default_factory=list[str])
    priority: int = 5
    """From 1 to 9."""


class Movie(TypedDict):
    """A TypedDict."""

    title: str
    year: NotRequired[int]


class RecordsAPI(Protocol):
    async def job(self, job: Job) -> Job: ...
    async def movie(self, movie: Movie) -> Movie: ...
