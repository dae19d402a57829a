"""The garbage collector rests for a while, and then goes on."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest

from rpc_worker.collecting import at_rest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def collecting() -> Iterator[None]:
    enabled = gc.isenabled()
    gc.enable()
    yield
    if not enabled:
        gc.disable()


def test_it_rests_within_however_that_ends() -> None:
    with at_rest():
        assert not gc.isenabled()
        with at_rest():
            pass
        assert not gc.isenabled(), "the outer one has not ended"
    assert gc.isenabled()
    with pytest.raises(KeyError), at_rest():
        raise KeyError
    assert gc.isenabled()


def test_what_was_made_is_not_looked_through_again() -> None:
    with at_rest():
        made = [[number] for number in range(5_000)]
    youngest = gc.get_objects(generation=0)
    assert not any(one is made for one in youngest)


def test_who_has_it_rest_has_it_rest_afterwards() -> None:
    gc.disable()
    with at_rest():
        pass
    assert not gc.isenabled()


def test_what_somebody_has_frozen_stays_so() -> None:
    gc.freeze()
    try:
        frozen = gc.get_freeze_count()
        with at_rest():
            pass
        assert gc.get_freeze_count() >= frozen > 0
    finally:
        gc.unfreeze()
