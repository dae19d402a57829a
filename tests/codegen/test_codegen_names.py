"""What contracts and their types are called in TypeScript."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import msgspec
import pytest

from rpc_worker import RpcError, Struct, raises
from rpc_worker.codegen.names import ContractNames, TypeNames, contract_names, type_names
from rpc_worker.codegen.survey import survey
from rpc_worker.codegen.syntax import pascal
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
        # To which the contract's interface gives way.
        ([struct("Some")], ["Some"]),
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


def names_of(contract: type) -> TypeNames:
    read = read_contract(contract, sources=True)
    return type_names(read, survey(read))


class Outer:
    class NotFound(RpcError, code=1):  # noqa: N818 - errors of a contract have such names
        path: str


class NotFound(RpcError, code=2):  # noqa: N818 - as said
    name: str


class Gone(NotFound, code=3):
    pass


class GoneData(Struct):
    taken: bool


class Settings(Struct):
    theme: str = ""


class SettingsInput(Struct):
    taken: bool


def test_an_error_and_its_data_have_names_of_one_kind() -> None:
    class FilesAPI(Protocol):
        @raises(Outer.NotFound, NotFound)
        async def one(self, data: GoneData) -> None: ...
        @raises(Gone)
        async def two(self) -> None: ...

    names = names_of(FilesAPI)
    assert names.errors == {
        Outer.NotFound: "OuterNotFound",
        NotFound: f"{pascal(__name__.rpartition('.')[2])}NotFound",
        Gone: "Gone",
    }
    for error in (Outer.NotFound, NotFound):
        assert error.data_type is not None
        assert names.types[error.data_type] == f"{names.errors[error]}Data"
    assert names.types[GoneData] == "GoneData"


def test_a_second_form_takes_no_name_of_another() -> None:
    class BothAPI(Protocol):
        async def one(self, value: Settings, other: SettingsInput) -> Settings: ...

    names = names_of(BothAPI)
    assert names.types[Settings] == "Settings"
    assert names.types[SettingsInput] == "SettingsInput"
    assert names.inputs == {Settings: "SettingsInput2"}
    assert names.of(Settings, "input") == "SettingsInput2"
    assert names.of(Settings, "output") == names.of(Settings, "output") == "Settings"


class InnerAPI(Protocol):
    async def read(self, *, limit: int = 1) -> None: ...


class OptionsOfOne(Struct):
    read_limit: int


def test_options_are_named_after_their_method() -> None:
    class OptionsAPI(Protocol):
        files: InnerAPI
        files_read: InnerAPI

        async def of_one(self, *, limit: int = 1) -> OptionsOfOne: ...
        async def files_read_read(self, *, depth: int = 1) -> None: ...
        async def none(self, limit: int = 1) -> None: ...

    names = names_of(OptionsAPI)
    assert names.options == {
        "ofOne": "OptionsOfOneOptions",
        "filesReadRead": "OptionsFilesReadReadOptions",
        "files.read": "OptionsFilesReadOptions",
        "filesRead.read": "OptionsFilesReadReadOptions2",
    }
    assert len(names.all()) == len(names.options) + len(names.interfaces) + len(names.types)


T = TypeVar("T")
T2 = TypeVar("T2")
Input = TypeVar("Input")
Promise = TypeVar("Promise")


class Two(Struct, Generic[T, T2]):
    one: T
    two: T2


class Held(Struct, Generic[Input, Promise]):
    one: Input
    two: Promise


class Hidden:
    class T(Struct):
        pass

    class Input(Struct):
        pass


def test_a_variable_hides_no_type_and_no_other() -> None:
    class VariablesAPI(Protocol):
        async def one(self) -> Two[Hidden.T, int]: ...
        async def two(self) -> Held[Hidden.Input, int]: ...

    names = names_of(VariablesAPI)
    assert {alias.name: name for alias, name in names.variables.items()} == {
        "T": "T3",
        "T2": "T2",
        "Input": "Input2",
        "Promise": "Promise2",
    }
