"""Where everything stands that a types file declares."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Generic, Literal, NewType, Protocol, TypedDict, TypeVar

from typing_extensions import TypeAliasType

from rpc_worker import Event, Progress, RpcError, Struct, raises
from rpc_worker.codegen.names import type_names
from rpc_worker.codegen.places import places
from rpc_worker.codegen.survey import survey
from rpc_worker.contract import read_contract

T = TypeVar("T")
UserId = NewType("UserId", int)
Way = TypeAliasType("Way", Literal["up", "down"])


class Color(Enum):
    RED = "red"
    BLUE = "blue"


class Item(Struct):
    item_name: str
    color: Color = Color.RED


class Small(Item, tag="small"):
    size: int = 0


class Page(Struct, Generic[T]):
    items: list[T]


Headers = TypedDict("Headers", {"x-token": str})


class NotFound(RpcError, code=1):  # noqa: N818 - errors of a contract have such names
    user_id: UserId


class Bare(RpcError, code=2):  # noqa: N818 - as said
    pass


class ShelfAPI(Protocol):
    shelf_changed: Event[Small]

    async def put(self, item: Item, *, at_end: bool = True) -> Page[Item]: ...


class PlacesAPI(Protocol):
    first_shelf: ShelfAPI

    @raises(NotFound, Bare)
    async def get_all(self, way: Way, progress: Progress[float]) -> Headers: ...


EXPECTED = {
    ("Places", ""): "PlacesAPI",
    ("Places", "getAll"): "get_all",
    ("Places", "firstShelf"): "first_shelf",
    ("PlacesGetAllOptions", ""): "get_all",
    ("PlacesGetAllOptions", "onProgress"): "progress",
    ("PlacesFirstShelf", ""): "ShelfAPI",
    ("PlacesFirstShelf", "put"): "put",
    ("PlacesFirstShelf", "shelfChanged"): "shelf_changed",
    ("PlacesFirstShelfPutOptions", ""): "put",
    ("PlacesFirstShelfPutOptions", "atEnd"): "at_end",
    ("Color", ""): "Color",
    ("Color", "RED"): "RED",
    ("Color", "BLUE"): "BLUE",
    # Both forms of a type come from one class.
    ("Item", ""): "Item",
    ("Item", "itemName"): "item_name",
    ("Item", "color"): "color",
    ("ItemInput", ""): "Item",
    ("ItemInput", "itemName"): "item_name",
    ("ItemInput", "color"): "color",
    # A tag is the class's, and an inherited field the base's.
    ("Small", ""): "Small",
    ("Small", "type"): "Small",
    ("Small", "itemName"): "item_name",
    ("Small", "color"): "color",
    ("Small", "size"): "size",
    ("Page", ""): "Page",
    ("Page", "items"): "items",
    ("UserId", ""): "UserId",
    ("Way", ""): "Way",
    ("NotFound", ""): "NotFound",
    ("NotFound", "code"): "NotFound",
    ("NotFound", "data"): "NotFound",
    ("NotFound", "constructor"): "NotFound",
    # The data of an error has no class of its own.
    ("NotFoundData", ""): "NotFound",
    ("NotFoundData", "userId"): "user_id",
    ("Bare", ""): "Bare",
    ("Bare", "code"): "Bare",
    ("Bare", "data"): "Bare",
    ("Bare", "constructor"): "Bare",
    # What a call has made stands where its name is given.
    ("Headers", ""): "Headers",
}


def test_everything_has_a_place_and_its_name_stands_there() -> None:
    contract = read_contract(PlacesAPI, sources=True)
    found = survey(contract)
    known = places(contract.root, found, type_names(contract, found))
    assert {key: source.name for key, source in known.items()} == EXPECTED
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    for key, source in known.items():
        assert source.file == __file__, key
        assert lines[source.line - 1][source.column :].startswith(source.name), key
