"""Bytes to lines, however they are cut."""

# pyright: reportPrivateUsage=false
# What is held of a line must be seen to be bounded.

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rpc_worker.lines import HEAD, LineBuffer, Oversized

if TYPE_CHECKING:
    import random

VECTORS = json.loads((Path(__file__).parent / "vectors" / "lines.json").read_text("utf-8"))
CASES = VECTORS["cases"]
NAMES = [case["name"] for case in CASES]
NO_LIMIT = 1 << 30


def read(chunks: list[bytes], *, limit: int = NO_LIMIT, end: bool = False) -> list[Any]:
    buffer = LineBuffer(limit)
    lines = [line for chunk in chunks for line in buffer.feed(chunk)]
    if end:
        lines += buffer.end()
    return [
        {"head": line.head.decode(), "length": line.length}
        if isinstance(line, Oversized)
        else line.decode()
        for line in lines
    ]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
@pytest.mark.parametrize("cut", ["as given", "whole", "byte by byte"])
def test_vector(case: dict[str, Any], cut: str) -> None:
    chunks = [chunk.encode() for chunk in case["chunks"]]
    whole = b"".join(chunks)
    if cut == "whole":
        chunks = [whole]
    elif cut == "byte by byte":
        chunks = [whole[i : i + 1] for i in range(len(whole))]
    limit, end = case.get("limit", NO_LIMIT), case.get("end", False)
    assert read(chunks, limit=limit, end=end) == case["lines"]


@given(st.binary(max_size=200), st.integers(1, 60), st.randoms(use_true_random=False))
def test_the_lines_do_not_depend_on_how_the_bytes_are_cut(
    data: bytes, limit: int, rng: random.Random
) -> None:
    cuts = sorted(rng.randrange(len(data) + 1) for _ in range(rng.randrange(8)))
    pieces = [data[i:j] for i, j in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    def lines(chunks: list[bytes]) -> list[bytes | bytearray | Oversized]:
        buffer = LineBuffer(limit)
        return [line for chunk in chunks for line in buffer.feed(chunk)] + list(buffer.end())

    assert lines(pieces) == lines([data])


def test_the_head_of_a_line_past_the_limit_is_bounded() -> None:
    buffer = LineBuffer(1_000_000)
    for _ in range(64):
        assert buffer.feed(b"x" * 65_536) == []
        assert len(buffer._partial) <= 1_000_000 + 65_536
    assert buffer.feed(b"\nnext\n") == [Oversized(b"x" * HEAD, 64 * 65_536), b"next"]


def test_a_chunk_that_is_larger_than_the_limit_is_held_to_it() -> None:
    buffer = LineBuffer(4)
    buffer.feed(b"\n")
    assert buffer.feed(b"12345\n1234\n") == [Oversized(b"1234", 5), b"1234"]
