"""One page and one worker for all of these tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.roundtrip.page import Page
from tests.roundtrip.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="session")
def page(project: Project) -> Iterator[Page]:
    page = Page(project)
    yield page
    page.close()
