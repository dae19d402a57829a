"""`rpc-worker run`: what is served, and what the host is told when it cannot be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

TRACEBACK = "Traceback (most recent call last):"
MODULE = """
import os
from typing import Protocol
print("a print while importing")
os.write(1, b"a write while importing\\n")

class HouseAPI(Protocol):
    async def knock(self, times: int) -> str: ...

class House(HouseAPI):
    async def knock(self, times: int) -> str:
        return "knock " * times

class WindowAPI(Protocol):
    async def confirm(self, question: str) -> bool: ...

class Ruin:
    async def knock(self, times: str) -> str:
        return times

house = House()
ruin = Ruin()
"""


def run(folder: Path, *arguments: str, stdin: str = "") -> tuple[int, list[Any], str]:
    (folder / "house.py").write_text(MODULE)
    (folder / "serving.py").write_text("import rpc_worker\nrpc_worker.serve(object())\n")
    (folder / "outer.py").write_text("import broken\n")
    (folder / "unparsable.py").write_text("def (:\n")
    (folder / "reserved.py").write_text(
        "import rpc_worker\nclass E(rpc_worker.RpcError, code=-32601): ...\n"
    )
    (folder / "broken.py").write_text("print('before')\nundefined_name\n")
    done = subprocess.run(
        [sys.executable, "-m", "rpc_worker", "run", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize(
    "contract",
    [(), ("--contract", "house:HouseAPI"), ("--frontend", "house:WindowAPI"), ("--debugger",)],
)
def test_an_object_is_served(tmp_path: Path, contract: tuple[str, ...]) -> None:
    request = '{"jsonrpc":"2.0","id":1,"method":"knock","params":[2]}\n'
    options = ("--name", "the house", "--worker-version", "1.2.3")
    code, lines, err = run(tmp_path, "house:house", *contract, *options, stdin=request)
    ready, answer = lines
    assert ready["method"] == "$/ready"
    assert (ready["params"]["name"], ready["params"]["version"]) == ("the house", "1.2.3")
    assert answer == {"jsonrpc": "2.0", "id": 1, "result": "knock knock "}
    assert code == 0
    assert "a print while importing" in err
    assert "a write while importing" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("house:House",),
            (
                "house:House is a class, and an object is served. Write in house: house = House(), "
                "and on the command line: house:house"
            ),
        ),
        (
            ("house:HouseAPI",),
            (
                "house:HouseAPI is a Protocol, and an object that implements it is served. Write "
                "in a module of yours: class Backend(HouseAPI): …, and backend = Backend(); and on "
                "the command line: module:backend"
            ),
        ),
        (
            ("json:loads",),
            (
                "json:loads is a function, and an object with methods is served. Write in a module "
                "of yours: class Backend: …, and backend = Backend(); and on the command line: "
                "module:backend"
            ),
        ),
        (
            ("os:path",),
            (
                "os:path is a module, and an object with methods is served. Write in a module of "
                "yours: class Backend: …, and backend = Backend(); and on the command line: "
                "module:backend"
            ),
        ),
        (("house:attic",), "house:attic: house has no 'attic'. It has house, ruin."),
        (
            ("serving:backend",),
            (
                "serve() was called while rpc-worker imported serving; write it below `if "
                '__name__ == "__main__":`'
            ),
        ),
        (("house:huose",), "house:huose: house has no 'huose'. Did you mean house?"),
        (
            ("house.house",),
            "house.house: between module and object stands a colon: write house:house",
        ),
        (
            ("house:house", "--contract", "house:house"),
            "house:house is an object of the class House; a contract is a class: write house:House",
        ),
        (
            ("house:house", "--frontend", "house:house"),
            (
                "--frontend house:house is an object of the class House; a contract is a class: "
                "write house:House"
            ),
        ),
        (
            ("house:house", "--contract", "house:HouseAPI", "--frontend", "house:HouseAPI"),
            (
                "--frontend house:HouseAPI is what the worker offers; name the class of what the "
                "page offers to it, such as house:FrontendAPI"
            ),
        ),
        (
            ("house:house", "--frontend", "house:WindowApi"),
            "--frontend house:WindowApi: house has no 'WindowApi'. Did you mean WindowAPI?",
        ),
        (("broken:backend",), "NameError: name 'undefined_name' is not defined"),
    ],
)
def test_what_the_host_is_told_of_a_mistake(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    code, lines, err = run(tmp_path, *arguments)
    (fatal,) = lines
    assert fatal["method"] == "$/fatal"
    assert fatal["params"]["message"] == f"The worker cannot start: {message}"
    assert code == 1
    assert f"rpc-worker: the worker cannot start: {message}\n" in err
    assert ("Traceback" in err) is message.startswith("NameError")


def test_the_frontend_is_part_of_what_is_served(tmp_path: Path) -> None:
    """The digest that the host is told covers both contracts."""
    _, (alone,), _ = run(tmp_path, "house:house")
    _, (both,), _ = run(tmp_path, "house:house", "--frontend", "house:WindowAPI")
    assert alone["params"]["contract"] != both["params"]["contract"]


def test_an_implementation_that_does_not_fit_is_told_with_every_misfit(tmp_path: Path) -> None:
    code, (fatal,), _ = run(tmp_path, "house:ruin", "--contract", "house:HouseAPI")
    assert (code, fatal["method"]) == (1, "$/fatal")
    (misfit,) = fatal["params"]["details"]
    assert misfit["where"].endswith("Ruin.knock, parameter times")


def test_a_wrong_command_line_writes_nothing_to_the_wire(tmp_path: Path) -> None:
    code, lines, err = run(tmp_path, "house:house", "--jobs", "4")
    assert (code, lines) == (2, [])
    assert err == (
        "rpc-worker run: unrecognized arguments: --jobs 4. rpc-worker run --help tells more\n"
    )


@pytest.mark.parametrize(
    ("module", "first", "last"),
    [
        ("outer", '  File "{here}/outer.py", line 1, in <module>', "NameError: name"),
        ("unparsable", '  File "{here}/unparsable.py", line 1', "SyntaxError: invalid"),
        ("reserved", '  File "{here}/reserved.py", line 2, in <module>', "ValueError: class E("),
    ],
)
def test_a_traceback_has_the_users_frames_only(
    tmp_path: Path, module: str, first: str, last: str
) -> None:
    _, _, err = run(tmp_path, f"{module}:backend")
    lines = [line for line in err.splitlines() if line not in {"before", TRACEBACK}]
    assert lines[0] == first.format(here=tmp_path)
    assert lines[-2].startswith(last)
    files = [line.split('"')[1] for line in lines if line.startswith('  File "')]
    assert all(file.startswith(str(tmp_path)) for file in files)
    assert len(files) == (2 if module == "outer" else 1)
