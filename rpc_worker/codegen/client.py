"""The interfaces of a contract, and the descriptor that `createClient` makes a client from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rpc_worker.codegen.docs import (
    Docstring,
    comment,
    first_paragraph,
    inline,
    parse,
    sentence,
)
from rpc_worker.codegen.syntax import (
    WIDTH,
    free_name,
    key,
    listed,
    literal,
    parameter_name,
    property_name,
)
from rpc_worker.codegen.types import broken, default_tag, default_text
from rpc_worker.contract import REQUIRED
from rpc_worker.schema import Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from rpc_worker.codegen.names import TypeNames
    from rpc_worker.codegen.types import TypeWriter
    from rpc_worker.contract import Contract, Method, Namespace, Parameter


class InterfaceWriter:
    """Writes what a client of the contract looks like."""

    def __init__(self, names: TypeNames, types: TypeWriter) -> None:
        self._names = names
        self._types = types

    def declarations(self, namespace: Namespace) -> Iterator[str]:
        """Return the namespace's interface, and those of the namespaces within it."""
        members = [self._method(method) for method in namespace.methods]
        for inner in namespace.namespaces:
            text = comment(inner.doc, indent="  ")
            name = self._names.interfaces[inner.wire]
            members.append(f"{text}  readonly {property_name(inner.name)}: {name};\n")
        name = self._names.interfaces[namespace.wire]
        body = "\n".join(members) if any("/**" in m for m in members) else "".join(members)
        # A namespace's doc stands at its property too, which is where people look.
        yield f"{comment(namespace.doc)}export interface {name} {{\n{body}}}\n"
        for inner in namespace.namespaces:
            yield from self.declarations(inner)

    def _method(self, method: Method) -> str:
        doc = parse(method.doc)
        positional = _positional_names(method)
        parameters = [self._parameter(method, p, name) for p, name in positional.items()]
        result = self._result(method)
        opening = f"{property_name(method.name)}("
        options = self._options(method, doc, positional.values())
        if options and not parameters:
            # The one object is held by the parentheses themselves.
            signature = f"{opening}{options})"
        else:
            parameters += [options.replace("\n", "\n  ")] if options else []
            used = len(f": Promise<{' | '.join(result)}>;") if parameters else 0
            signature = listed(opening, parameters, ")", indent="  ", used=used)
        text = comment(doc.text, self._tags(method, doc, positional), indent="  ")
        return f"{text}{_promised(f'  {signature}', result)}"

    def _result(self, method: Method) -> list[str]:
        if isinstance(method.result, Scalar) and method.result.kind == "null":
            return ["void"]
        return self._types.alternatives(method.result, "output")

    def _parameter(self, method: Method, parameter: Parameter, name: str) -> str:
        expression = self._types.expression(parameter.type, "input")
        if parameter.default is REQUIRED:
            return f"{name}: {expression}"
        if any(p.keyword and p.default is REQUIRED for p in method.parameters):
            # TypeScript wants what may be left out at the end, and the options cannot be.
            return f"{name}: {expression} | undefined"
        return f"{name}?: {expression}"

    def _options(self, method: Method, doc: Docstring, taken: Collection[str]) -> str:
        """Return the trailing parameter that holds those that are keyword-only in Python."""
        options = [p for p in method.parameters if p.keyword]
        if not options:
            return ""
        members: list[str] = []
        for option in options:
            absent = option.default is not REQUIRED
            tags = default_tag(option.default) if absent else []
            text = comment(_said_of(option, doc), tags, indent="    ")
            mark = "?" if absent else ""
            alternatives = self._types.alternatives(option.type, "input")
            if absent and alternatives != ["unknown"]:
                # The runtime leaves out those that are undefined.
                alternatives = [*alternatives, "undefined"]
            head = f"    {property_name(option.wire)}{mark}:"
            members.append(text + broken(head, alternatives))
        optional = all(p.default is not REQUIRED for p in options)
        head = f"{free_name('options', taken)}{'?' if optional else ''}: "
        line = f"{head}{{ {' '.join(member.strip() for member in members)[:-1]} }}"
        if "/**" not in line and "\n" not in line and len(line) < WIDTH / 2:
            return line
        return f"{head}{{\n{''.join(members)}  }}"

    def _tags(
        self, method: Method, doc: Docstring, positional: Mapping[Parameter, str]
    ) -> Iterator[str]:
        for parameter, name in positional.items():
            default = default_text(parameter.default)
            said = [sentence(_said_of(parameter, doc))]
            said += [f"Default: {default}."] if default else []
            if any(said):
                yield f"@param {name} - {' '.join(filter(None, said))}"
        if doc.returns:
            yield f"@returns {sentence(doc.returns)}"
        for error in method.errors:
            said_of = doc.raises.get(error.name) or first_paragraph(error.doc)
            line = f"@throws RpcError {error.code}, {error.name}"
            line += f": {sentence(said_of)}" if said_of else "."
            if error.data is not None:
                line += f" Its data: {{@link {self._names.of(error.data.cls, 'output')}}}."
            yield line
        if method.deprecated is not None:
            yield f"@deprecated {inline(method.deprecated)}".rstrip()


