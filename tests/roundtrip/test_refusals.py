"""What the page must not send does not reach the worker, whichever way it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.roundtrip.bad import BAD

if TYPE_CHECKING:
    from tests.roundtrip.page import Page

pytestmark = pytest.mark.process


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("way", ["parameter", "option", "list"])
def test_an_argument_is_refused_before_anything_is_written(page: Page, what: str, way: str) -> None:
    refusal = page.refuse(what, way)
    assert refusal.refused is not None
    assert refusal.refused.startswith("TypeError: ")
    assert BAD[what].reason in refusal.refused
    assert (refusal.writes, refusal.came, refusal.strays) == (0, {}, [])


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("way", ["stream", "callback", "page's result", "page's stream"])
def test_an_answer_says_why_there_is_none(page: Page, what: str, way: str) -> None:
    refusal = page.refuse(what, way)
    assert refusal.refused is not None
    assert BAD[what].reason in refusal.refused
    assert (refusal.came, refusal.strays) == ({}, [])


@pytest.mark.parametrize("what", BAD)
def test_an_error_loses_its_data(page: Page, what: str) -> None:
    refusal = page.refuse(what, "page's error")
    assert refusal.refused is not None
    assert "data does not fit: expected object, received null" in refusal.refused
    assert refusal.came == {}
