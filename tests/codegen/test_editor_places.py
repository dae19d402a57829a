"""From TypeScript to Python where the way is not straight: unusual text, links, what is installed.

One project has them all, in an output folder each.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING, Final

import pytest

from tests.codegen.editor_project import EDITORS, find, generate, new_project
from tests.codegen.editors import Span
from tests.pages import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from tests.codegen.editors import Editor

pytestmark = [pytest.mark.once, pytest.mark.process]

ODD_FOLDER: Final = "py #1, 100%20 é"

ODD: Final = [
    '"""😀 begins with a byte order mark, and its lines end as on Windows."""',
    "from enum import Enum",
    "from typing import NewType, Protocol",
    "from rpc_worker import Event, RpcError, Struct, raises",
    '"é😀"; Höhe = NewType("Höhe", int)',
    "class Art(Enum):",
    '\t"é😀"; DATEI = "😀"; 𐐀 = "b"',
    'class Größe(Struct): "é😀"; höhe: Höhe; 𐐀x: int = 1; breite: int = 2; art: Art = Art.𐐀',
    'class Weg(RpcError, code=4001): "😀"; pfad: str',
    "class OddAPI(Protocol):",
    '\t"é😀"; geändert: Event[Größe]',
    "\t@raises(Weg)",
    "\tasync\tdef\tmiß_es(self, 𐐀: Größe, *, é: str = '😀', tiefe: int = 1) -> Größe: ...",
]

ODD_COMPONENT: Final = """\
import { Art, type Größe, type Höhe, type Odd, Weg } from "./odd/odd.js";

export const höhe: Höhe = 1;
export async function one(odd: Odd, größe: Größe): Promise<unknown> {
  odd.geändert.on((changed) => changed.höhe + changed.𐐀x);
  const { breite } = await odd.mißEs(größe, { tiefe: 1 });
  return new Weg({ pfad: Art.DATEI + Art.𐐀 }, `${breite}`);
}
"""

ODD_NAMES: Final = [
    ("import { «Art», ", "class «Art»(Enum)"),
    ("höhe: «Höhe» = 1", '"é😀"; «Höhe» = '),
    ("größe: «Größe»", "class «Größe»("),
    ("changed.«höhe»", '"é😀"; «höhe»: '),
    ("changed.«𐐀x»", "«𐐀x»: int"),
    ("{ «breite» }", "«breite»: int"),
    ("odd.«geändert»", '"é😀"; «geändert»: '),
    ("odd.«mißEs»(", "def\t«miß_es»("),
    ("{ «tiefe»: 1", "«tiefe»: int"),
    ("Odd, «Weg» }", "class «Weg»("),
    ("{ «pfad»: ", '"😀"; «pfad»: '),
    ("Art.«DATEI»", '"é😀"; «DATEI» = '),
    ("Art.«𐐀» }", "«𐐀» = "),
]

PLAIN: Final = """\
from typing import Protocol

class {name}API(Protocol):
    async def {method}(self) -> int: ...
"""

PARTLY: Final = """\
from typing import Protocol
from gear import Tool

class Hammer(Tool):
    weight: int

class ShopAPI(Protocol):
    async def hammer(self) -> Hammer: ...
"""

GEAR: Final = """\
from rpc_worker import Struct

class Tool(Struct):
    maker: str
"""

COMPONENT: Final = """\
import type {{ {name} }} from "./{folder}/{file}.js";

export const {method} = async ({file}: {name}): Promise<unknown> => ({file}.{method}());
"""

SHOP_COMPONENT: Final = """\
import type { Hammer, Shop } from "./installed/shop.js";

