"""Dataclasses, which msgspec encodes as it does Structs: their fields keep their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class Step:
    name: str
    after: Step | None = None


@dataclass(kw_only=True)
class Job:
    """What is to be done."""

    title: str
    steps: list[Step] = field(default_factory=list[Step])
    priority: int = 5
    """From 1 to 9."""


@dataclass(kw_only=True)
class Done(Job):
    """A job that is done; with what it had before."""

    seconds: float = 0.0


class DataclassRecordsAPI(Protocol):
    async def start(self, job: Job) -> Done: ...
    async def first(self, job: Job) -> Step: ...
