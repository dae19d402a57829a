"""`rpc-worker generate --against`: with a document, and with revisions of a real repository."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rpc_worker.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.process

HOUSE = """
from typing import Protocol
from rooms.plan import Room

class HouseAPI(Protocol):
    async def find(self, name: str, limit: int = 5) -> Room: ...
    async def knock(self, times: int) -> str: ...
"""
PLAN = """
from rpc_worker import Struct

class Room(Struct):
    name: str
"""
FRONTEND = """
class FrontendAPI(Protocol):
    async def confirm(self, question: str) -> bool: ...
"""
GARDEN = """
class GardenAPI(Protocol):
    async def water(self) -> None: ...
"""


@pytest.fixture(autouse=True)
def project(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    imports: None,  # noqa: ARG001 - for what it does
) -> Iterator[Path]:
    """A project in a folder of a repository; the folder for temporary files is beside it."""
    (tmp_path / "tmp").mkdir()
    folder = tmp_path / "repository" / "app"
    (folder / "rooms").mkdir(parents=True)
    (folder / "rooms/__init__.py").touch()
    write(folder, HOUSE, PLAN)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    # No repository is looked for around the tests' own folder.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    # It tells apart what was written in two seconds, and no sooner.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield folder
    assert [*(tmp_path / "tmp").iterdir()] == []


def write(folder: Path, house: str, plan: str) -> None:
    (folder / "house.py").write_text(house)
    (folder / "rooms/plan.py").write_text(plan)


def git(*arguments: str) -> str:
    who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    done = subprocess.run(
        ["git", *who, *arguments], check=True, capture_output=True, text=True, timeout=30
    )
    return done.stdout


def commit(tag: str) -> None:
    git("init", "--quiet", "..")
    git("add", "--all", "..")
    git("commit", "--quiet", "--message", tag)
    git("tag", tag)


def run(capsys: pytest.CaptureFixture[str], line: str) -> tuple[int, str, str]:
    for name in ("house", "rooms", "rooms.plan"):
        sys.modules.pop(name, None)
    code = main(line.split())
    captured = capsys.readouterr()
    return code, captured.out, captured.err


CHANGED = HOUSE.replace("limit: int = 5", "limit: int").replace("-> str", "-> str | None")
GROWN = PLAN.replace("name: str", "name: str\n    size: int = 0")
REPORT = """\
breaks  find: the parameter limit is required now: clients that leave it out are refused
fits    find: the field size of the result is new

breaks  knock: the result can be null now: clients do not expect it

