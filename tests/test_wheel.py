"""The wheel, as somebody gets it who has never seen the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

CHECKOUT = Path(__file__).parent.parent
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"

CONTRACT = '''\
from typing import Protocol

from rpc_worker import Struct


class Greeting(Struct):
    text: str


class GreeterAPI(Protocol):
    """Somebody polite."""

    async def greet(self, name: str) -> Greeting: ...
'''

BACKEND = """\
from greeter_api import Greeting, GreeterAPI


class Greeter(GreeterAPI):
    async def greet(self, name: str) -> Greeting:
        return Greeting(f"Hello, {name}")


greeter = Greeter()
"""


def run(*command: str | Path, cwd: Path, stdin: str = "", deadline: float = 60) -> str:
    """Return what a command writes to stdout; it sees nothing of the checkout."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=deadline,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=CHECKOUT)
    (built,) = out.glob("*.whl")
    return built


def test_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    version = wheel.name.split("-")[1]
    assert {name.split("/")[0] for name in names} == {
        "rpc_worker",
        f"rpc_worker-{version}.dist-info",
    }
    assert "rpc_worker/py.typed" in names


def test_carries_the_typescript_runtime_as_it_is_in_the_checkout(wheel: Path) -> None:
    sources = CHECKOUT / "frontend-adapter" / "src"
    expected = {
        f"rpc_worker/codegen/typescript/{path.relative_to(sources).as_posix()}": path.read_bytes()
        for path in sources.rglob("*.[jt]s")
    }
    assert "rpc_worker/codegen/typescript/declared.js" in expected
    with zipfile.ZipFile(wheel) as archive:
        carried = {
            name: archive.read(name)
            for name in archive.namelist()
            if name.startswith("rpc_worker/codegen/typescript/")
        }
    assert carried == expected


def test_generates_and_serves_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / SCRIPTS
    run(scripts / "python", "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path, deadline=300)
    (tmp_path / "greeter_api.py").write_text(CONTRACT, encoding="utf-8")
    (tmp_path / "greeter.py").write_text(BACKEND, encoding="utf-8")
    rpc_worker = scripts / "rpc-worker"

    generate = ("generate", "greeter_api:GreeterAPI", "--out", "rpc", "--io", "node")
    run(rpc_worker, *generate, cwd=tmp_path)
    run(rpc_worker, *generate, "--check", cwd=tmp_path)
    generated = {p.relative_to(tmp_path).as_posix() for p in (tmp_path / "rpc").rglob("*.ts")}
    assert {"rpc/greeter.ts", "rpc/greeter.types.d.ts", "rpc/runtime/io/node.ts"} <= generated
    assert "rpc/runtime/io/tauri-event.ts" not in generated

    request = '{"jsonrpc":"2.0","id":1,"method":"greet","params":["Ada"]}\n'
    ready, answer = run(
        rpc_worker, "run", "greeter:greeter", cwd=tmp_path, stdin=request
    ).splitlines()
    assert json.loads(ready)["method"] == "$/ready"
    assert answer == '{"jsonrpc":"2.0","id":1,"result":{"text":"Hello, Ada"}}'
