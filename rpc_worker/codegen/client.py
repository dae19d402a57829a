"""The interfaces of a contract: what a client of the worker offers, and what a page has to.

They are alike but for the end of each method: a page that calls may give options of the call, and
gets a promise; a function of the page's is told of its call, and may answer at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rpc_worker.codegen.bounds import bounds, examples
from rpc_worker.codegen.directions import GIVEN, opposite
from rpc_worker.codegen.docs import (
    Docstring,
    comment,
    deprecation,
    first_paragraph,
    parse,
    sentence,
)
from rpc_worker.codegen.references import is_option, option_name
from rpc_worker.codegen.syntax import (
    free_name,
    listed,
    method_name,
    parameter_name,
    property_name,
    split_arguments,
)
from rpc_worker.codegen.types import broken, default_tag, default_text, fits, lines
from rpc_worker.contract import REQUIRED
from rpc_worker.schema import Progress, Stream

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from rpc_worker.codegen.directions import Direction, Side
    from rpc_worker.codegen.imports import Imports
    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.references import ReferenceWriter
    from rpc_worker.contract import EventType, Method, Namespace, Parameter


_INLINE: Final = 40
"""Characters up to which options are written in the method's own line."""


class InterfaceWriter:
    """Writes the interfaces of a contract, and of its namespaces."""

    def __init__(
        self, side: Side, names: TypeNames, references: ReferenceWriter, runtime: Imports
    ) -> None:
        self._side = side
        self._given: Direction = GIVEN[side]
        self._names = names
        self._references = references
        self._runtime = runtime

    def declarations(self, namespace: Namespace) -> Iterator[str]:
        """Return the namespace's interface, and those of the namespaces within it."""
        members = [self._method(method) for method in namespace.methods]
        members += [self._event(event) for event in namespace.events]
        for inner in namespace.namespaces:
            text = comment(inner.said or inner.doc, indent="  ")
            name = self._names.interfaces[inner.wire]
            members.append(f"{text}  readonly {property_name(inner.name)}: {name};\n")
        name = self._names.interfaces[namespace.wire]
        body = "\n".join(members) if any("/**" in m for m in members) else "".join(members)
        yield f"{comment(namespace.doc or namespace.said)}export interface {name} {{\n{body}}}\n"
        for method in namespace.methods:
            if self._has_named_options(method):
                yield self._options(method)
        for inner in namespace.namespaces:
            yield from self.declarations(inner)

    def _event(self, event: EventType) -> str:
        payload = " | ".join(self._references.alternatives(event.payload, "output"))
        feed = f"{self._runtime.type('EventFeed')}<{payload}>"
        text = comment(event.doc, indent="  ")
        return f"{text}  readonly {property_name(event.name)}: {feed};\n"

    def _method(self, method: Method) -> str:
        doc = parse(method.doc)
        positional = _positional_names(method)
        parameters = [self._parameter(method, p, name) for p, name in positional.items()]
        parameters += self._trailing(method, doc, positional.values())
        used = len(f": {self._answer(method)};")
        opening = f"{method_name(method.name)}("
        signature = listed(opening, parameters, ")", indent="  ", used=used)
        text = comment(doc.text, self._tags(method, doc, positional), indent="  ")
        return f"{text}{self._returning(f'  {signature}:', method)}"

    def _answer(self, method: Method) -> str:
        """Return what a method returns, on one line."""
        if self._side == "frontend":
            return " | ".join(self._references.answer(method.result, opposite(self._given)))
        arguments = ", ".join(" | ".join(alternatives) for alternatives in self._outcomes(method))
        return f"{self._answered(method)}<{arguments}>"

    def _returning(self, head: str, method: Method) -> str:
        line = f"{head} {self._answer(method)};\n"
        if fits(line):
            return line
        if self._side == "frontend":
            return broken(head, self._references.answer(method.result, opposite(self._given)))
        inner = ",\n".join(_argument(alternatives) for alternatives in self._outcomes(method))
        return f"{head} {self._answered(method)}<\n{inner}\n  >;\n"

    def _answered(self, method: Method) -> str:
        return self._runtime.type("Stream" if isinstance(method.result, Stream) else "Call")

    def _outcomes(self, method: Method) -> Iterator[Sequence[str]]:
        """Return the alternatives of what a client is given, and of the declared errors."""
        result = method.result
        if isinstance(result, Stream):
            yield self._references.alternatives(result.item, "output")
        else:
            yield self._references.values(result, "output")
        if method.errors:
            yield [self._names.errors[error.cls] for error in method.errors]

    def _parameter(self, method: Method, parameter: Parameter, name: str) -> str:
        # TypeScript wants what may be left out at the end, where something else is required.
        followed = self._side == "frontend" or any(
            is_option(p) and _is_required(p) for p in method.parameters
        )
        absent = parameter.default is not REQUIRED
        others = ("undefined",) if absent and followed else ()
        alternatives = self._references.alternatives(parameter.type, self._given, *others)
        return _declared(f"{name}{'?' if absent and not followed else ''}:", alternatives)

    def _trailing(self, method: Method, doc: Docstring, taken: Collection[str]) -> Iterator[str]:
        """Return what follows the positional parameters."""
        options = [p for p in method.parameters if is_option(p)]
        name = free_name("options", taken)
        of_calls = self._runtime.type("CallOptions") if self._side == "backend" else ""
        own = ""
        if self._has_named_options(method):
            own = self._names.options[method.wire]
        elif options:
            inner = " ".join(self._option(p, doc).strip() for p in options)
            own = " & ".join(filter(None, (f"{{ {inner[:-1]} }}", of_calls)))
        if self._side == "frontend":
            if own:
                yield f"{name}: {own}"
            yield f"{free_name('call', {*taken, name})}: {self._runtime.type('IncomingCall')}"
        else:
            mark = "" if any(_is_required(p) for p in options) else "?"
            yield f"{name}{mark}: {own or of_calls}"

    def _has_named_options(self, method: Method) -> bool:
        """Tell whether a method's options have an interface: unless there is little to say."""
        doc = parse(method.doc)
        members = [self._option(p, doc) for p in method.parameters if is_option(p)]
        return (
            any("/**" in m or m.count("\n") > 1 for m in members)
            or sum(map(len, members)) > _INLINE
        )

    def _options(self, method: Method) -> str:
        """Return the interface of a method's options."""
        doc = parse(method.doc)
        members = "".join(self._option(p, doc) for p in method.parameters if is_option(p))
        base = f" extends {self._runtime.type('CallOptions')}" if self._side == "backend" else ""
        return f"export interface {self._names.options[method.wire]}{base} {{\n{members}}}\n"

    def _option(self, option: Parameter, doc: Docstring) -> str:
        absent = option.default is not REQUIRED
        tags = default_tag(option.default, self._names) if absent else []
        if isinstance(option.type, Progress):
            # A page need not listen; one that reports is given a function, whoever listens.
            absent, tags = self._side == "backend", []
        # Those that are undefined are left out.
        others = ("undefined",) if absent else ()
        alternatives = self._references.alternatives(option.type, self._given, *others)
        head = f"  {option_name(option)}{'?' if absent else ''}:"
        said = [*bounds(option.type), *examples(option.examples, self._names)]
        text = comment(lines(_said_of(option, doc), *said), tags, indent="  ")
        return text + broken(head, alternatives)

    def _tags(
        self, method: Method, doc: Docstring, positional: Mapping[Parameter, str]
    ) -> Iterator[str]:
        for parameter, name in positional.items():
            default = default_text(parameter.default, self._names)
            said = [sentence(_said_of(parameter, doc)), *bounds(parameter.type)]
            said += [f"Default: {default}."] if default else []
            said += examples(parameter.examples, self._names)
            if any(said):
                yield f"@param {name} - {' '.join(filter(None, said))}"
        result = method.result.item if isinstance(method.result, Stream) else method.result
        returned = [sentence(doc.returns), *bounds(result)]
        if any(returned):
            yield f"@returns {' '.join(filter(None, returned))}"
        for error in method.errors:
            said_of = doc.raises.get(error.name) or first_paragraph(error.doc)
            # Behind @throws, TypeScript takes a brace for the beginning of a type.
            line = f"@throws {error.code} {{@link {self._names.errors[error.cls]}}}"
            yield line + (f": {sentence(said_of)}" if said_of else ".")
        yield from deprecation(method.deprecated)


