"""The language server of TypeScript 7, in the Language Server Protocol."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from tests.codegen.editors import MODULES, Definition, Editor, Json, Server, Span

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAM = MODULES / "ts7" / "bin" / "tsc"

ERROR: Final = 1
DEPRECATED: Final = 2

CAPABILITIES: Final = {
    "textDocument": {
        "definition": {"linkSupport": True},
        "typeDefinition": {"linkSupport": True},
        "diagnostic": {"tagSupport": {"valueSet": [DEPRECATED]}},
    }
}


class LanguageServer(Editor):
    """An editor with `tsc --lsp`."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Server(folder, str(PROGRAM), "--lsp", "--stdio"))
        self._folder = folder
        self._asked = 0

    def definitions(self, at: Span) -> list[Definition]:
        return [_definition(one) for one in self._ask_at("textDocument/definition", at)]

    def type_definitions(self, at: Span) -> list[Definition]:
        return [_definition(one) for one in self._ask_at("textDocument/typeDefinition", at)]

    def references(self, at: Span) -> list[Span]:
        found = self._ask_at("textDocument/references", at, context={"includeDeclaration": True})
        return [_span(one["uri"], one["range"]) for one in found]

    def struck(self, file: Path) -> list[Span]:
        found = self._diagnostics(file)
        tagged = [one for one in found if DEPRECATED in one.get("tags", ())]
        return [_span(file.as_uri(), one["range"]) for one in tagged]

    def errors(self, file: Path) -> list[str]:
        return [one["message"] for one in self._diagnostics(file) if one["severity"] == ERROR]

    def greet(self) -> None:
        about = {"processId": os.getpid(), "rootUri": self._folder.as_uri()}
        self._ask("initialize", {**about, "capabilities": CAPABILITIES})
        self._post({"method": "initialized", "params": {}})

    def show(self, file: Path) -> None:
        text = file.read_bytes().decode()
        about = {"uri": file.as_uri(), "languageId": "typescript", "version": 1, "text": text}
        self._post({"method": "textDocument/didOpen", "params": {"textDocument": about}})

    def _diagnostics(self, file: Path) -> list[Json]:
        self.open(file)
        document = {"textDocument": {"uri": file.as_uri()}}
        found: list[Json] = self._ask("textDocument/diagnostic", document)["items"]
        return found

    def _ask_at(self, method: str, at: Span, **members: object) -> Any:
        self.open(at.file)
        line, column = at.begin
        place = {"position": {"line": line, "character": column}}
        return self._ask(method, {"textDocument": {"uri": at.file.as_uri()}, **place, **members})

    def _ask(self, method: str, params: Mapping[str, object]) -> Any:
        self._asked += 1
        self._post({"id": self._asked, "method": method, "params": params})
        while True:
            message = self.server.hear()
            if "method" in message:
                self._answer(message)
            elif message["id"] == self._asked:
                assert "error" not in message, message
                return message["result"]

    def _answer(self, message: Json) -> None:
        """Answer what the server asks itself: there are no settings, and all may be as it likes."""
        if "id" in message:
            settings = message["method"] == "workspace/configuration"
            result = [None for _ in message["params"]["items"]] if settings else None
            self._post({"id": message["id"], "result": result})

    def _post(self, message: Json) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.server.write(b"Content-Length: %d\r\n\r\n%b" % (len(content), content))


def _definition(found: Json) -> Definition:
    uri = found["targetUri"]
    return Definition(_span(uri, found["targetSelectionRange"]), _span(uri, found["targetRange"]))


def _span(uri: str, found: Json) -> Span:
    begin, end = ((found[name]["line"], found[name]["character"]) for name in ("start", "end"))
    return Span(Path(unquote(urlsplit(uri).path)), begin, end)
