"""The example, as a person uses it; the pictures taken meanwhile stand in the documentation."""

from __future__ import annotations

import hashlib
import os
import signal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.window.driving import TARGET, App, command, descendants, gone, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement

pytestmark = pytest.mark.window

SIFT = TARGET / "window" / "sift"

GARDEN = {
    "beds/north.md": "# North\n\nTomatoes along the wall, basil between them.\n",
    "beds/south.md": "# South\n\nBeans. After them, winter lettuce.\n",
    "harvest.csv": "week,plant,kilos\n31,tomatoes,4.2\n32,tomatoes,5.9\n33,beans,1.1\n",
    "letters/2026-03 seeds.txt": "Dear Ada,\nthe tomatoes you asked for are in the box.\n",
    "letters/2026-07 thanks.txt": "Dear Bo,\nyour tomatoes have won a prize.\n",
    "notes/july.md": "# July\n\n- water twice a day\n- stake the tomatoes\n",
    "notes/march.md": "# March\n\n- sow the tomatoes indoors\n",
    "recipes/tomato chutney.md": "Green ones will do.\n",
    "recipes/tomato soup.md": "Roast them first.\n",
    "shopping.txt": "string\nstakes for a dozen tomatoes\n",
    "weather.json": '{"march": {"frost": 6}}\n',
}


FOUND = [
    "harvest.csv",
    "shopping.txt",
    "north.md",
    "2026-03 seeds.txt",
    "2026-07 thanks.txt",
    "july.md",
    "march.md",
    "tomato chutney.md",
    "tomato soup.md",
]
"""Where the tomatoes are: in the order of the folders, and by their names."""


@pytest.fixture
def garden() -> Iterator[Path]:
    # Shorter than pytest's own folders, for it stands in the pictures.
    with TemporaryDirectory(prefix="ada-") as home:
        folder = Path(home, "Garden")
        for path, text in GARDEN.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        yield folder


@pytest.fixture(params=["light", "dark"])
def app(request: pytest.FixtureRequest, garden: Path) -> Iterator[App]:
    theme = {"light": "Adwaita", "dark": "Adwaita:dark"}[request.param]
    with running(SIFT, {"GTK_THEME": theme, "HOME": str(garden.parent)}) as app:
        app.until("return document.querySelector('#state').dataset.state === 'ready'")
        yield app


def element(app: App, name: str) -> WebElement:
    found: WebElement = app.driver.find_element(By.ID, name)
    return found


def text_of(app: App, name: str, expected: str) -> None:
    app.wait(lambda: element(app, name).text == expected, f"{name} says {expected}")


def names(app: App) -> list[str]:
    script = "return [...document.querySelectorAll('.hit-name')].map((name) => name.textContent)"
    found: list[str] = app.run(script)
    return found


def enter(app: App, folder: str) -> None:
    field = element(app, "folder")
    field.clear()
    field.send_keys(folder, Keys.ENTER)