house:HouseAPI against {}: 2 changes break what was generated before, 1 does not
"""


def test_against_a_document(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    assert run(capsys, "openrpc house:HouseAPI --out api.json")[0] == 0
    write(project, CHANGED, GROWN)
    line = "generate house:HouseAPI --against api.json"
    before = sorted(project.rglob("*.*"))
    assert run(capsys, line) == (1, REPORT.format("api.json"), "")
    assert sorted(project.rglob("*.*")) == before


def test_against_a_revision(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    commit("v1")
    write(project, CHANGED, GROWN)
    commit("v2")
    # What is staged stays so, and what is not stays that.
    write(project, HOUSE, GROWN)
    git("add", "house.py")
    write(project, CHANGED, GROWN)
    status = git("status", "--porcelain", "..")
    for revision in ("v1", "HEAD~1", git("rev-parse", "--short", "v1").strip()):
        line = f"generate house:HouseAPI --against {revision}"
        assert run(capsys, line) == (1, REPORT.format(revision), "")
    assert git("status", "--porcelain", "..") == status
    assert git("worktree", "list").count("\n") == 1
    same = "house:HouseAPI against v2: nothing has changed on the wire\n"
    assert run(capsys, "generate house:HouseAPI --against v2") == (0, same, "")


def test_what_breaks_nobody_is_told_and_is_no_failure(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    commit("v1")
    write(project, HOUSE, GROWN)
    assert run(capsys, "generate house:HouseAPI --against v1") == (
        0,
        (
            "fits    find: the field size of the result is new\n\n"
            "house:HouseAPI against v1: 0 changes break what was generated before, 1 does not\n"
        ),
        "",
    )


def test_each_contract_is_compared(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    write(project, HOUSE + GARDEN, PLAN)
    commit("v1")
    write(project, HOUSE + GARDEN.replace("water", "flood"), PLAN)
    code, out, _ = run(capsys, "generate house:HouseAPI house:GardenAPI --against v1")
    assert code == 1
    assert [line for line in out.splitlines() if "against" in line] == [
        "house:GardenAPI against v1: 1 change breaks what was generated before, 1 does not",
        "house:HouseAPI against v1: nothing has changed on the wire",
    ]


def test_what_the_page_offers_is_judged_the_other_way_round(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    commit("v0")
    write(project, HOUSE + FRONTEND, PLAN)
    commit("v1")
    write(project, HOUSE + FRONTEND.replace("-> bool", "-> bool | None"), PLAN)
    line = "generate house:HouseAPI --frontend house:FrontendAPI --against"
    assert run(capsys, f"{line} v1")[:2] == (
        0,
        (
            "fits    frontend confirm: the result can be null now\n\n"
            "house:HouseAPI against v1: 0 changes break what was generated before, 1 does not\n"
        ),
    )
    # There was none: pages that were generated then have nothing to call.
    code, out, err = run(capsys, f"{line} v0")
    assert (code, err) == (1, "")
    assert "frontend confirm: the method is new: pages answer it with error -32601\n" in out


def test_a_document_without_a_frontend_is_noticed(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    write(project, HOUSE + FRONTEND, PLAN)
    assert run(capsys, "openrpc house:HouseAPI --out api.json")[0] == 0
    line = "generate house:HouseAPI --frontend house:FrontendAPI --against api.json"
    code, _, err = run(capsys, line)
    assert (code, err) == (
        1,
        (
            "rpc-worker generate: api.json has no frontend, so all of it is new; if it was written "
            "without --frontend, write it with that\n"
        ),
    )


def test_modules_are_found_in_the_revision_wherever_they_are_found_now(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = project.parent / "source"
    source.mkdir()
    (project / "rooms").rename(source / "rooms")
    monkeypatch.setattr(sys, "path", [str(source), *sys.path])
    commit("v1")
    (source / "rooms/plan.py").write_text(GROWN)
    code, out, _ = run(capsys, "generate house:HouseAPI --against v1")
    assert (code, out.splitlines()[0]) == (0, "fits    find: the field size of the result is new")


ADVICE = "Name a document that rpc-worker openrpc wrote, or a revision of git, such as main"


def refused(capsys: pytest.CaptureFixture[str], line: str) -> str:
    """Return what is said of a command line that cannot be carried out."""
    code, out, err = run(capsys, line)
    assert (code, out) == (2, "")
    return err.removeprefix("rpc-worker generate: --against ").removesuffix("\n")


def test_neither_a_file_nor_a_revision(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    line = "generate house:HouseAPI --against mian"
    said = refused(capsys, line)
    assert said.startswith(
        f"mian: there is no such file in {project}, and no repository to look for it: "
    )
    assert "not a git repository" in said
    assert said.endswith(ADVICE)
    commit("v1")
    assert refused(capsys, line) == (
        f"mian: there is no such file in {project}, and git knows no such revision. {ADVICE}"
    )
    # A revision is a commit, and no file of one.
    assert "git knows no such revision" in refused(capsys, f"{line[:-4]}v1:./house.py")


def test_without_git(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, project: Path
) -> None:
    monkeypatch.setenv("PATH", "")
    assert refused(capsys, "generate house:HouseAPI --against main") == (
        f"main: there is no such file in {project}, and no repository to look for it: git cannot "
        f"be run: No such file or directory. {ADVICE}"
    )


def test_a_file_that_is_no_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "generate house:HouseAPI --against house.py") == (
        "house.py is no document that rpc-worker openrpc wrote: JSON is malformed: invalid "
        "character (byte 6). If a revision of git is meant, write refs/heads/house.py or "
        "refs/tags/house.py"
    )


def test_one_document_is_of_one_contract(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    write(project, HOUSE + GARDEN, PLAN)
    assert run(capsys, "openrpc house:HouseAPI --out api.json")[0] == 0
    line = "generate house:HouseAPI house:GardenAPI --against api.json"
    assert refused(capsys, line) == (
        "api.json has one contract; compare one with it, not all at once"
    )


THERE = "the contract cannot be read there"


def test_a_revision_that_cannot_be_read(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    write(project, HOUSE.replace("HouseAPI", "FlatAPI"), PLAN)
    commit("v1")
    write(project, HOUSE, "\nclass Room(:\n")
    commit("v2")
    write(project, HOUSE, PLAN)
    line = "generate house:HouseAPI --against"
    assert refused(capsys, f"{line} v1") == (
        f"v1: {THERE}: house:HouseAPI: house has no 'HouseAPI'. It has FlatAPI, Room."
    )
    assert refused(capsys, f"{line} v2") == (
        f"v2: {THERE}: house cannot be imported: SyntaxError: invalid syntax (plan.py, line 2)\n"
        "  v2:app/rooms/plan.py, line 2"
    )


def test_a_revision_without_the_folder(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit("v1")
    project.rename(project.parent / "moved")
    monkeypatch.chdir(project.parent / "moved")
    assert refused(capsys, "generate house:HouseAPI --against v1") == "v1: it has no folder moved"


def test_a_module_of_the_working_tree_is_not_taken_for_the_revision_s(
    capsys: pytest.CaptureFixture[str], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hidden = project.parent / "hidden"
    hidden.mkdir()
    (project / "rooms").rename(hidden / "rooms")
    (project.parent / ".gitignore").write_text("hidden\n")
    monkeypatch.setattr(sys, "path", [str(hidden), *sys.path])
    commit("v1")
    assert refused(capsys, "generate house:HouseAPI --against v1") == (
        f"v1: {THERE}: Python imports {hidden}/rooms/__init__.py instead, which is in the working "
        "tree: it is installed from there, or new"
    )


def test_a_revision_that_ends_the_process(
    capsys: pytest.CaptureFixture[str], project: Path
) -> None:
    write(project, f"import os\nos._exit(3)\n{HOUSE}", PLAN)
    commit("v1")
    write(project, HOUSE, PLAN)
    assert refused(capsys, "generate house:HouseAPI --against v1") == (
        "v1: the process that should read the contract ended early"
    )


def test_a_contract_that_is_wrong_now(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    commit("v1")
    write(project, HOUSE.replace("times: int", "times"), PLAN)
    code, out, err = run(capsys, "generate house:HouseAPI --against v1")
    assert (code, out) == (1, "")
    assert err.startswith("rpc-worker generate: 1 misfit:\n  house.HouseAPI.knock")
