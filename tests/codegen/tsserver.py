"""The language server of TypeScript 5 and 6, in its own protocol: each request is a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.codegen.editors import MODULES, Definition, Editor, Json, Server, Span

if TYPE_CHECKING:
    from collections.abc import Mapping


class Tsserver(Editor):
    """An editor with `tsserver`, of a package that npm has installed."""

    def __init__(self, folder: Path, package: str = "typescript") -> None:
        program = MODULES / package / "lib" / "tsserver.js"
        # Else it starts a process that looks for types on the network.
        super().__init__(Server(folder, str(program), "--disableAutomaticTypingAcquisition"))
        self._asked = 0

    def definitions(self, at: Span) -> list[Definition]:
        return [_definition(one) for one in self._ask_at("definition", at)]

    def type_definitions(self, at: Span) -> list[Definition]:
        return [_definition(one) for one in self._ask_at("typeDefinition", at)]

    def references(self, at: Span) -> list[Span]:
        return [_span(one["file"], one) for one in self._ask_at("references", at)["refs"]]

    def hover(self, at: Span) -> Json:
        """Return what is shown beside a name, in its parts."""
        found: Json = self._ask_at("quickinfo", at)
        return found

    def struck(self, file: Path) -> list[Span]:
        self.open(file)
        found = self._ask("suggestionDiagnosticsSync", {"file": str(file)})
        return [_span(file, one) for one in found if "reportsDeprecated" in one]

    def errors(self, file: Path) -> list[str]:
        self.open(file)
        return [one["text"] for one in self._ask("semanticDiagnosticsSync", {"file": str(file)})]

    def greet(self) -> None:
        self._say("configure", {"preferences": {"displayPartsForJSDoc": False}})

    def show(self, file: Path) -> None:
        self._say("open", {"file": str(file)})

    def _ask_at(self, command: str, at: Span) -> Any:
        self.open(at.file)
        line, column = at.begin
        place = {"file": str(at.file), "line": line + 1, "offset": column + 1}
        return self._ask(command, place)

    def _ask(self, command: str, arguments: Mapping[str, object]) -> Any:
        self._say(command, arguments)
        while True:
            message = self.server.hear()
            if message.get("request_seq") == self._asked:
                assert message["success"], message
                return message["body"]

    def _say(self, command: str, arguments: Mapping[str, object]) -> None:
        self._asked += 1
        request = {"seq": self._asked, "type": "request", "command": command}
        self.server.write(json.dumps({**request, "arguments": arguments}).encode() + b"\n")


def _definition(found: Json) -> Definition:
    whole = None
    if "contextStart" in found:
        ends = {"start": found["contextStart"], "end": found["contextEnd"]}
        whole = _span(found["file"], ends)
    return Definition(_span(found["file"], found), whole)


def _span(file: str | Path, found: Json) -> Span:
    begin, end = ((found[name]["line"] - 1, found[name]["offset"] - 1) for name in ("start", "end"))
    return Span(Path(file), begin, end)