def test_what_a_person_does(app: App, garden: Path, request: pytest.FixtureRequest) -> None:
    look = request.node.callspec.params["app"]
    enter(app, "~/Garden")
    text_of(app, "count", f"{len(GARDEN)} found")
    assert app.run("return document.querySelector('#folder').value") == str(garden)

    element(app, "search").send_keys("tomato")
    text_of(app, "count", "9 found")
    assert names(app) == FOUND
    marks = "return [...document.querySelectorAll('mark')].map((mark) => mark.textContent)"
    assert app.run(marks) == ["tomato", "tomato", "Tomato", *["tomato"] * 6]

    (garden / "beds" / "west.md").write_text("# West\n")
    app.until(
        "return document.querySelector('#changes .created span')?.textContent === args[0]",
        "beds/west.md",
    )
    (garden / "weather.json").write_text("{}")
    app.until(
        "return document.querySelector('#changes .changed span')?.textContent === args[0]",
        "weather.json",
    )

    element(app, "search").send_keys(*[Keys.ARROW_DOWN] * 3)
    text_of(app, "name", "north.md")
    element(app, "search").send_keys(Keys.ENTER)
    digest = hashlib.sha256(GARDEN["beds/north.md"].encode()).hexdigest()
    text_of(app, "digest", digest)
    app.screenshot(f"sift-{look}")

    element(app, "delete").click()
    app.wait(lambda: element(app, "question").is_displayed(), "a question")
    text_of(app, "question-text", "Delete north.md?")
    app.screenshot(f"sift-question-{look}")
    app.driver.find_element(By.CSS_SELECTOR, "#question button[value=no]").click()
    app.wait(lambda: not element(app, "question").is_displayed(), "no question")
    assert (garden / "beds" / "north.md").exists()

    element(app, "delete").click()
    app.wait(lambda: element(app, "question").is_displayed(), "a question")
    app.driver.find_element(By.CSS_SELECTOR, "#question button[value=yes]").click()
    text_of(app, "count", "8 found")
    assert not (garden / "beds" / "north.md").exists()

    enter(app, "~/Orchard")
    text_of(app, "problem", "There is no folder of that name.")
    app.driver.refresh()
    text_of(app, "count", f"{len(GARDEN)} found")


@pytest.mark.parametrize("app", ["light"], indirect=True)
def test_a_checksum_that_is_cancelled(app: App, garden: Path) -> None:
    with (garden / "timelapse.mov").open("wb") as film:
        film.truncate(8 << 30)  # Nothing but zeros, which take no space.
    enter(app, "~/Garden")
    element(app, "search").send_keys("timelapse", Keys.ARROW_DOWN)
    text_of(app, "count", "1 found")
    element(app, "search").send_keys(Keys.ARROW_DOWN)
    text_of(app, "name", "timelapse.mov")
    element(app, "checksum").click()
    app.until("return document.querySelector('#progress').value > 0.3")
    app.screenshot("sift-checksum")
    element(app, "cancel").click()
    text_of(app, "digest", "cancelled")
    assert not element(app, "checking").is_displayed()
    element(app, "search").clear()
    element(app, "search").send_keys("harvest")
    text_of(app, "count", "1 found")


@pytest.mark.parametrize("app", ["light"], indirect=True)
def test_more_than_anybody_reads(app: App, garden: Path) -> None:
    for number in range(3000):
        (garden / f"{number}.txt").touch()
    enter(app, "~/Garden")
    text_of(app, "count", "the first 500")
    assert len(names(app)) == 500


@pytest.mark.parametrize("app", ["light"], indirect=True)
def test_two_windows(app: App) -> None:
    enter(app, "~/Garden/beds")
    text_of(app, "count", "2 found")
    first = app.driver.current_window_handle
    element(app, "new-window").click()
    app.wait(lambda: len(app.driver.window_handles) == 2, "another window")
    (second,) = set(app.driver.window_handles) - {first}
    app.driver.switch_to.window(second)
    app.until("return document.querySelector('#state').dataset.state === 'ready'")
    enter(app, "~/Garden/recipes")
    text_of(app, "count", "2 found")
    element(app, "search").send_keys(Keys.ARROW_DOWN)
    element(app, "delete").click()
    app.wait(lambda: element(app, "question").is_displayed(), "a question")
    app.driver.switch_to.window(first)
    assert not element(app, "question").is_displayed(), "the other window is asked, not this one"
    text_of(app, "count", "2 found")


@pytest.mark.parametrize("app", ["light"], indirect=True)
def test_python_is_started_again(app: App) -> None:
    enter(app, "~/Garden")
    text_of(app, "count", f"{len(GARDEN)} found")
    (worker,) = [pid for pid in descendants(app.pid) if b"backend.py" in command(pid)]
    os.kill(worker, signal.SIGKILL)
    text_of(app, "state", "Python has ended")
    assert gone(worker)
    element(app, "start").click()
    app.until("return document.querySelector('#state').dataset.state === 'ready'")
    text_of(app, "count", f"{len(GARDEN)} found")
