"""Models of Pydantic stand where a Struct may: with aliases, bounds, a discriminator, generics."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - Pydantic reads it
from typing import Annotated, Generic, Literal, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

T = TypeVar("T")


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Cat(Model):
    """A cat."""

    kind: Literal["cat"] = "cat"
    lives_left: int = Field(9, ge=0, le=9, description="How many are left.", examples=[3])


class Dog(Model):
    kind: Literal["dog"] = "dog"
    born: dt.datetime
    """When, if that is known to the second."""
    tags: set[str] = set()


class Owner(Model):
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    friends: list[Owner] = []


class Page(Model, Generic[T]):
    items: list[T]
    next_page: int | None = None


class ModelsAPI(Protocol):
    async def adopt(self, owner: Owner) -> Owner: ...
    async def cats(self, names: list[str]) -> dict[str, Cat]: ...
    async def oldest(self) -> Dog | None: ...
    async def owners(self, page: int = 0) -> Page[Owner]: ...


CONTRACTS = ("ModelsAPI",)
