"""What a generated file imports: only what it uses, by names that are free."""

from __future__ import annotations

from rpc_worker.codegen.imports import Imports


def test_nothing_is_imported_that_nobody_asked_for() -> None:
    assert Imports(set()).statements() == ""


def test_a_module_of_types_alone_is_not_loaded() -> None:
    imports = Imports(set())
    assert [imports.type("Stream"), imports.type("CallOptions"), imports.type("Stream")] == [
        "Stream",
        "CallOptions",
        "Stream",
    ]
    assert imports.own_type("Backend", "./backend.types.js") == "Backend"
    assert imports.statements() == (
        'import type { Backend } from "./backend.types.js";\n'
        'import type { CallOptions, Stream } from "./runtime/index.js";\n'
    )


def test_a_value_makes_its_module_loaded() -> None:
    imports = Imports(set())
    imports.value("stream")
    imports.type("Descriptor")
    assert imports.statements() == 'import { type Descriptor, stream } from "./runtime/index.js";\n'


def test_a_name_that_is_taken_is_the_contracts() -> None:
    imports = Imports({"Stream", "stream", "RuntimeStream", "runtimeStream"})
    assert imports.type("Stream") == "RuntimeStream2"
    assert imports.value("stream") == "runtimeStream2"
    assert imports.value("event") == "event"
    assert imports.statements() == (
        "import {\n"
        "  event,\n"
        "  type Stream as RuntimeStream2,\n"
        "  stream as runtimeStream2,\n"
        '} from "./runtime/index.js";\n'
    )
