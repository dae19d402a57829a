"""What contracts and their types are called in TypeScript."""

from __future__ import annotations

from typing import Protocol

import msgspec
import pytest

from rpc_worker.codegen.names import ContractNames, contract_names, type_names
from rpc_worker.codegen.survey import survey
from rpc_worker.contract import Contract, read_contract


def contract_of(*types: type, name: str = "SomeAPI") -> Contract:
    class SomeAPI(Protocol):
        async def all(self) -> None: ...

    SomeAPI.__name__ = name
    SomeAPI.all.__annotations__["return"] = tuple.__class_getitem__(types or (int,))
    return read_contract(SomeAPI)


def struct(name: str, module: str = "one") -> type:
    return msgspec.defstruct(name, [], module=module)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("BackendAPI", ContractNames("backend", "Backend", "backend")),
        ("API", ContractNames("api", "API", "api")),
        ("PromiseAPI", ContractNames("promise", "PromiseContract", "promise")),
        ("IterableAPI", ContractNames("iterable", "IterableContract", "iterable")),
        ("DeleteAPI", ContractNames("delete", "Delete", "deleteContract")),
        # What the runtime calls so gives way.
        ("DescriptorAPI", ContractNames("descriptor", "Descriptor", "descriptor")),
        # Without what it is called by, a name can begin with a digit, or be nothing.
        ("_1API", ContractNames("1", "_1", "_1Contract")),
        ("__", ContractNames("__", "_", "__")),
        # A script without capital letters.
        ("後端API", ContractNames("後端", "後端", "後端Contract")),
        # What Windows calls its devices.
        ("ConAPI", ContractNames("con-contract", "Con", "con")),
        ("NUL", ContractNames("nul-contract", "NUL", "nul")),
        ("Lpt1API", ContractNames("lpt1-contract", "Lpt1", "lpt1")),
        ("Com10API", ContractNames("com10", "Com10", "com10")),
    ],
)
def test_a_contract_is_named_after_its_class(name: str, expected: ContractNames) -> None:
    assert contract_names(contract_of(name=name)) == expected


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ([struct("A"), struct("B")], ["A", "B"]),
        ([struct("A"), struct("A", "two")], ["OneA", "TwoA"]),
        ([struct("A", "x.one"), struct("A", "y.one")], ["XOneA", "YOneA"]),
        ([struct("Promise")], ["OnePromise"]),
        ([struct("Promise", "pk._2a")], ["_2aPromise"]),
        ([struct("Some")], ["OneSome"]),
        # Those that nothing tells apart.
        ([struct("A"), struct("A")], ["OneA", "OneA2"]),
        ([struct("A"), struct("B"), struct("B"), struct("A")], ["OneA", "OneB", "OneB2", "OneA2"]),
        ([struct("A"), struct("A"), struct("OneA2")], ["OneA", "OneA3", "OneA2"]),
        ([struct("Promise", ""), struct("Promise2", "")], ["Promise3", "Promise2"]),
    ],
)
def test_types_are_told_apart(types: list[type], expected: list[str]) -> None:
    contract = contract_of(*types)
    names = type_names(contract, survey(contract))
    assert [names.types[cls] for cls in types] == expected