export async function look(shop: Shop): Promise<Hammer | string> {
  const hammer = await shop.hammer();
  return hammer.maker || hammer;
}
"""


def plain(name: str, method: str) -> str:
    return PLAIN.format(name=name, method=method)


def component(name: str, folder: str, method: str) -> str:
    return COMPONENT.format(name=name, folder=folder, file=name.lower(), method=method)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("places")
    files: dict[str, str | bytes] = {
        f"{ODD_FOLDER}/odd.py": "\r\n".join(["\ufeff" + ODD[0], *ODD[1:], ""]),
        "python/linked.py": plain("Linked", "ping"),
        "python/moved.py": plain("Moved", "turn"),
        "python/gone.py": plain("Gone", "leave"),
        "python/shop.py": PARTLY,
        "src/odd.ts": ODD_COMPONENT,
        "src/linked.ts": component("Linked", "linked", "ping"),
        "src/moved.ts": component("Moved", "left", "turn"),
        "src/gone.ts": component("Gone", "left", "leave"),
        "src/parts.ts": component("Parts", "installed", "count"),
        "src/shop.ts": SHOP_COMPONENT,
    }
    new_project(folder, files)
    generate(folder, "odd:OddAPI", out="../src/odd", within=ODD_FOLDER)
    generate(folder, "moved:MovedAPI", "gone:GoneAPI", out="../src/left")
    (folder / "python" / "moved.py").write_text("# All has moved.\n", encoding="utf-8")
    (folder / "python" / "gone.py").unlink()
    (folder / "shared" / "generated" / "linked").mkdir(parents=True)
    (folder / "src" / "linked").symlink_to("../shared/generated/linked")
    generate(folder, "linked:LinkedAPI", out="../src/linked")
    python = installed(folder, {"parts.py": plain("Parts", "count"), "gear.py": GEAR})
    generate(folder, "parts:PartsAPI", "shop:ShopAPI", out="../src/installed", python=python)
    return folder


def installed(folder: Path, modules: dict[str, str]) -> str:
    """Make the project's environment, with modules and all of ours installed; return its Python."""
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True, timeout=60
    )
    (packages,) = (folder / ".venv").glob("lib/python*/site-packages")
    paths = [str(CHECKOUT), sysconfig.get_path("purelib")]
    for name, text in {**modules, "ours.pth": "\n".join(paths)}.items():
        (packages / name).write_text(text, encoding="utf-8")
    return str(folder / ".venv" / "bin" / "python")


@pytest.fixture(scope="module", params=EDITORS)
def editor(project: Path, request: pytest.FixtureRequest) -> Generator[Editor]:
    with EDITORS[request.param](project) as opened:
        yield opened


@pytest.mark.parametrize(("name", "there"), ODD_NAMES)
def test_a_name_is_found_whatever_is_before_it(
    editor: Editor, project: Path, name: str, there: str
) -> None:
    found = editor.definitions(find(project / "src" / "odd.ts", name))
    expected = find(project / ODD_FOLDER / "odd.py", there)
    assert {definition.name for definition in found} == {expected}


def test_the_way_begins_where_the_folder_is_linked(editor: Editor, project: Path) -> None:
    (found,) = editor.definitions(find(project / "src" / "linked.ts", "linked.«ping»"))
    assert found.name == find(project / "python" / "linked.py", "def «ping»(")


def test_a_file_that_has_become_shorter_is_opened_at_its_end(editor: Editor, project: Path) -> None:
    (found,) = editor.definitions(find(project / "src" / "moved.ts", "moved.«turn»"))
    assert found.name == Span(project / "python" / "moved.py", (1, 0), (1, 0))


def test_a_file_that_is_gone_is_no_place_to_go_to(editor: Editor, project: Path) -> None:
    (found,) = editor.definitions(find(project / "src" / "gone.ts", "gone.«leave»"))
    assert found.name == find(project / "src" / "left" / "gone.types.d.ts", "  «leave»(")


def test_a_check_does_not_look_at_lines(project: Path) -> None:
    contract = project / "python" / "linked.py"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(f"# Further down.\n{text}", encoding="utf-8")
    try:
        generate(project, "linked:LinkedAPI", "--check", out="../src/linked")
    finally:
        contract.write_text(text, encoding="utf-8")


def test_what_is_installed_is_no_place_to_go_to(editor: Editor, project: Path) -> None:
    types = project / "src" / "installed" / "parts.types.d.ts"
    assert not types.with_name("parts.types.d.ts.map").exists()
    assert "sourceMappingURL" not in types.read_text(encoding="utf-8")
    (found,) = editor.definitions(find(project / "src" / "parts.ts", "parts.«count»"))
    assert found.name == find(types, "  «count»(")


def test_only_what_is_not_installed_is_a_place_to_go_to(editor: Editor, project: Path) -> None:
    types = project / "src" / "installed" / "shop.types.d.ts"
    (own,) = editor.definitions(find(project / "src" / "shop.ts", "«Hammer», Shop }"))
    assert own.name == find(project / "python" / "shop.py", "class «Hammer»(")
    (inherited,) = editor.definitions(find(project / "src" / "shop.ts", "hammer.«maker»"))
    assert inherited.name == find(types, "  «maker»: ")


def test_they_compile(editor: Editor, project: Path) -> None:
    components = sorted((project / "src").glob("*.ts"))
    assert [editor.errors(component) for component in components] == [[] for _ in components]
