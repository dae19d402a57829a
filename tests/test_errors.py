"""The error that crosses the wire."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec
import pytest

from rpc_worker.errors import ContractError, ErrorCode, Misfit, RpcError


class NotFound(RpcError, code=4004):  # noqa: N818 - named as its users would
    """There is no such file.

    Nor was there ever.
    """

    limit: ClassVar[int] = 5
    path: str
    tried_often: int = 3


class StillMissing(NotFound, code=4005):
    since: str = "always"


class Plain(RpcError, code=7): ...  # noqa: N818 - as above


def test_a_plain_error_has_message_code_and_data() -> None:
    error = RpcError("no such table", code=12, data={"table": "t"})
    assert (error.message, error.code, error.data) == ("no such table", 12, {"table": "t"})
    assert str(error) == "no such table"
    assert repr(error) == "RpcError('no such table', code=12, data={'table': 't'})"


def test_what_is_not_given_has_a_default() -> None:
    error = RpcError()
    assert (error.message, error.code, error.data) == ("RpcError", -32000, None)
    assert (Plain().message, Plain().code) == ("Plain", 7)


def test_annotated_fields_are_the_data_by_position_or_by_name() -> None:
    for error in (NotFound("x"), NotFound(path="x", tried_often=3)):
        assert (error.path, error.tried_often, error.code) == ("x", 3, 4004)
        assert error.message == "There is no such file."
        assert msgspec.json.encode(error.data) == b'{"path":"x","triedOften":3}'


def test_fields_are_inherited() -> None:
    error = StillMissing("x", since="today")
    assert msgspec.json.encode(error.data) == b'{"path":"x","triedOften":3,"since":"today"}'
    assert (error.code, error.message) == (4005, "StillMissing")
    assert isinstance(error, NotFound)


def raised(make: Any) -> str:
    with pytest.raises((TypeError, ValueError)) as caught:
        make()
    return str(caught.value)


def reserved() -> type:
    return type("Mine", (RpcError,), {}, code=-32001)


def taken() -> type:
    return type("Mine", (RpcError,), {"__annotations__": {"message": str}}, code=4)


RESERVED = (
    "class Mine(RpcError, code=-32001): the codes -32768…-32000 are reserved by JSON-RPC 2.0; "
    "choose a code outside of them, such as 4004"
)
TAKEN = (
    "class Mine: an RpcError's field cannot be called 'message', every RpcError has that "
    "attribute; choose another name"
)
RAISED = (
    "RpcError(code=-32601): the codes -32768…-32000 are reserved by JSON-RPC 2.0; "
    "choose a code outside of them, such as 4004"
)
NO_INTEGER = "an RpcError's code is an integer, such as 4004, not "


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (reserved, RESERVED),
        (taken, TAKEN),
        (lambda: RpcError("x", code=-32601), RAISED),
        (lambda: RpcError("x", code="E_NOENT"), f"{NO_INTEGER}'E_NOENT'"),
        (lambda: RpcError("x", code=1.5), f"{NO_INTEGER}1.5"),
        (lambda: RpcError("x", code=True), f"{NO_INTEGER}True"),
        (NotFound, "Missing required argument 'path'"),
    ],
)
def test_misuse_says_what_to_write(make: Any, message: str) -> None:
    assert raised(make) == message


def test_a_code_of_the_protocol_can_be_meant() -> None:
    assert RpcError("not so", code=ErrorCode.INVALID_PARAMS).code == -32602


def test_a_contract_error_lists_all_misfits() -> None:
    one, two = Misfit("a.B.c", "is wrong", "Write d."), Misfit("a.B.e", "is too", "Write f.")
    assert str(ContractError([one])) == "1 misfit:\n  a.B.c\n    is wrong\n    Write d."
    assert str(ContractError([one, two])).startswith("2 misfits:\n  a.B.c\n")


def test_the_codes_of_the_protocol_are_reserved_ones() -> None:
    assert all(-32768 <= code <= -32000 or code in (-32800, -32802) for code in ErrorCode)
