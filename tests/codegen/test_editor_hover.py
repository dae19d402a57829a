"""What an editor shows beside a name: what the author of the Python wrote of it.

`hover/` has the texts, as TypeScript 5 makes them. After a change that is meant, write them again,
and read the difference as those will who call the methods:

    .venv/bin/python -m tests.codegen.test_editor_hover
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.codegen.editor_project import find, gallery
from tests.codegen.tsserver import Tsserver

if TYPE_CHECKING:
    from tests.codegen.editors import Span

pytestmark = [pytest.mark.once, pytest.mark.process]

TEXTS: Final = Path(__file__).parent / "hover"

NAMES: Final = {
    "method": "worker.«photo»(",
    "method-with-options": "worker.«find»(",
    "method-deprecated": "albums.«allPhotos»(",
    "method-with-a-default": "worker.«previews»(",
    "method-of-the-window": "dialogs({ «confirm»:",
    "option": "«pageLength»: 20",
    "option-of-the-window": "{ «level» })",
    "namespace": "worker.«albums».addPhoto",
    "event": "worker.«changed».on",
    "client": "createClient(«gallery»,",
    "field": "photo.«displayName», photo.stars",
    "field-within-bounds": "photo.«stars»,",
    "field-with-an-example": "{ «text»: ",
    "field-with-a-default": "«atLeast»: 4",
    "field-deprecated": "photo.«votes»,",
    "field-of-a-generic": "found.«total»}",
    "tag": "change.«change» ===",
    "class": "const wanted: «Wanted»",
    "class-with-paragraphs": "Page<«Photo»>",
    "error": "instanceof «NoSuchPhoto»",
    "error-deprecated": "instanceof «Locked»",
    "error-code": "error.«code»}",
    "error-data": "error.«data».nearestName",
    "error-field": "error.data.«nearestName»",
    "enumeration": "«Kind».SCAN",
    "enumeration-of-numbers": "«Size».LARGE",
    "enumeration-member": "Kind.«SCAN»]",
    "new-type": "open(id: «PhotoId»)",
    "alias": "const tags: «Tags»",
}


@pytest.fixture(scope="module")
def hovers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return all_hovers(tmp_path_factory.mktemp("hover") / "project")


def all_hovers(folder: Path) -> dict[str, str]:
    gallery(folder)
    component = folder / "src" / "main.ts"
    with Tsserver(folder) as editor:
        return {name: text(editor, find(component, at)) for name, at in NAMES.items()}


def text(editor: Tsserver, at: Span) -> str:
    """Return what is shown, below each other: the type, what is said of it, and its tags."""
    shown = editor.hover(at)
    tags = [f"@{tag['name']} {tag.get('text', '')}".rstrip() for tag in shown["tags"]]
    parts = [shown["displayString"], shown["documentation"].rstrip(), "\n".join(tags)]
    return "\n\n".join(filter(None, parts)) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_it_tells(hovers: dict[str, str], name: str) -> None:
    assert hovers[name] == (TEXTS / f"{name}.txt").read_text(encoding="utf-8")


def test_there_is_no_text_of_what_is_not_asked() -> None:
    assert {path.stem for path in TEXTS.iterdir()} == {*NAMES}


if __name__ == "__main__":
    TEXTS.mkdir(exist_ok=True)
    for old in TEXTS.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory() as temporary:
        for name, shown in all_hovers(Path(temporary) / "project").items():
            (TEXTS / f"{name}.txt").write_text(shown, encoding="utf-8")
