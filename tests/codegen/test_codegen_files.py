"""A plan and a folder: what differs, and making them the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rpc_worker.codegen import maps
from rpc_worker.codegen.files import Difference, compare, with_maps_there, write
from rpc_worker.codegen.plan import MARK

if TYPE_CHECKING:
    from pathlib import Path

OURS = f"{MARK}a:B. Do not edit: x\n"
FILES = {"b.ts": OURS + "b\n", "runtime/index.ts": OURS + "i\n", "runtime/io/node.ts": OURS + "n\n"}
NOTHING = Difference((), (), (), ())
MAP = maps.MARK + '"version":3,"file":"b.types.d.ts"}\n'
MAPPED = FILES | {"b.types.d.ts": OURS, "b.types.d.ts.map": MAP, "b.types.js": OURS}


def tree(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text() for path in paths}


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def test_a_folder_that_is_not_there_lacks_every_file(tmp_path: Path) -> None:
    difference = compare(tmp_path / "new", FILES)
    assert difference == Difference(tuple(FILES), (), (), ())
    assert not (tmp_path / "new").exists()
    write(tmp_path / "new", FILES, difference)
    assert tree(tmp_path / "new") == FILES
    assert compare(tmp_path / "new", FILES) == NOTHING


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        ({}, NOTHING),
        ({"b.ts": OURS + "other\n"}, Difference((), ("b.ts",), (), ())),
        ({"b.ts": FILES["b.ts"].replace("\n", "\r\n")}, NOTHING),
        # An editor on Windows may put a mark in front.
        ({"b.ts": "\ufeff" + FILES["b.ts"]}, NOTHING),
        ({"b.ts": "\ufeff" + OURS + "other\n"}, Difference((), ("b.ts",), (), ())),
        ({"c.ts": OURS}, Difference((), (), ("c.ts",), ())),
        ({"c.types.d.ts": OURS}, Difference((), (), ("c.types.d.ts",), ())),
        ({"c.types.d.ts.map": MAP}, Difference((), (), ("c.types.d.ts.map",), ())),
        ({"c.types.js": OURS}, Difference((), (), ("c.types.js",), ())),
        ({"runtime/old.ts": OURS}, Difference((), (), ("runtime/old.ts",), ())),
        ({"runtime/old.js": OURS}, Difference((), (), ("runtime/old.js",), ())),
        ({"runtime/io/old.ts": OURS}, Difference((), (), ("runtime/io/old.ts",), ())),
        ({"b.ts": "mine\n"}, Difference((), (), (), ("b.ts",))),
        ({"b.ts": ""}, Difference((), (), (), ("b.ts",))),
        # The user's own, wherever they are, and what another run wrote elsewhere.
        ({"c.ts": "mine\n", "README.md": OURS, "deep/c.ts": OURS, "runtime/x/y.ts": OURS}, NOTHING),
        ({"c.types.js": "mine\n", "c.js": OURS, "c.types.d.ts.map": '{"version":3}\n'}, NOTHING),
    ],
)
def test_what_differs_is_named(tmp_path: Path, there: dict[str, str], expected: Difference) -> None:
    put(tmp_path, FILES)
    put(tmp_path, there)
    before = tree(tmp_path)
    assert compare(tmp_path, FILES) == expected
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (MAP.replace("b.types", "c.types"), Difference((), ("b.types.d.ts.map",), (), ())),
        ('{"version":3}\n', Difference((), (), (), ("b.types.d.ts.map",))),
    ],
)
def test_a_map_is_ours_if_it_says_so(tmp_path: Path, there: str, expected: Difference) -> None:
    put(tmp_path, MAPPED | {"b.types.d.ts.map": there})
    assert compare(tmp_path, MAPPED) == expected


def test_the_lines_that_a_map_names_are_no_difference(tmp_path: Path) -> None:
    """They move with every edit of the contract's source."""
    moved = MAP.replace("}", ',"mappings":"A"}')
    put(tmp_path, MAPPED | {"b.types.d.ts.map": moved})
    expected = with_maps_there(tmp_path, MAPPED)
    assert expected == MAPPED | {"b.types.d.ts.map": moved}
    assert compare(tmp_path, expected) == NOTHING
    # What is written is the new one all the same.
    assert compare(tmp_path, MAPPED) == Difference((), ("b.types.d.ts.map",), (), ())