def descriptor(contract: Contract, names: TypeNames, constant: str, command: str) -> str:
    """Return the constant that describes a contract to the runtime."""
    interface = names.interfaces[""]
    regenerate = f"  regenerate: {literal(command)},\n"
    if len(regenerate) > WIDTH + 1:
        regenerate = f"  regenerate:\n    {literal(command)},\n"
    members = (
        f"  name: {literal(contract.name)},\n"
        f"  contract: {literal(contract.digest)},\n"
        f"{regenerate}"
        f"  members: {_members(contract.root, '  ')},\n"
    )
    text = comment("", [f"What `createClient` makes a {{@link {interface}}} from."])
    return f"{text}export const {constant}: Descriptor<{interface}> = {{\n{members}}};\n"


def _members(namespace: Namespace, indent: str) -> str:
    inner = f"{indent}  "
    lines = [f"{inner}{_method_entry(method, inner)},\n" for method in namespace.methods]
    for nested in namespace.namespaces:
        deeper = f"{inner}  "
        lines.append(
            f"{inner}{key(nested.name)}: {{\n{deeper}members: {_members(nested, deeper)},\n"
            f"{inner}}},\n"
        )
    return f"{{\n{''.join(lines)}{indent}}}"


def _method_entry(method: Method, indent: str) -> str:
    head = f"{key(method.name)}: "
    params = [literal(p.wire) for p in method.parameters if not p.keyword]
    options = [literal(p.wire) for p in method.parameters if p.keyword]
    deeper = f"{indent}  "
    items = [f"method: {literal(method.wire)}", f"params: {_array('params', params, deeper)}"]
    if options:
        items.append(f"options: {_array('options', options, deeper)}")
    return head + listed("{ ", items, " }", indent=indent, used=len(head) + len(","))


def _promised(head: str, alternatives: Sequence[str]) -> str:
    """Return a method's end: on the line of its parenthesis, or the result on lines of its own."""
    line = f"{head}: Promise<{' | '.join(alternatives)}>;\n"
    if len(line.splitlines()[-1]) <= WIDTH:
        return line
    result = f"    {' | '.join(alternatives)}\n"
    if len(result) > WIDTH + 1 and len(alternatives) > 1:
        result = "".join(f"    | {alternative}\n" for alternative in alternatives)
    return f"{head}: Promise<\n{result}  >;\n"


def _array(name: str, items: list[str], indent: str) -> str:
    return listed("[", items, "]", indent=indent, used=len(name) + len(": ,"))


def _positional_names(method: Method) -> dict[Parameter, str]:
    names: dict[Parameter, str] = {}
    for parameter in method.parameters:
        if not parameter.keyword:
            names[parameter] = parameter_name(parameter.wire, names.values())
    return names


def _said_of(parameter: Parameter, doc: Docstring) -> str:
    return doc.parameters.get(parameter.name) or parameter.doc
