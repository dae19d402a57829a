"""TypedDicts: what need not be there may be missing both ways."""

from __future__ import annotations

from typing import NotRequired, Protocol, Required, TypedDict


class Movie(TypedDict):
    """All but one are there."""

    title: str
    """As it was called in the cinema."""
    year: NotRequired[int]


class Filter(TypedDict, total=False):
    """None need be there, but one."""

    genre: Required[str]
    year: int | None
    cast: list[str]


class Cut(Movie, total=False):
    """With what another has."""

    minutes: float


Headers = TypedDict("Headers", {"x-token": str, "class": int})
"""Names that are none in Python."""


class Nothing(TypedDict):
    """No members at all."""


class TypedDictsAPI(Protocol):
    async def find(self, by: Filter) -> list[Movie]: ...
    async def cut(self, movie: Movie) -> Cut: ...
    async def headers(self, headers: Headers) -> Headers: ...
    async def nothing(self, nothing: Nothing) -> Nothing: ...
