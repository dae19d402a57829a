"""The parameters of a method: their names on the wire, their types and defaults."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from rpc_worker.contract import REQUIRED, Parameter
from rpc_worker.reading.names import camel, spell
from rpc_worker.reading.records import said_in
from rpc_worker.reading.references import may_be_none
from rpc_worker.schema import Callback, Progress, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rpc_worker.reading.annotations import TypeReader
    from rpc_worker.reading.references import ReferenceReader
    from rpc_worker.schema import Reference, Type

__all__ = ["ParameterReader"]

_OPTIONS: Final = frozenset({"signal", "timeoutMs", "onProgress"})
"""What a TypeScript client has among the options of a call."""

_KEYWORD: Final = inspect.Parameter.KEYWORD_ONLY
_UNNAMED: Final = {
    inspect.Parameter.POSITIONAL_ONLY: (
        "it is positional-only, and a call by name could not give it",
        "Remove the / from the signature.",
    ),
    inspect.Parameter.VAR_POSITIONAL: (
        "it is any number of parameters",
        "Write one parameter that is a list, such as values: list[float].",
    ),
    inspect.Parameter.VAR_KEYWORD: (
        "it is parameters of any name",
        "Write keyword-only parameters, or one that is a dict, such as values: dict[str, float].",
    ),
}


class ParameterReader:
    """Reads the parameters of the methods of one contract."""

    def __init__(self, types: TypeReader, references: ReferenceReader) -> None:
        self._types = types
        self._references = references

    def read(
        self,
        parameters: Sequence[inspect.Parameter],
        hints: dict[str, Any],
        place: str,
        *,
        blocking: bool,
    ) -> tuple[Parameter, ...]:
        """Return what can be read of them; the rest is noted as misfits."""
        taken: dict[str, str] = {}
        read: list[Parameter] = []
        for parameter in parameters:
            name, here = parameter.name, f"{place}, parameter {parameter.name}"
            if parameter.kind in _UNNAMED:
                self._types.refuse(here, *_UNNAMED[parameter.kind])
                continue
            self._check_name(name, taken, here)
            taken[camel(name)] = name
            if name not in hints:
                self._types.refuse(here, "it has no type", f"Write {name}: str, or what it is.")
                continue
            read.append(self._parameter(parameter, hints[name], here, blocking=blocking))
        self._check_progress(read, place)
        return tuple(read)

    def _check_name(self, name: str, taken: dict[str, str], here: str) -> None:
        wire = camel(name)
        if name.startswith("_"):
            self._types.refuse(here, "its name starts with _", "Give it another name.")
        elif wire in taken:
            what = f"{taken[wire]} and {name} are both {wire} on the wire"
            self._types.refuse(here, what, "Give one of them another name.")

    def _parameter(
        self, parameter: inspect.Parameter, hint: Any, here: str, *, blocking: bool
    ) -> Parameter:
        name, default = parameter.name, parameter.default
        given = default is not inspect.Parameter.empty
        reference = self._references.read(hint, here, blocking=blocking)
        node: Type | Reference
        if reference is None:
            node = self._types.read(hint, here)
            if given:
                self._types.check_default(node, default, here)
        else:
            node = reference
            self._check_reference(node, default, here, given=given)
        wire = camel(name)
        if wire in _OPTIONS and not (wire == "onProgress" and isinstance(node, Progress)):
            what = f"{wire} is an option of every call in TypeScript"
            self._types.refuse(here, what, "Give it another name.")
        said = said_in(hint)
        return Parameter(
            name=name,
            wire=wire,
            type=node,
            annotation=node.annotation,
            keyword=parameter.kind is _KEYWORD,
            default=default if given else REQUIRED,
            doc=said.doc,
            examples=said.examples,
        )

    def _check_reference(self, node: Reference, default: Any, here: str, *, given: bool) -> None:
        written, optional = spell(node.annotation), may_be_none(node)
        if given and default is not None:
            what = f"its default {default!r:.60} is no {_WORDS[type(node)]}"
            advice = f"Leave it out, or write {written}{'' if optional else ' | None'} = None."
            self._types.refuse(here, what, advice)
        elif given and not optional:
            what = f"its default None is not {written}"
            self._types.refuse(here, what, f"Write {written} | None = None.")
        elif not given and optional and isinstance(node, Progress):
            what = f"nobody needs to listen, and {written} has no default"
            advice = f"Write {written} = None, or {written.removesuffix(' | None')}."
            self._types.refuse(here, what, advice)

    def _check_progress(self, parameters: Sequence[Parameter], place: str) -> None:
        """Refuse what would leave a hole in a call by position: it has no place for progress."""
        before = ""
        for parameter in parameters:
            here = f"{place}, parameter {parameter.name}"
            if isinstance(parameter.type, Progress):
                if before:
                    what = f"it is progress, as {before} is, and a method has one"
                    self._types.refuse(here, what, "Report both by one, such as a Struct.")
                before = parameter.name
            elif before and not parameter.keyword:
                what = f"it comes after {before}, which a call by position leaves out"
                self._types.refuse(here, what, f"Put {before} last, or after the *.")


_WORDS: Final[dict[type, str]] = {
    Stream: "stream",
    Progress: "progress",
    Callback: "callback",
}
