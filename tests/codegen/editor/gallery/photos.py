"""What there is in a gallery."""

from enum import Enum, IntEnum
from typing import Annotated, NewType

from msgspec import Meta
from typing_extensions import TypeAliasType

from rpc_worker import Struct

from .things import Thing

PhotoId = NewType("PhotoId", int)
"""What a photo is known by, as long as it is there."""

Tags = TypeAliasType("Tags", dict[str, Annotated[int, Meta(ge=1)]])
"""How often each word was given to a photo."""


class Kind(Enum):
    """How a picture came to be."""

    FILE = "file"
    """It was copied."""
    SCAN = "scan"
    """It was on paper."""


class Size(IntEnum):
    """How wide a preview is, in pixels."""

    SMALL = 200
    LARGE = 1600


class Lens(Struct):
    focal_length: float
    """In millimetres."""


class Camera(Struct):
    """What a photo was taken with."""

    maker: str
    lens: Lens | None = None


class Photo(Thing):
    """A picture that was taken with a camera.

    Its file is never changed.
    """

    id: PhotoId
    kind: Kind
    camera: Camera
    stars: Annotated[int, Meta(ge=0, le=5, examples=[4])] = 0
    """How much people like it."""
    votes: Annotated[int, Meta(extra_json_schema={"deprecated": True})] = 0
    """How often people liked it, which `stars` tells better."""


class Wanted(Struct):
    """What to look for."""

    text: Annotated[str, Meta(min_length=1, max_length=80, examples=["red boat", "Ærø"])]
    """Words of the name, in any order."""
    kinds: tuple[Kind, ...] = ()
    """Empty for all."""
    at_least: Annotated[int, Meta(ge=0, le=5)] = 3
    """How many stars."""


class Added(Struct, tag_field="change", tag="added"):
    """A photo has come."""

    photo: Photo


class Removed(Struct, tag_field="change", tag="removed"):
    """A photo has gone, and will not come again."""

    id: PhotoId
