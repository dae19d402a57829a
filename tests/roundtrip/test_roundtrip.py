"""Values of each type, from Python to TypeScript and back, come back as they were.

A failure shows the smallest values that Hypothesis finds, and the way on which they were lost.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.roundtrip.cases import CASES, NONE
from tests.roundtrip.equality import difference
from tests.roundtrip.strategies import Strategies

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.roundtrip.page import Came, Page
    from tests.roundtrip.project import Project

pytestmark = pytest.mark.process

SOAK: Final = "SOAK" in os.environ

WAYS: Final = (
    "result", "option", "stream", "list", "callback", "notice", "progress", "event", "error",
    "page's result", "page's option", "page's stream", "page's error",
)  # fmt: skip
"""What a value comes back from; what it comes back as is the same, or a parameter."""


@pytest.mark.parametrize("case", CASES)
def test_values_come_back(project: Project, page: Page, case: str) -> None:
    @settings(
        max_examples=150 if SOAK else 12,
        derandomize=not SOAK,
        database=None,  # It would have one place for all cases.
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.lists(Strategies().of(project.types[case]), min_size=1, max_size=6))
    def come_back(values: list[Any]) -> None:
        failures, came = page.travel(case, values)
        wrong = [f"as {way}: {why}" for way, why in failures.items()]
        if not wrong:
            assert {*came} == {*WAYS}
            wrong = [*_differences(values, came)]
        if wrong:
            raise AssertionError("\n".join(wrong))

    come_back()


def _differences(values: list[Any], came: Came) -> Iterator[str]:
    for way in WAYS:
        assert len(came[way]) == len(values)
        for index, value in enumerate(values):
            found = difference(value, came[way][index])
            if found is not None:
                yield f"as {way}: {found}"


@pytest.mark.parametrize("case", [name for name, case in CASES.items() if case.default is not NONE])
def test_an_option_that_is_left_out_is_the_default(page: Page, case: str) -> None:
    assert difference(CASES[case].default, page.leave_out(case), converted=False) is None


@pytest.mark.once
def test_what_comes_can_be_sent_back_as_it_is_typed(project: Project) -> None:
    assert project.complaints() == ""
