"""The page as a project: what the generator writes, and what the page has to know of cases."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.codegen.plan import Frontend, plan
from rpc_worker.codegen.runtime import sources
from rpc_worker.contract import Contract, read_contract
from rpc_worker.reading.names import camel
from rpc_worker.schema import Stream
from tests.pages import succeed
from tests.roundtrip.bad import BAD
from tests.roundtrip.cases import CASES
from tests.roundtrip.contract import FAILED, OfferedAPI, RoundTripAPI
from tests.roundtrip.shapes import Shapes

if TYPE_CHECKING:
    from rpc_worker.schema import Type

HERE: Final = Path(__file__).parent
MODULES: Final = HERE.parents[1] / "frontend-adapter" / "node_modules"

STRICT: Final[dict[str, Any]] = {
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "noPropertyAccessFromIndexSignature": True,
    "isolatedModules": True,
    "verbatimModuleSyntax": True,
    "noEmit": True,
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "types": ["node"],
    "typeRoots": [str(MODULES / "@types")],
}


class Project:
    """The project in a folder.

    Attributes:
        folder: Where it has been written.
        types: The type of each case, as the contract has it.
    """

    def __init__(self, folder: Path) -> None:
        contract = read_contract(RoundTripAPI, sources=True)
        self.folder = folder
        self.types = {name: _type_of(contract, name) for name in CASES}
        texts = {f"rpc/{name}": text for name, text in _generated(contract, folder).items()}
        texts["cases.ts"] = _cases(self.types)
        texts["bad.ts"] = _bad()
        texts["check.ts"] = _check()
        texts["package.json"] = '{"type": "module"}'
        texts["tsconfig.json"] = json.dumps({"compilerOptions": STRICT, "include": ["**/*.ts"]})
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        for source in HERE.glob("*.ts"):
            shutil.copy(source, folder)

    def complaints(self) -> str:
        """Return what the compiler says of it."""
        compiler = MODULES / "ts7" / "bin" / "tsc"
        assert compiler.exists(), "TypeScript is not installed: run `npm ci` in frontend-adapter"
        done = subprocess.run(
            ["node", str(compiler), "-p", str(self.folder)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode == 0) == (done.stdout == ""), done
        return done.stdout

    def bundle(self) -> Path:
        """Return what Node runs."""
        built = self.folder / "page.mjs"
        options = ["--bundle", "--platform=node", "--target=node20", "--format=esm"]
        esbuild, page = str(MODULES / ".bin" / "esbuild"), str(self.folder / "page.ts")
        succeed([esbuild, page, *options, f"--outfile={built}"], self.folder)
        return built


def _type_of(contract: Contract, name: str) -> Type:
    result = contract.methods[f"{camel(name)}.give"].result
    assert not isinstance(result, Stream)
    return result


def _generated(contract: Contract, folder: Path) -> dict[str, str]:
    module = RoundTripAPI.__module__
    page = Frontend(f"{module}:OfferedAPI", read_contract(OfferedAPI, frontend=True, sources=True))
    contracts = {f"{module}:RoundTripAPI": contract}
    command = "rpc-worker generate"
    return plan(contracts, sources(("node",)), command, page, folder=folder / "rpc").files


def _cases(types: dict[str, Type]) -> str:
    """Return TypeScript with what `page.ts` has to know of each case."""
    shapes = Shapes()
    members = [
        f"  {camel(name)}: {{ shape: {_json(shapes.of(node))}, failed: {_error(name)} }},"
        for name, node in types.items()
    ]
    lines = [
        'import type { Shape } from "./shapes.js";',
        f'import {{ {", ".join(map(_error, CASES))} }} from "./rpc/offered.js";',
        # Through unknown: of a member called `constructor`, the compiler takes Object's type.
        f"const found: unknown = {_json(shapes.records)};",
        "export const records = found as readonly Shape[];",
        "export interface Case {",
        "  readonly shape: Shape;",
        "  readonly failed: new (data: { value: any }) => Error;",
        "}",
        "export const cases: Readonly<Record<string, Case>> = {",
        *members,
        "};\n",
    ]
    return "\n".join(lines)


def _bad() -> str:
    """Return TypeScript with the values that must not be sent, by what they are."""
    members = [
        f"  {json.dumps(what)}: {{ name: {json.dumps(camel(bad.case))}, value: {bad.value} }},"
        for what, bad in BAD.items()
    ]
    lines = [
        'import { circle, deep } from "./shapes.js";',
        "export const bad: Readonly<Record<string, { name: string; value: unknown }>> = {",
        *members,
        "};\n",
    ]
    return "\n".join(lines)


CHECK: Final = """
export async function NAME({ NAME: trips }: RoundTrip): Promise<unknown> {
  const value = await trips.give(0);
  await trips.take("", 0, value);
  await trips.keep("", 0, { value });
  await trips.collect("", trips.items());
  await trips.ask(0, (_index, value) => value);
  await trips.tell((index, value) => trips.take("", index, value));
  await trips.report(0, { onProgress: (value) => trips.take("", 0, value) });
  trips.happened.on((value) => trips.take("", 0, value));
  const [error] = await safe(trips.fail(0));
  if (error instanceof theirs.FAILED) await trips.take("", 0, error.data.value);
  const offered: Offered["NAME"] = {
    echo: (value, { option }) => [value, option],
    again: (items) => items,
    fail: (value) => {
      throw new own.FAILED({ value });
    },
  };
  return offered;
}
"""


def _check() -> str:
    """Return TypeScript that compiles if what comes can be sent back as it is, each way."""
    functions = [
        CHECK.replace("NAME", camel(name)).replace("FAILED", _error(name))
        for name in CASES
        if name != "nothing"  # What returns None is void, and can be anything.
    ]
    return (
        'import * as own from "./rpc/offered.js";\n'
        'import type { Offered } from "./rpc/offered.js";\n'
        'import * as theirs from "./rpc/round-trip.js";\n'
        'import type { RoundTrip } from "./rpc/round-trip.js";\n'
        'import { safe } from "./rpc/runtime/index.js";\n' + "".join(functions)
    )


def _error(name: str) -> str:
    return FAILED[name].__name__


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
