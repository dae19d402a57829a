"""Figures to Markdown, as it is printed and as it stands in the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import TYPE_CHECKING, Final, TypeAlias

from contenders import CONTENDERS, FLOOR, IN_FLIGHT, TARGETS, Contender, Round, Target

if TYPE_CHECKING:
    from pathlib import Path

Column: TypeAlias = tuple[str, str, Callable[[float], str]]
"""A heading, a figure, and how the figure is written."""

UNKNOWN: Final = "-"


def _one_decimal(value: float) -> str:
    return f"{value:.1f}"


def whole(value: float) -> str:
    return f"{value:,.0f}"


def _thousands(value: float) -> str:
    return f"{value:,.0f}" if value < 1_000 else f"{round(value, -3):,.0f}"


COLUMNS: Final[tuple[Column, ...]] = (
    ("one in flight, µs", "latency_us", _one_decimal),
    ("99 of 100 below, µs", "latency_p99_us", _one_decimal),
    ("64 in flight, calls/s", "rate_64", _thousands),
    ("1,024 in flight, calls/s", "rate_1024", _thousands),
    ("16 MiB echo, MiB/s", "echo_mib_s", whole),
    ("a stream, items/s", "stream_items_s", _thousands),
    ("first answer, ms", "start_ms", whole),
    ("memory then, MiB", "start_peak_mb", _one_decimal),
)


def report(python: str, rounds: Sequence[Round]) -> str:
    """All tables of one interpreter; `python` is its version, such as 3.12.1."""
    contenders = [contender for contender in CONTENDERS if contender.name in rounds[0]]
    return "\n".join(
        (
            f"### Python {python}",
            "",
            "Medians; in brackets the ratio to the floor in the same round. Between the rounds the",
            f"floor's own rate differed by up to {_spread(rounds):.0%}.",
            "",
            *_comparison(contenders, rounds),
            "",
            *targets_table(TARGETS, python, rounds),
            "Microseconds for each call, by how many are in flight:",
            "",
            *_flight(contenders, rounds),
            "",
        )
    )


def _spread(rounds: Sequence[Round]) -> float:
    """How far to trust the figures: on a machine that does nothing else it is a few percent."""
    rates = [each[FLOOR]["rate_1024"] for each in rounds]
    return max(rates) / min(rates) - 1


def _comparison(contenders: Iterable[Contender], rounds: Sequence[Round]) -> list[str]:
    lines = heading("", *(heading for heading, _, _ in COLUMNS))
    for contender in contenders:
        cells = [contender.label]
        for _, figure, write in COLUMNS:
            cell = _figure(contender.name, figure, write, rounds)
            if cell != UNKNOWN and figure in rounds[0][FLOOR] and contender.name != FLOOR:
                ratios = [each[contender.name][figure] / each[FLOOR][figure] for each in rounds]
                cell += f" ({median(ratios):.2f})"
            cells.append(cell)
        lines.append(row(cells))
    return lines


def _flight(contenders: Iterable[Contender], rounds: Sequence[Round]) -> list[str]:
    columns: list[Column] = [
        (f"{count:,}", f"flight_us_{count}", lambda value: f"{value:.2f}") for count in IN_FLIGHT
    ]
    columns.append(("peak memory, MiB", "flight_peak_mb", whole))
    lines = heading("", *(heading for heading, _, _ in columns))
    for contender in contenders:
        if "flight" in contender.measurements:
            cells = [_figure(contender.name, name, write, rounds) for _, name, write in columns]
            lines.append(row([contender.label, *cells]))
    return lines


def _figure(name: str, figure: str, write: Callable[[float], str], rounds: Sequence[Round]) -> str:
    values = [each[name][figure] for each in rounds if figure in each[name]]
    return write(median(values)) if values else UNKNOWN


def targets_table(targets: Iterable[Target], python: str, rounds: Sequence[Round]) -> list[str]:
    """Return what was to be reached, and what was; `python` is the version that was measured."""
    rows = [
        row(_target(target, python, rounds)) for target in targets if target.contender in rounds[0]
    ]
    return [*heading("target", "", "reached", "met"), *rows, ""] if rows else []


def _target(target: Target, python: str, rounds: Sequence[Round]) -> list[str]:
    bound = target.bound
    if target.bound_311 is not None and python.startswith("3.11."):
        bound = target.bound_311
    wanted = f"{target.sign} {_number(bound, 1)}"
    try:
        reached = median(target.value(each) for each in rounds)
    except KeyError:  # Memory is not known everywhere.
        return [target.what, wanted, UNKNOWN, "not known here"]
    met = reached <= bound if target.sign == "≤" else reached >= bound
    return [target.what, wanted, _number(reached, 2), "yes" if met else "**not yet**"]


def _number(value: float, decimals: int) -> str:
    return _thousands(value) if value >= 1_000 else f"{value:.{decimals}f}"


def heading(*cells: str) -> list[str]:
    return [row(cells), row(["---", *("--:" for _ in cells[1:])])]


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def marks(name: str) -> tuple[str, str]:
    """Return the lines between which tables stand in a document."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def write(path: Path, name: str, tables: str) -> None:
    """Put tables between their marks in a document, in place of those that are there.

    Raises:
        ValueError: The document does not hold both marks, each once and in order.
    """
    begin, end = marks(name)
    document = path.read_text(encoding="utf-8") if path.exists() else f"{begin}\n{end}\n"
    before, has_begin, rest = document.partition(begin)
    _, has_end, behind = rest.partition(end)
    if not has_begin or not has_end:
        raise ValueError(f"{path}: nowhere to write to: it needs the lines {begin} and {end}")
    path.write_text(f"{before}{begin}\n\n{tables}\n{end}{behind}", encoding="utf-8")
