"""A contract as an OpenRPC 1.3 document, which `rpc.discover` answers with.

The schemas are JSON Schema draft 7, as OpenRPC 1.3 has it. They say what a value looks like on the
wire; of the types a client is generated from, the contract itself says more. What neither of them
has a word for, and whoever compares two documents must know, stands there under a name with `x-`.

A contract gives the same document in each process and on each version of Python, in an order that
stays when something is added, so that it can be committed and its differences read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from rpc_worker.contract import REQUIRED
from rpc_worker.json_schema import Schemas
from rpc_worker.schema import Progress, Scalar

if TYPE_CHECKING:
    from rpc_worker.contract import Contract, ErrorType, EventType, Method, Parameter
    from rpc_worker.json_schema import Schema
    from rpc_worker.schema import Record, Type

__all__ = ["document"]

OPENRPC: Final = "1.3.2"


def document(
    contract: Contract, *, name: str, version: str, frontend: Contract | None = None
) -> dict[str, Any]:
    """Return the OpenRPC document of a contract, made of what JSON has and nothing else.

    Args:
        contract: What is described.
        name: The worker's name for people, the document's title.
        version: The worker's own version.
        frontend: What the worker calls in its turn, if anything.
    """
    schemas = _Schemas()
    info: dict[str, Any] = {"title": name, "version": version}
    if contract.doc:
        info["description"] = contract.doc
    described = {"openrpc": OPENRPC, "info": info} | _members(contract, schemas)
    if frontend is not None:
        said = {"description": frontend.doc} if frontend.doc else {}
        described["x-frontend"] = said | _members(frontend, schemas)
    # Sorted, for a type that is used for the first time elsewhere must not move the others.
    return described | {"components": {"schemas": dict(sorted(schemas.components.items()))}}


class _Schemas(Schemas):
    """Schemas, with what decides whether two of them are compatible, and which draft 7 lacks."""

    def of(self, node: Type, *, default: Any = msgspec.UNSET, doc: str = "") -> Schema:
        described = super().of(node, default=default, doc=doc)
        match node:
            case Scalar(kind="decimal"):
                return described | {"format": "decimal"}
            case Scalar(kind="bytes" | "datetime" | "time", constraints=demanded) if demanded:
                return described | {"x-constraints": msgspec.to_builtins(demanded)}
            case _:
                return described

    def _record(self, node: Record) -> Schema:
        # `required` says what a decoder insists on, and this what an encoder may leave out.
        described = super()._record(node)
        always = not node.omit_defaults and node.kind != "typeddict"
        absent = [f.wire for f in node.fields if not f.required and (f.unset or not always)]
        return described | ({"x-absent": absent} if absent and not node.array_like else {})


def _members(contract: Contract, schemas: _Schemas) -> dict[str, Any]:
    """Return the methods of a contract, and its events, for which OpenRPC has no place."""
    methods = [_method(method, schemas) for method in contract.methods.values()]
    described: dict[str, Any] = {"methods": methods}
    if contract.events:
        described["x-events"] = [_event(event, schemas) for event in contract.events.values()]
    return described


def _event(event: EventType, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {"name": event.wire}
    if event.doc:
        described["description"] = event.doc
    payload = {"name": "payload", "required": True, "schema": schemas.of(event.payload)}
    return described | {"paramStructure": "by-position", "params": [payload]}


def _method(method: Method, schemas: _Schemas) -> dict[str, Any]:
    by_name_only = any(parameter.keyword for parameter in method.parameters)
    described: dict[str, Any] = {"name": method.wire}
    if method.doc:
        described["summary"] = method.doc.partition("\n")[0]
        described["description"] = method.doc
    if method.deprecated is not None:
        described["deprecated"] = True
        described["description"] = f"{method.doc}\n\nDeprecated: {method.deprecated}".strip()
    described["paramStructure"] = "by-name" if by_name_only else "either"
    described["params"] = [_parameter(parameter, schemas) for parameter in method.parameters]
    described["result"] = {"name": "result", "schema": schemas.crossing(method.result)}
    if method.errors:
        described["errors"] = [_error(error, schemas) for error in method.errors]
    return described


def _parameter(parameter: Parameter, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.wire,
        # Nobody has to listen to progress.
        "required": parameter.default is REQUIRED and not isinstance(parameter.type, Progress),
        "schema": schemas.crossing(parameter.type, default=parameter.default),
    }
    if parameter.keyword:
        described["x-keyword-only"] = True
    if parameter.doc:
        described["description"] = parameter.doc
    return described


def _error(error: ErrorType, schemas: _Schemas) -> dict[str, Any]:
    message = error.doc.partition("\n")[0] or error.name
    described: dict[str, Any] = {"code": error.code, "message": message, "x-name": error.name}
    if error.data is not None:
        # OpenRPC has room for an example here, and none for a type: its tools show what it is.
        described["data"] = schemas.of(error.data)
    return described
