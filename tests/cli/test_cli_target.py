"""`module:object` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from rpc_worker.cli.target import is_class_of_user, load, load_class
from rpc_worker.cli.wording import UsageError

MODULE = """
import pathlib
import os as system
from typing import Any, Protocol
class BackendAPI:
    class Inner: pass
def function(): pass
backend = BackendAPI()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, imports: None) -> None:  # noqa: ARG001 - for what it does
    (tmp_path / "parlour.py").write_text(MODULE)
    (tmp_path / "parcel").mkdir()
    (tmp_path / "parcel/__init__.py").write_text("")
    (tmp_path / "parcel/api.py").write_text("class API: pass")
    (tmp_path / "needy.py").write_text("import missing_thing")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("parlour:BackendAPI", "BackendAPI"),
        ("parlour:BackendAPI.Inner", "Inner"),
        ("parcel.api:API", "API"),
    ],
)
def test_a_class_is_found(target: str, name: str) -> None:
    assert load_class(target).__name__ == name


def test_an_object_is_found() -> None:
    assert type(load("parlour:backend", "backend", is_class_of_user)).__name__ == "BackendAPI"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            "parlor:BackendAPI",
            (
                "parlor:BackendAPI: there is no module 'parlor' in {here} or in the Python that "
                "runs this ({python}). Run the command in the folder that has the module, or "
                "install it"
            ),
        ),
        (
            "parcel.apis:API",
            (
                "parcel.apis:API: there is no module 'parcel.apis' in {here} or in the Python that "
                "runs this ({python}). Run the command in the folder that has the module, or "
                "install it"
            ),
        ),
        (
            "parlour:BackendApi",
            "parlour:BackendApi: parlour has no 'BackendApi'. Did you mean BackendAPI?",
        ),
        (
            "parlour:Other",
            "parlour:Other: parlour has no 'Other'. It has BackendAPI.",
        ),
        (
            "parlour:BackendAPI.x",
            "parlour:BackendAPI.x: parlour.BackendAPI has no 'x'. It has Inner.",
        ),
        ("parcel:API", "parcel:API: parcel has no 'API'."),
        (
            "parlour.BackendAPI",
            (
                "parlour.BackendAPI: between module and object stands a colon: write "
                "parlour:BackendAPI"
            ),
        ),
        (
            "parlour",
            (
                "parlour names a module only; write the object behind a colon, as in "
                "parlour:BackendAPI"
            ),
        ),
        (
            "parlour:",
            (
                "parlour: names a module only; write the object behind a colon, as in "
                "parlour:BackendAPI"
            ),
        ),
        (
            "parlour.py",
            "parlour.py: parlour.py is a file; name the module: write parlour:BackendAPI",
        ),
        (
            "{here}/parcel/api.py:API",
            (
                "{here}/parcel/api.py:API: {here}/parcel/api.py is a file; name the module: in "
                "{here}/parcel, write api:API"
            ),
        ),
        (
            "../parcel/api.py:API",
            (
                "../parcel/api.py:API: ../parcel/api.py looks like a file, and is none; name the "
                "module: in ../parcel, write api:API"
            ),
        ),
        (
            "a/b:API",
            "a/b:API: a/b looks like a file, and is none; name the module: write a.b:API",
        ),
        (
            "./parcel/api.py:API",
            "./parcel/api.py:API: ./parcel/api.py is a file; name the module: write parcel.api:API",
        ),
        (
            "parcel/__init__.py",
            (
                "parcel/__init__.py: parcel/__init__.py is a file; name the module: write "
                "parcel:BackendAPI"
            ),
        ),
        (":x", ":x: write module:object, as in shared_api:BackendAPI"),
        ("a b:c", "a b:c: write module:object, as in shared_api:BackendAPI"),
        ("..x:c", "..x:c: write module:object, as in shared_api:BackendAPI"),
        (
            "parlour:backend",
            (
                "parlour:backend is an object of the class BackendAPI; a contract is a class: "
                "write parlour:BackendAPI"
            ),
        ),
        ("parlour:function", "parlour:function is a function; a contract is a class: name a class"),
        ("parlour:system", "parlour:system is a module; a contract is a class: name a class"),
        (
            "parlour:__name__",
            ("parlour:__name__ is an object of the class str; a contract is a class: name a class"),
        ),
    ],
)
def test_what_is_said_of_a_wrong_target(target: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_class(target.format(here=Path.cwd()))
    assert str(caught.value) == message.format(here=Path.cwd(), python=sys.executable)


def test_a_module_that_needs_another_fails_by_itself() -> None:
    with pytest.raises(ModuleNotFoundError, match="missing_thing"):
        load_class("needy:API")
