"""A contract as an OpenRPC 1.3 document, which `rpc.discover` answers with.

The schemas are JSON Schema draft 7, as OpenRPC 1.3 has it. They say what a value looks like on the
wire; of the types a client is generated from, the contract itself says more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rpc_worker.contract import REQUIRED
from rpc_worker.json_schema import Schemas
from rpc_worker.schema import Progress

if TYPE_CHECKING:
    from rpc_worker.contract import Contract, ErrorType, EventType, Method, Parameter

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
    schemas = Schemas()
    info: dict[str, Any] = {"title": name, "version": version}
    if contract.doc:
        info["description"] = contract.doc
    described = {"openrpc": OPENRPC, "info": info} | _members(contract, schemas)
    if frontend is not None:
        said = {"description": frontend.doc} if frontend.doc else {}
        described["x-frontend"] = said | _members(frontend, schemas)
    return described | {"components": {"schemas": schemas.components}}


def _members(contract: Contract, schemas: Schemas) -> dict[str, Any]:
    """Return the methods of a contract, and its events, for which OpenRPC has no place."""
    methods = [_method(method, schemas) for method in contract.methods.values()]
    described: dict[str, Any] = {"methods": methods}
    if contract.events:
        described["x-events"] = [_event(event, schemas) for event in contract.events.values()]
    return described


def _event(event: EventType, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {"name": event.wire}
    if event.doc:
        described["description"] = event.doc
    payload = {"name": "payload", "required": True, "schema": schemas.of(event.payload)}
    return described | {"paramStructure": "by-position", "params": [payload]}


def _method(method: Method, schemas: Schemas) -> dict[str, Any]:
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


def _parameter(parameter: Parameter, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.wire,
        # Nobody has to listen to progress.
        "required": parameter.default is REQUIRED and not isinstance(parameter.type, Progress),
        "schema": schemas.crossing(parameter.type, default=parameter.default),
    }
    if parameter.doc:
        described["description"] = parameter.doc
    return described


def _error(error: ErrorType, schemas: Schemas) -> dict[str, Any]:
    message = error.doc.partition("\n")[0] or error.name
    described: dict[str, Any] = {"code": error.code, "message": message}
    if error.data is not None:
        # OpenRPC has room for an example here, and none for a type: its tools show what it is.
        described["data"] = schemas.of(error.data)
    return described
