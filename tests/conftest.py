"""What holds for every test of the project."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

# In continuous integration a failure must be found again with nothing but the log at hand.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("local", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")

EVERYTHING_RUNS = bool(os.environ.get("CI")) and sys.platform == "linux"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what starts processes last: the rest is quick and says more about the cause."""
    items.sort(key=lambda item: item.get_closest_marker("process") is not None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what is skipped in continuous integration on Linux, where everything can run."""
    report = yield
    if report.skipped and EVERYTHING_RUNS and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which nothing may be in this run: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Do the same for whole files."""
    report = yield
    if report.outcome == "skipped" and EVERYTHING_RUNS:
        report.outcome = "failed"
        report.longrepr = f"skipped, which nothing may be in this run: {report.longrepr}"
    return report
