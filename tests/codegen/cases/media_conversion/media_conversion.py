"""Conversion of video and audio."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, Literal, NewType, Protocol

from msgspec import Meta

from rpc_worker import Event, Progress, RpcError, Struct, raises

JobId = NewType("JobId", int)


class Container(Enum):
    """What a file is written as."""

    MP4 = "mp4"
    """Plays everywhere."""
    WEBM = "webm"
    """Plays in browsers."""
    MKV = "mkv"


class Video(Struct, tag="video"):
    """A track of pictures."""

    codec: str
    width: int
    height: int
    frame_rate: float


class Audio(Struct, tag="audio"):
    """A track of sound."""

    codec: str
    channels: int
    language: str | None = None


class Subtitles(Struct, tag="subtitles"):
    """A track of text."""

    language: str


class Media(Struct):
    """What is in a file."""

    path: str
    duration: dt.timedelta
    tracks: list[Video | Audio | Subtitles]
    size: int


class Scale(Struct):
    """How large the picture becomes."""

    width: Annotated[int, Meta(gt=0, multiple_of=2)]
    height: Annotated[int, Meta(gt=0, multiple_of=2)] | None = None
    """Null keeps the form."""


class Preset(Struct):
    """How to convert."""

    container: Container = Container.MP4
    quality: Annotated[int, Meta(ge=0, le=51, description="Less is better")] = 23
    scale: Scale | None = None
    begin: dt.timedelta | None = None
    end: dt.timedelta | None = None
    tracks: list[int] | Literal["all"] = "all"


class Report(Struct):
    """How far a conversion is."""

    done: dt.timedelta
    """Of the media's time."""
    speed: float
    """How many times as fast as it plays."""


class Queued(Struct, tag="queued"):
    place: int


class Running(Struct, tag="running"):
    report: Report


class Finished(Struct, tag="finished"):
    media: Media


class Failed(Struct, tag="failed"):
    reason: str


class Unsupported(RpcError, code=4015):  # noqa: N818 - errors of a contract have such names
    """Nothing here can read that file."""

    path: str


class EncoderFailed(RpcError, code=5001):  # noqa: N818 - as said
    """The encoder ended with an error."""

    exit_code: int
    last_lines: list[str]


class MediaConversionAPI(Protocol):
    """Looks into media files, and makes others of them."""

    jobs: Event[dict[JobId, Queued | Running | Finished | Failed]]
    """All jobs, whenever one of them changes."""

    @raises(Unsupported)
    async def probe(self, path: str) -> Media: ...
    @raises(Unsupported, EncoderFailed)
    async def convert(
        self, path: str, to: str, preset: Preset, progress: Progress[Report]
    ) -> Media:
        """Convert a file, and wait for it."""
        ...

    async def enqueue(self, path: str, to: str, preset: Preset) -> JobId:
        """Convert a file when it is its turn."""
        ...

    @raises(Unsupported)
    async def frame(self, path: str, at: dt.timedelta) -> bytes:
        """Return one frame as a JPEG."""
        ...
