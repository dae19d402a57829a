"""Tools for PDF files."""

# ruff: noqa: TC003 - annotations are evaluated at run time
from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, Protocol

from msgspec import Meta

from rpc_worker import Progress, RpcError, raises


class Paper(StrEnum):
    A4 = "a4"
    LETTER = "letter"


@dataclass
class Document:
    """What is known of a file."""

    path: str
    pages: int
    title: str | None = None
    created: dt.datetime | None = None
    encrypted: bool = False


@dataclass
class Range:
    """Pages, counted from 1."""

    first: Annotated[int, Meta(ge=1)]
    last: Annotated[int, Meta(ge=1)] | None = None
    """Null is the last page there is."""


@dataclass
class Part:
    """Some pages of a file."""

    path: str
    ranges: list[Range] = field(default_factory=list[Range])
    """All pages if there is none."""
    rotate: Literal[0, 90, 180, 270] = 0


class WrongPassword(RpcError, code=4010):  # noqa: N818 - errors of a contract have such names
    """The password does not open the file."""


class Damaged(RpcError, code=4022):  # noqa: N818 - as said
    """The file cannot be read."""

    path: str
    page: int | None


class PdfToolsAPI(Protocol):
    """Reads, cuts, joins and makes PDF files."""

    @raises(WrongPassword, Damaged)
    async def inspect(self, path: str, *, password: str | None = None) -> Document:
        """Look into a file."""
        ...

    @raises(WrongPassword, Damaged)
    async def join(
        self,
        parts: list[Part],
        to: str,
        password: Callable[[str], Awaitable[str | None]],
        progress: Progress[tuple[int, int]],
    ) -> Document:
        """Write parts of files into one file.

        Args:
            parts: In their order.
            to: The file that is written.
            password: Asks for that of a file; null gives up.
            progress: How many pages were written, and of how many.
        """
        ...

    @raises(Damaged)
    async def render(
        self, path: str, page: int, *, dpi: Annotated[int, Meta(ge=36, le=1200)] = 144
    ) -> bytes:
        """Return one page as a PNG."""
        ...

    @raises(Damaged)
    async def text(self, path: str) -> list[str]:
        """Return the text of each page."""
        ...

    async def print_html(self, html: str, *, paper: Paper = Paper.A4) -> bytes:
        """Make a file of a web page."""
        ...
