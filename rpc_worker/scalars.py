"""What may be sent of each type that has no parts.

Each check takes one value and raises `UnencodableResult` for one that must not be sent: numbers
that JavaScript would read as others, and what msgspec would write as something else without a word.
Whether a container is what was declared is not known here.
"""

from __future__ import annotations

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from math import isfinite
from typing import Any, Final, TypeAlias

from rpc_worker.errors import text_of
from rpc_worker.limits import NESTING
from rpc_worker.markers import BigInt

__all__ = [
    "SAFE",
    "SCALARS",
    "TOO_DEEP",
    "Check",
    "UnencodableResult",
    "check_datetime",
    "check_float",
    "check_local_datetime",
    "expected",
    "guarded",
    "member",
    "received",
]

Check: TypeAlias = Callable[[Any], None]
"""Raises UnencodableResult for a value that must not be sent."""

SAFE: Final = 2**53 - 1
"""The largest integer below which a JavaScript number holds them all."""

TOO_DEEP: Final = (
    f"it is nested deeper than {NESTING} levels, or contains itself; return a flat list whose "
    "items refer to each other by number"
)


class UnencodableResult(ValueError):  # noqa: N818 - named as the protocol names its code
    """A value that has no place on the wire (protocol, section 11).

    Attributes:
        problem: What is wrong with it, and what to do.
        path: Where in the value, `$.items[3].size`; `$` is the value itself.
        is_result: Whether it was returned, or yielded, and not given to something that sends it.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = "$"
        self.is_result = True

    def __str__(self) -> str:
        return self.problem if self.path == "$" else f"{self.path}: {self.problem}"

    def within(self, step: str) -> UnencodableResult:
        """Return this error as it is seen from the value around: `[3]` or `.size` comes first."""
        if self.problem != TOO_DEEP:  # The path to that would be longer than the message.
            self.path = f"${step}{self.path[1:]}"
        return self


def expected(what: str, value: object) -> UnencodableResult:
    """Return the error for a value of another type."""
    return UnencodableResult(f"expected {what}, got {received(value)}")


def received(value: object) -> str:
    """Return what a value is, in a word."""
    if value is None:
        return "None"
    name = type(value).__qualname__
    return f"{name} (is an await missing?)" if name == "coroutine" else name


def member(step: object) -> str:
    """Return the step of a path to a member of an object, or to an item by its index."""
    if isinstance(step, str) and step.isidentifier():
        return f".{step}"
    if isinstance(step, int) and step.bit_length() > 64:
        step = "…"
    return f"[{step!a:.40}]" if isinstance(step, (str, int, float)) else f"[{received(step)}]"


def guarded(check: Check) -> Check:
    """Return a check that raises nothing but UnencodableResult, whatever the value's class does."""

    def guard(value: Any) -> None:
        try:
            check(value)
        except UnencodableResult:
            raise
        except RecursionError:
            raise UnencodableResult(TOO_DEEP) from None
        except Exception as error:  # noqa: BLE001 - properties and iterators of the user's run here
            problem = f"reading it raises {type(error).__name__}: {text_of(error)}"
            raise UnencodableResult(problem) from None

    return guard


# ------------------------------------------------------------------------------------ numbers


def _check_int(value: Any) -> None:
    if type(value) is not int or not -SAFE <= value <= SAFE:
        _check_unusual_int(value)


@guarded
def _check_unusual_int(value: Any) -> None:
    """Look at what is no plain int within the range: an IntEnum's member, or a misfit."""
    if isinstance(value, (bool, BigInt)) or not isinstance(value, int):
        raise expected("int", value)
    if not -SAFE <= value <= SAFE:
        shown = int(value) if value.bit_length() <= 128 else f"of {value.bit_length()} bits"
        raise UnencodableResult(
            f"the int {shown} is outside ±(2^53-1), where a JavaScript number is not exact; "
            "declare rpc_worker.BigInt and return BigInt(…)"
        )


