"""`rpc-worker openrpc`: what it writes, and that a worker says the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.process

MODULE = """
import enum
from typing import Protocol
from rpc_worker import Event, RpcError, Struct, raises
print("a print while importing")

class Kind(enum.Enum):
    SMALL = "small"

class Room(Struct):
    '''A room.'''
    name: str
    '''What is written on the door, \N{GREEK SMALL LETTER ALPHA} or more.'''
    kind: Kind = Kind.SMALL

class Locked(RpcError, code=4003):
    room: str

class HouseAPI(Protocol):
    '''A house.'''
    opened: Event[Room]
    @raises(Locked)
    async def knock(self, times: int, *, loud: bool = False) -> Room:
        '''Knock at the door.'''
        ...

class House(HouseAPI):
    async def knock(self, times: int, *, loud: bool = False) -> Room:
        return Room("hall")

class WindowAPI(Protocol):
    async def confirm(self, question: str) -> bool: ...

house = House()
"""


def command(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[bytes]:
    (folder / "house.py").write_text(MODULE, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "rpc_worker", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        input=stdin.encode(),
        capture_output=True,
        timeout=30,
        check=False,
    )


def test_the_document_is_what_a_worker_answers(tmp_path: Path) -> None:
    frontend = ("--frontend", "house:WindowAPI")
    written = command(tmp_path, "openrpc", "house:HouseAPI", *frontend)
    assert (written.returncode, written.stderr) == (0, b"a print while importing\n")
    request = '{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n'
    asked = command(tmp_path, "run", "house:house", *frontend, stdin=request)
    _, answer = asked.stdout.splitlines()
    document = json.loads(written.stdout)
    assert document == json.loads(answer)["result"]
    assert [method["name"] for method in document["x-frontend"]["methods"]] == ["confirm"]


def test_it_is_laid_out_to_be_committed(tmp_path: Path) -> None:
    written = command(tmp_path, "openrpc", "house:HouseAPI").stdout.decode()
    assert written == json.dumps(json.loads(written), indent=2, ensure_ascii=False) + "\n"
    assert "\r" not in written
    assert list(json.loads(written)["components"]["schemas"]) == ["Kind", "Locked", "Room"]


def test_a_file_is_written_once(tmp_path: Path) -> None:
    line = ("openrpc", "house:HouseAPI", "--out", "docs/api/contract.json")
    first, second = (command(tmp_path, *line) for _ in range(2))
    assert first.stdout == b"wrote docs/api/contract.json\n"
    assert second.stdout == b"docs/api/contract.json is up to date\n"
    file = tmp_path / "docs/api/contract.json"
    assert file.read_bytes() == command(tmp_path, "openrpc", "house:HouseAPI").stdout
    # A checkout may have turned the line ends.
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert command(tmp_path, *line).stdout == b"docs/api/contract.json is up to date\n"
    file.write_text("{}")
    assert command(tmp_path, *line).stdout == b"wrote docs/api/contract.json\n"
    assert file.read_bytes() != b"{}"
