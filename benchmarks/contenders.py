"""Who is measured, by what, and what we want to reach. Data only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Figures: TypeAlias = Mapping[str, float]
"""What the driver said of one contender, by figure."""

Round: TypeAlias = Mapping[str, Figures]
"""The figures of one round, by contender."""

Measurement: TypeAlias = Literal["calls", "flight", "echo", "start", "stream"]

FLOOR: Final = "floor_py"
IN_FLIGHT: Final = (1, 10, 100, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Contender:
    """A worker, and the method of it that is called."""

    name: str
    label: str
    script: str
    method: str
    measurements: tuple[Measurement, ...]
    dialect: Literal["jsonrpc", "kkrpc0", "kkrpc2"] = "jsonrpc"


CONTENDERS: Final = (
    Contender(
        FLOOR, "the floor: a blocking loop", "floor_py", "add", ("calls", "flight", "echo", "start")
    ),
    Contender(
        "async", "rpc-worker, `async def`", "worker", "add", ("calls", "flight", "echo", "start")
    ),
    Contender("inline", "rpc-worker, `@inline def`", "worker", "addInline", ("calls",)),
    Contender(
        "suspending",
        "rpc-worker, `async def` that suspends once",
        "worker",
        "addSuspending",
        ("calls", "flight"),
    ),
    Contender("thread", "rpc-worker, `def`, in a thread", "worker", "addInThread", ("calls",)),
    Contender("stream", "rpc-worker, a stream by `async def`", "worker", "count", ("stream",)),
    Contender("kkrpc0", "the same, called by kkrpc 0.2.2", "worker", "add", ("calls",), "kkrpc0"),
    Contender("kkrpc2", "the same, called by kkrpc 2", "worker", "add", ("calls",), "kkrpc2"),
    # Not `flight`: at its pace, 200,000 calls a round are 20 s of waiting for a known result.
    Contender(
        "jsonrpcserver",
        "jsonrpcserver, on asyncio's streams",
        "jsonrpcserver_worker",
        "add",
        ("calls", "echo", "start"),
    ),
)


@dataclass(frozen=True)
class Target:
    """A bound for one value of a round."""

    what: str
    contender: str
    value: Callable[[Round], float]
    sign: Literal["≤", "≥"]
    bound: float
    # The bound before Python 3.12, which brought tasks that start at once.
    bound_311: float | None = None


def _to_floor(contender: str, figure: str) -> Callable[[Round], float]:
    return lambda figures: figures[contender][figure] / figures[FLOOR][figure]


def _to_json_rpc(contender: str, figure: str) -> Callable[[Round], float]:
    return lambda figures: figures[contender][figure] / figures["async"][figure]


def _call_to_json_rpc(contender: str, rate: str) -> Callable[[Round], float]:
    """Return how many times as long a call takes, told by how many there are in a second."""
    return lambda figures: figures["async"][rate] / figures[contender][rate]


TARGETS: Final = (
    Target(
        "`async def`: latency, to the floor",
        "async",
        _to_floor("async", "latency_us"),
        "≤",
        1.6,
        bound_311=2.0,
    ),
    Target(
        "`async def`: rate with 64 in flight, to the floor",
        "async",
        _to_floor("async", "rate_64"),
        "≥",
        1.0,
    ),
    Target(
        "`async def`: rate with 1,024 in flight, to the floor",
        "async",
        _to_floor("async", "rate_1024"),
        "≥",
        1.3,
    ),
    Target(
        "`@inline def`: latency, to the floor",
        "inline",
        _to_floor("inline", "latency_us"),
        "≤",
        1.4,
    ),
    Target(
        "`@inline def`: rate with 1,024 in flight, to the floor",
        "inline",
        _to_floor("inline", "rate_1024"),
        "≥",
        2.0,
    ),
    Target(
        "suspends once: rate with 1,024 in flight, to the floor",
        "suspending",
        _to_floor("suspending", "rate_1024"),
        "≥",
        0.4,
    ),
    Target("16 MiB echo: rate, to the floor", "async", _to_floor("async", "echo_mib_s"), "≥", 0.9),
    Target(
        "spawn to first answer, to the floor", "async", _to_floor("async", "start_ms"), "≤", 2.0
    ),
    Target(
        "memory at the first answer, MiB",
        "async",
        lambda figures: figures["async"]["start_peak_mb"],
        "≤",
        26.0,
    ),
    Target(
        "a stream: items a second",
        "stream",
        lambda figures: figures["stream"]["stream_items_s"],
        "≥",
        500_000.0,
    ),
    *(
        Target(
            f"kkrpc {version}: {what}, to JSON-RPC",
            contender,
            value,
            "≤",
            1.5,
        )
        for version, contender in (("0.2.2", "kkrpc0"), ("2", "kkrpc2"))
        for what, value in (
            ("latency", _to_json_rpc(contender, "latency_us")),
            ("a call among 64", _call_to_json_rpc(contender, "rate_64")),
            ("a call among 1,024", _call_to_json_rpc(contender, "rate_1024")),
        )
    ),
    # What "flat" means here: the driver's own share rises by about a quarter.
    Target(
        "`async def`: a call among 100,000, to one among 1,000",
        "async",
        lambda figures: figures["async"]["flight_us_100000"] / figures["async"]["flight_us_1000"],
        "≤",
        1.5,
    ),
)
