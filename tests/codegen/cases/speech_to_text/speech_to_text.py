"""Turns speech into text, while somebody speaks and from files."""

# ruff: noqa: TC003 - annotations are evaluated at run time
# ruff: noqa: A002 - the names are the point
from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Literal, Protocol

from msgspec import Meta
from typing_extensions import TypeAliasType

from rpc_worker import Progress, RpcError, Struct, raises

Probability = Annotated[float, Meta(ge=0, le=1)]
Language = TypeAliasType("Language", Literal["de", "en", "es", "fr", "ja"])
"""What is spoken, as ISO 639-1 has it."""


class Word(Struct, array_like=True):
    """A word, when it begins and ends, and how sure it is."""

    text: str
    begin: dt.timedelta
    end: dt.timedelta
    probability: Probability = 1.0


class Segment(Struct):
    """What somebody said in one breath."""

    words: list[Word]
    speaker: str | None = None
    language: str | None = None
    """If it is another than that of the whole."""


class Partial(Struct, tag="partial"):
    """What may still become other words."""

    text: str


class Final(Struct, tag="final"):
    """What stays as it is."""

    segment: Segment


class Format(Struct):
    """What samples look like."""

    rate: Literal[8_000, 16_000, 44_100, 48_000] = 16_000
    channels: Annotated[int, Meta(ge=1, le=2)] = 1


class NoSpeech(RpcError, code=4004):  # noqa: N818 - errors of a contract have such names
    """Nobody speaks in it."""

    longest_silence: dt.timedelta


class ModelLoading(RpcError, code=4025):  # noqa: N818 - as said
    """The model is not there yet."""

    ready_in: dt.timedelta | None


class SpeechToTextAPI(Protocol):
    """Writes down what is said."""

    @raises(ModelLoading)
    def listen(
        self,
        samples: AsyncIterator[bytes],
        format: Format,
        *,
        language: Language | None = None,
        hints: list[str] = [],  # noqa: B006 - it is not changed
    ) -> AsyncIterator[Partial | Final]:
        """Write down what is said while it is said.

        Args:
            samples: Signed integers of 16 bits, the lower byte first.
            format: What they look like.
            language: What is spoken; found out if it is null.
            hints: Words that may come.
        """
        ...

    @raises(ModelLoading, NoSpeech)
    async def transcribe(
        self, path: str, heard: Callable[[Segment], None], progress: Progress[dt.timedelta]
    ) -> list[Segment]:
        """Write down what is said in a file.

        Args:
            path: The file.
            heard: Is told each segment as it is found.
            progress: How much has been heard.
        """
        ...

    async def languages(self) -> dict[Language, Probability]: ...
    async def subtitles(self, segments: list[Segment], *, width: int = 42) -> str: ...