@pytest.mark.parametrize("there", [{}, {"b.types.d.ts.map": '{"version":3}\n'}])
def test_a_map_that_is_missing_or_not_ours_is_a_difference(
    tmp_path: Path, there: dict[str, str]
) -> None:
    put(tmp_path, {name: text for name, text in MAPPED.items() if name != "b.types.d.ts.map"})
    put(tmp_path, there)
    assert with_maps_there(tmp_path, MAPPED) == MAPPED
    assert compare(tmp_path, with_maps_there(tmp_path, MAPPED))


def test_other_files_of_the_folder_are_not_taken_over(tmp_path: Path) -> None:
    put(tmp_path, MAPPED | {"b.ts": OURS + "other\n", "c.types.d.ts.map": MAP})
    assert with_maps_there(tmp_path, MAPPED) == MAPPED


def test_a_map_goes_with_its_file(tmp_path: Path) -> None:
    put(tmp_path, MAPPED)
    write(tmp_path, FILES, compare(tmp_path, FILES))
    assert tree(tmp_path) == FILES


def test_a_folder_or_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "b.ts").mkdir()
    (tmp_path / "runtime").write_text("mine")
    assert compare(tmp_path, FILES).in_the_way == ("b.ts", "runtime")


def test_only_what_differs_is_written_and_what_is_left_over_goes(tmp_path: Path) -> None:
    put(tmp_path, FILES | {"old.ts": OURS, "mine.ts": "mine\n", "b.ts": OURS})
    untouched = (tmp_path / "runtime/index.ts").stat().st_mtime_ns
    write(tmp_path, FILES, compare(tmp_path, FILES))
    assert tree(tmp_path) == FILES | {"mine.ts": "mine\n"}
    assert (tmp_path / "runtime/index.ts").stat().st_mtime_ns == untouched


def test_folders_that_become_empty_go(tmp_path: Path) -> None:
    put(tmp_path, FILES)
    wanted = {"b.ts": FILES["b.ts"], "runtime/index.ts": FILES["runtime/index.ts"]}
    write(tmp_path, wanted, compare(tmp_path, wanted))
    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["b.ts", "runtime", "index.ts"]


@pytest.mark.parametrize(
    ("step", "filename"), [("pathlib.Path.replace", ".b.ts.1"), ("pathlib.Path.write_bytes", None)]
)
def test_a_write_that_fails_leaves_the_old_file_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, filename: str | None
) -> None:
    put(tmp_path, {"b.ts": OURS})

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", filename, None, "b.ts")

    monkeypatch.setattr(step, fail)
    wanted = {"b.ts": FILES["b.ts"]}
    with pytest.raises(OSError, match="No space left") as caught:
        write(tmp_path, wanted, compare(tmp_path, wanted))
    assert (caught.value.filename, caught.value.filename2) == (str(tmp_path / "b.ts"), None)
    assert tree(tmp_path) == {"b.ts": OURS}


@pytest.mark.parametrize("there", [{"elsewhere/b.ts": OURS}, {}])
def test_a_link_is_followed(tmp_path: Path, there: dict[str, str]) -> None:
    put(tmp_path, there)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "b.ts").symlink_to("../elsewhere/b.ts")
    wanted = {"b.ts": FILES["b.ts"]}
    write(folder, wanted, compare(folder, wanted))
    assert (folder / "b.ts").is_symlink()
    assert tree(tmp_path / "elsewhere") == wanted


def test_a_link_to_itself_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "b.ts").symlink_to("b.ts")
    wanted = {"b.ts": FILES["b.ts"]}
    write(tmp_path, wanted, compare(tmp_path, wanted))
    assert tree(tmp_path) == wanted
