"""`Annotated` and `msgspec.Meta`: what TypeScript has no types for stands in the comments."""

# ruff: noqa: RUF012 - msgspec copies defaults
from __future__ import annotations

import datetime as dt  # noqa: TC003 - annotations are evaluated at run time
from typing import Annotated, Protocol

from msgspec import Meta

from rpc_worker import Struct

Percent = Annotated[float, Meta(ge=0, le=100)]
Positive = Annotated[int, Meta(gt=0)]


class Photo(Struct):
    """What is demanded of its fields."""

    width: Positive
    quality: Percent = 90.0
    """How much of it is kept."""
    below: Annotated[float, Meta(lt=1)] = 0.5
    between: Annotated[int, Meta(gt=0, lt=10)] = 5
    odd: Annotated[int, Meta(ge=1, lt=10, multiple_of=2)] = 2
    code: Annotated[str, Meta(pattern=r"^[A-Z]{2}-`\d+`$", min_length=4)] = "AA-`1`"
    name: Annotated[str, Meta(min_length=1, max_length=80)] = "a"
    initial: Annotated[str, Meta(min_length=1, max_length=1)] = "a"
    raw: Annotated[bytes, Meta(max_length=1024)] = b""
    tags: Annotated[list[Annotated[str, Meta(max_length=20)]], Meta(max_length=8)] = []
    sizes: Annotated[dict[str, int], Meta(max_length=1)] = {}
    parent: Positive | None = None


class Told(Struct):
    """What is said of its fields."""

    titled: Annotated[int, Meta(title="A title")]
    described: Annotated[int, Meta(title="A title", description="A description")]
    shown: Annotated[str, Meta(examples=["one", "two */ `three`"])]
    both: Annotated[float, Meta(description="From 0 up", ge=0, examples=[0.5])]
    """A docstring goes before a description."""
    old: Annotated[int, Meta(extra_json_schema={"deprecated": True})] = 0
    zoned: Annotated[dt.datetime, Meta(tz=True)] | None = None


class ConstraintsAPI(Protocol):
    async def resize(
        self,
        photo: Photo,
        width: Positive,
        quality: Annotated[float, Meta(ge=0, le=1, description="How good")] = 0.9,
        *,
        height: Annotated[int, Meta(gt=0, examples=[600])] | None = None,
    ) -> Annotated[int, Meta(ge=0)]: ...
    async def told(self) -> Told: ...
