"""What a types file has at run time: classes of declared errors, and the members of enumerations.

It is JavaScript with declarations beside it, not TypeScript: only a declaration can have a map, by
which an editor goes on to the Python. Bundlers look for TypeScript behind an import of TypeScript
only, so it imports nothing but JavaScript.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpc_worker.codegen.docs import comment, deprecation
from rpc_worker.codegen.syntax import free_name, key, listed, literal
from rpc_worker.codegen.types import lines

if TYPE_CHECKING:
    from rpc_worker.codegen.directions import Direction
    from rpc_worker.codegen.imports import Imports
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.survey import Survey
    from rpc_worker.contract import ErrorType
    from rpc_worker.schema import Enumeration

DECLARED = "./runtime/declared.js"
"""What makes the classes, in JavaScript as well."""


class ErrorWriter:
    """Writes the declarations of errors.

    Args:
        names: What everything is called.
        direction: Which way the errors go: output from the worker, input from the page.
        runtime: Is asked for what the errors derive from.
    """

    def __init__(self, names: TypeNames, direction: Direction, runtime: Imports) -> None:
        self._names = names
        self._direction: Direction = direction
        self._runtime = runtime

    def declarations(self, found: Survey) -> dict[str, str]:
        """Return all declarations by name."""
        return {self._names.errors[e.cls]: self._declaration(e) for e in found.errors.values()}

    def _declaration(self, error: ErrorType) -> str:
        said = lines(error.doc, f"Code {error.code}.")
        above = comment(said, deprecation(error.deprecated))
        name, base = self._names.errors[error.cls], self._runtime.type("RpcError")
        given, data, of_data = "data?: undefined, message?: string", "undefined", ""
        if error.data is not None:
            data = self._names.of(error.data.cls, self._direction)
            given = f"data: {data}, message?: string"
            of_data = comment(f"The fields of {name}.", indent="  ")
        return (
            f"{above}export declare class {name} extends {base} {{\n"
            f"  static readonly code: {error.code};\n"
            f"  readonly code: {error.code};\n"
            f"{of_data}  readonly data: {data};\n"
            f"  constructor({given});\n}}\n"
        )


def script(found: Survey, names: TypeNames) -> str:
    """Return the JavaScript beside the declarations; nothing if all are types."""
    make = free_name("declared", names.all())
    texts = {names.errors[error.cls]: _class(error, make) for error in found.errors.values()}
    texts |= {names.types[node.cls]: _members(node) for node in found.enumerations.values()}
    if not texts:
        return ""
    imported = "declared" if make == "declared" else f"declared as {make}"
    statement = f'import {{ {imported} }} from "{DECLARED}";\n\n' if found.errors else ""
    return statement + "\n".join(
        listed(f"export const {name} = {opening}", items, closing, indent="", used=1) + ";\n"
        for name, (opening, items, closing) in sorted(texts.items())
    )


def _class(error: ErrorType, make: str) -> tuple[str, list[str], str]:
    brand = f"{error.cls.__module__}.{error.cls.__qualname__}"
    said = error.doc.partition("\n")[0] or error.name  # As in Python.
    given = [literal(error.name), literal(error.code), literal(brand), literal(said)]
    return f"/* @__PURE__ */ {make}(", given, ")"


def _members(node: Enumeration) -> tuple[str, list[str], str]:
    return "{ ", [f"{key(m.name)}: {literal(m.value)}" for m in node.members], " }"
