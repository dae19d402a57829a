"""Types that hold themselves, and each other."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from typing import Protocol, TypedDict

from rpc_worker import Struct


class Folder(Struct, tag="folder"):
    name: str
    entries: list[Folder | File]


class File(Struct, tag="file"):
    name: str
    changed: dt.datetime
    folder: Folder | None = None


class Comment(TypedDict):
    text: str
    answers: list[Comment]


class Chain(Struct, array_like=True):
    """Itself at the end of an array."""

    link: str
    rest: Chain | None = None


class RecursionAPI(Protocol):
    async def walk(self, folder: Folder) -> Folder: ...
    async def find(self, name: str) -> Folder | File | None: ...
    async def comment(self, comment: Comment) -> Comment: ...
    async def chain(self, chain: Chain) -> Chain: ...
