"""From TypeScript to Python in one keystroke, as the language servers of TypeScript do it.

`editor/main.ts` is a window's code that uses the contract in `editor/gallery`.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Final

import pytest

from tests.codegen.editor_project import EDITORS, find, gallery, position
from tests.codegen.editors import Span

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.codegen.editors import Editor

pytestmark = [pytest.mark.once, pytest.mark.process]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project")
    gallery(folder)
    return folder


@pytest.fixture(scope="module")
def component(project: Path) -> Path:
    return project / "src" / "main.ts"


@pytest.fixture(scope="module", params=EDITORS)
def editor(project: Path, request: pytest.FixtureRequest) -> Generator[Editor]:
    with EDITORS[request.param](project) as opened:
        yield opened


def place(project: Path, where: str) -> Span:
    """Return the place of a name in the contract, given as `module: text with «name»`."""
    module, _, marked = where.partition(": ")
    return find(project / "python" / "gallery" / f"{module}.py", marked)


def statement(name: Span) -> Span:
    """Return what of the Python belongs to a name: a whole class, say."""
    lines = name.file.read_bytes().split(b"\n")

    def units(line: int, column: int) -> tuple[int, int]:
        return line - 1, len(lines[line - 1][:column].decode().encode("utf-16-le")) // 2

    around = [
        Span(
            name.file,
            units(node.lineno, node.col_offset),
            units(node.end_lineno or 0, node.end_col_offset or 0),
        )
        for node in ast.walk(ast.parse(name.file.read_bytes()))
        if isinstance(node, ast.stmt | ast.arg)
    ]
    return max(span for span in around if span.begin <= name.begin and name.end <= span.end)


DEFINITIONS: Final = [
    # What is offered.
    ("worker.«find»(", "api: async def «find»("),
    ("worker.albums.«addPhoto»(", "api: async def «add_photo»("),
    ("worker.«previews»(", "api: def «previews»("),
    ("worker.«albums».addPhoto", "api: «albums»: AlbumsAPI"),
    ("worker.«changed».on", "api: «changed»: Event"),
    ("{ «order»: ", "api: «order»: Literal"),
    ("«pageLength»: 20", "api: «page_length»: Annotated"),
    ("dialogs({ «confirm»:", "dialogs: async def «confirm»("),
    # Fields of what was returned.
    ("found.«total»}", "things: «total»: int"),
    ("photo.«stars»,", "photos: «stars»: Annotated"),
    ("photo.«camera».lens", "photos: «camera»: Camera"),
    ("lens?.«focalLength»", "photos: «focal_length»: float"),
    ("photo.«displayName», photo.stars", "things: «display_name»: str"),
    ("change.photo.«displayName»)", "things: «display_name»: str"),
    # Errors.
    ("Locked, «NoSuchPhoto», Size }", "errors: class «NoSuchPhoto»(RpcError"),
    ("instanceof «NoSuchPhoto»", "errors: class «NoSuchPhoto»(RpcError"),
    ("error.«code»}", "errors: class «NoSuchPhoto»(RpcError"),
    ("error.«data».nearestName", "errors: class «NoSuchPhoto»(RpcError"),
    ("error.data.«nearestName»", "errors: «nearest_name»: str | None"),
    ("(data: «NoSuchPhotoData»)", "errors: class «NoSuchPhoto»(RpcError"),
    # Types, and what is given.
    ("«Kind».SCAN", "photos: class «Kind»(Enum)"),
    ("Kind.«SCAN»]", 'photos: «SCAN» = "scan"'),
    ("Size.«LARGE»)", "photos: «LARGE» = 1600"),
    ("const wanted: «Wanted»", "photos: class «Wanted»(Struct)"),
    ("{ «text»: ", "photos: «text»: Annotated"),
    ("«kinds»: [", "photos: «kinds»: tuple"),
    ("«atLeast»: 4", "photos: «at_least»: Annotated"),
    ("found: «Page»<", "things: class «Page»(Struct"),
    ("Page<«Photo»>", "photos: class «Photo»(Thing)"),
    ("open(id: «PhotoId»)", "photos: «PhotoId» = NewType("),
    ("const tags: «Tags»", "photos: «Tags» = TypeAliasType("),
]


@pytest.mark.parametrize(("name", "where"), DEFINITIONS)
def test_a_name_leads_to_where_python_gives_it(
    editor: Editor, project: Path, component: Path, name: str, where: str
) -> None:
    found = editor.definitions(find(component, name))
    expected = place(project, where)
    # The type of an enumeration and its constant are two declarations of one class.
    assert {definition.name for definition in found} == {expected}
    whole = statement(expected)
    for definition in found:
        assert definition.whole is not None
        # A method in TypeScript begins with its name: before it, nothing can be told apart from it.
        assert definition.whole.begin in {whole.begin, expected.begin}
        assert definition.whole.end == whole.end


def test_what_makes_an_error_leads_to_its_class(
    editor: Editor, project: Path, component: Path
) -> None:
    found = editor.definitions(find(component, "new «Busy»()"))
    expected = place(project, "errors: class «Busy»(RpcError")
    # A constructor has no name that could end.
    assert {one.name._replace(end=expected.end) for one in found} == {expected}


def test_a_tag_leads_to_the_classes_that_have_it(
    editor: Editor, project: Path, component: Path
) -> None:
    found = editor.definitions(find(component, "change.«change» ==="))
    assert {definition.name for definition in found} == {
        place(project, "photos: class «Added»(Struct"),
        place(project, "photos: class «Removed»(Struct"),
    }


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("await «worker».find", "api: class «GalleryAPI»(Protocol)"),
        ("worker.«albums».addPhoto", "api: class «AlbumsAPI»(Protocol)"),
        ("photo.«camera».lens", "photos: class «Camera»(Struct)"),
        ("«asked» = ", None),
    ],
)
def test_a_value_leads_to_its_class(
    editor: Editor, project: Path, component: Path, name: str, where: str | None
) -> None:
    found = {definition.name for definition in editor.type_definitions(find(component, name))}
    if where is None:
        assert {span.file for span in found} == {project / "src/rpc/runtime/expose.ts"}
    else:
        assert found == {place(project, where)}


@pytest.mark.parametrize(
    "declared",
    [
        "  «addPhoto»(album",
        "  readonly «changed»: EventFeed",
        "export declare class «NoSuchPhoto» ",
        "  «nearestName»: string",
        "export declare const «Kind»: ",
        "  readonly «FILE»: ",
        "export interface «Page»<",
        "export type «PhotoId» =",
        "  «displayName»: string",
        "  «atLeast»?: number",
    ],
)
def test_what_is_declared_leads_to_its_uses(
    editor: Editor, project: Path, component: Path, declared: str
) -> None:
    there = find(project / "src" / "rpc" / "gallery.types.d.ts", declared)
    found = {span for span in editor.references(there) if span.file == component}
    name = re.sub(".*«|».*", "", declared)
    text = component.read_text(encoding="utf-8")
    uses = {
        Span(component, position(text, use.start()), position(text, use.end()))
        for use in re.finditer(rf"\b{name}\b", text)
    }
    assert uses
    assert found == uses


def test_what_is_deprecated_is_struck_through(editor: Editor, component: Path) -> None:
    assert editor.struck(component) == [
        find(component, "Kind, «Locked», "),
        find(component, "photo.«votes»,"),
        find(component, "instanceof «Locked»"),
        find(component, "albums.«allPhotos»("),
    ]


def test_the_component_compiles(editor: Editor, component: Path) -> None:
    assert editor.errors(component) == []