def _declared(head: str, alternatives: Sequence[str]) -> str:
    """Return a parameter; if a line of its own is too short for it, the type is below the name."""
    inner = " | ".join(alternatives)
    if fits(f"    {head} {inner},"):
        return f"{head} {inner}"
    if len(alternatives) == 1:
        # One that is too long is a function, or has a name that is.
        taken, arrow, answer = inner.partition(") => ")
        if not arrow:
            return f"{head} {inner}"
        given = split_arguments(taken.removeprefix("("))
        listed_ = listed("(", given, ")", indent="    ", used=len(f"{head}  => {answer},"))
        return f"{head} {listed_} => {answer}"
    if not fits(f"      {inner},"):
        inner = "\n      ".join(f"| {alternative}" for alternative in alternatives)
    return f"{head}\n      {inner}"


def _argument(alternatives: Sequence[str]) -> str:
    """Return a type argument on a line of its own, or on one for each alternative."""
    line = f"    {' | '.join(alternatives)}"
    if fits(f"{line},") or len(alternatives) == 1:
        return line
    return "\n".join(f"    | {alternative}" for alternative in alternatives)


def _positional_names(method: Method) -> dict[Parameter, str]:
    names: dict[Parameter, str] = {}
    for parameter in method.parameters:
        if not is_option(parameter):
            names[parameter] = parameter_name(parameter.wire, names.values())
    return names


def _is_required(option: Parameter) -> bool:
    return option.default is REQUIRED and not isinstance(option.type, Progress)


def _said_of(parameter: Parameter, doc: Docstring) -> str:
    return doc.parameters.get(parameter.name) or parameter.doc