def check_float(value: Any) -> None:
    """Refuse what is no number, or none that JSON and JavaScript have."""
    if type(value) is not float or not isfinite(value):
        _check_unusual_float(value)


@guarded
def _check_unusual_float(value: Any) -> None:
    """Look at what is no plain finite float: an int, numpy's float64, or a misfit."""
    if isinstance(value, int) and not isinstance(value, (bool, BigInt)):
        _check_unusual_int(value)
    elif not isinstance(value, float):
        raise expected("float", value)
    elif not isfinite(value):
        raise UnencodableResult(
            f"JSON has no {float(value)}; declare `float | None` and return None"
        )


def _check_bigint(value: Any) -> None:
    if type(value) is int:
        raise UnencodableResult("expected BigInt, got int; write BigInt(…)")
    if not isinstance(value, BigInt):
        raise expected("BigInt", value)


# ------------------------------------------------------------------------------------- dates


_MINUTE: Final = dt.timedelta(minutes=1)


def _signed(offset: dt.timedelta) -> str:
    return f"{'-' if offset < dt.timedelta() else '+'}{abs(offset)}"


def check_datetime(value: Any) -> None:
    """Refuse what is no datetime, or one without a time zone that the wire can tell."""
    if not isinstance(value, dt.datetime):
        raise expected("datetime", value)
    offset = value.utcoffset()
    if offset is None:
        raise UnencodableResult(
            "the datetime has no time zone, so JavaScript would take it for its own; write "
            "datetime.now(UTC) or value.astimezone()"
        )
    if offset % _MINUTE:
        # msgspec would write another moment: zones had such offsets before their standard time.
        raise UnencodableResult(
            f"the datetime is {_signed(offset)} from UTC, and the wire has whole minutes; write "
            "value.astimezone(UTC)"
        )


@guarded
def check_local_datetime(value: Any) -> None:
    """Refuse a datetime that has a time zone, where `Meta(tz=False)` declares it has none."""
    if not isinstance(value, dt.datetime):
        raise expected("datetime", value)
    if value.utcoffset() is not None:
        raise UnencodableResult(
            "the datetime has a time zone, and Meta(tz=False) says it has none; write "
            "value.replace(tzinfo=None), or declare Meta(tz=True)"
        )


# ------------------------------------------------------------------------------------ by kind


def _instance_of(what: str, *classes: type) -> Check:
    @guarded
    def check_subclass(value: Any) -> None:
        if not isinstance(value, classes):
            raise expected(what, value)

    def check(value: object) -> None:
        if type(value) not in classes:
            check_subclass(value)

    return check


def _check_null(value: Any) -> None:
    if value is not None:
        raise expected("None", value)


@guarded
def _check_time(value: Any) -> None:
    if not isinstance(value, dt.time):
        raise expected("time", value)
    offset = value.utcoffset()
    if offset is not None and offset % _MINUTE:
        raise UnencodableResult(
            f"the time is {_signed(offset)} from UTC, and the wire has whole minutes; write "
            "value.replace(tzinfo=None), or send a datetime"
        )


def _check_date(value: Any) -> None:
    if not isinstance(value, dt.date) or isinstance(value, dt.datetime):
        raise expected("date", value)


SCALARS: Final[dict[str, Check]] = {
    "null": _check_null,
    "bool": _instance_of("bool", bool),
    "int": _check_int,
    "float": check_float,
    "str": _instance_of("str", str),
    "bytes": _instance_of("bytes", bytes, bytearray, memoryview),
    "bigint": guarded(_check_bigint),
    "datetime": guarded(check_datetime),
    "date": guarded(_check_date),
    "time": _check_time,
    "timedelta": _instance_of("timedelta", dt.timedelta),
    "uuid": _instance_of("UUID", uuid.UUID),
    "decimal": _instance_of("Decimal", decimal.Decimal),
}
"""The check of each kind of scalar; Any and Raw can have parts."""
