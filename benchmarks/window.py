"""Measures, in a real window, what it costs to get from a page to Python: `make bench-window`.

One app has all the ways open; they take turns within each round, so that what else the machine does
meets all of them, and each ratio is taken within its round. The page does the work and checks what
comes: `tests/window/probe/page/measure.ts`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

from chart import Bars, chart
from command import add_markdown, machine, publish, say
from contenders import Target
from tables import heading, row, targets_table, whole

from tests.window.driving import TARGET, App, running

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from contenders import Round

RELEASE: Final = TARGET / "release" / "probe"
HERE: Final = Path(__file__).parent
ROUNDS: Final = 3
ITEMS: Final = 50_000
MIB: Final = 1 << 20

WAYS: Final = {
    "invoke": "`invoke` of a command that does nothing",
    "plugin": "**our plugin**, `TauriIo`",
    "event": "a relay by hand, `TauriEventIo`",
    "shell": "the shell plugin, `TauriShellIo`",
    "js": "tauri-plugin-js, `TauriPluginJsIo`",
    "event-by-hand": "a relay by hand, a message an event",
    "shell-by-hand": "the shell plugin, a message a write",
    "websocket": "a WebSocket on localhost",
    "http": "FastAPI on localhost",
}
"""What is compared, and how it is called."""


def _thousands(value: float) -> str:
    return f"{value:,.0f}" if value < 1_000 else f"{round(value, -2):,.0f}"


@dataclass(frozen=True)
class Figure:
    """One figure of a way."""

    name: str
    heading: str
    write: Callable[[float], str]


FIGURES: Final = (
    Figure("one_us", "one at a time, µs", whole),
    Figure("at_once", "1,000 at once, calls/s", _thousands),
    Figure("items", "a stream, items/s", _thousands),
    Figure("longest_ms", "meanwhile, the page's longest task, ms", whole),
    Figure("echo_1_ms", "1 MiB there and back, ms", whole),
    Figure("echo_16_ms", "16 MiB, ms", whole),
    Figure("during_ms", "a small call while 16 MiB come, 99 of 100 below, ms", whole),
)


def _ratio(figure: str, way: str, other: str) -> Callable[[Round], float]:
    return lambda figures: figures[way][figure] / figures[other][figure]


TARGETS: Final = (
    Target("one at a time, to `invoke`", "plugin", _ratio("one_us", "plugin", "invoke"), "≤", 1.5),
    Target(
        "1,000 at once, to the WebSocket",
        "plugin",
        _ratio("at_once", "plugin", "websocket"),
        "≥",
        2.0,
    ),
    Target(
        "1,000 at once, to the shell plugin, a message a write",
        "plugin",
        _ratio("at_once", "plugin", "shell-by-hand"),
        "≥",
        10.0,
    ),
    Target(
        "a stream, to a message an event",
        "plugin",
        _ratio("items", "plugin", "event-by-hand"),
        "≥",
        5.0,
    ),
    Target(
        "16 MiB there and back, to the WebSocket",
        "plugin",
        _ratio("echo_16_ms", "plugin", "websocket"),
        "≤",
        1.5,
    ),
    Target(
        "a small call while 16 MiB come, to one at a time",
        "plugin",
        lambda figures: figures["plugin"]["during_ms"] * 1000 / figures["plugin"]["one_us"],
        "≤",
        10.0,
    ),
)

CHARTS: Final = (
    ("one_us", "One call at a time", "µs, shorter is better"),
    ("at_once", "1,000 calls at once", "calls/s, longer is better"),
    ("items", "A stream", "items/s, longer is better"),
    ("echo_16_ms", "16 MiB there and back", "ms, shorter is better"),
)


def main() -> None:
    options = _parse()
    rounds: list[Round] = []
    with _servers() as ports, running(options.app, {"PROBE_RELAY": "all"}) as app:
        app.until("return globalThis.measure !== undefined")
        ways: list[str] = app.run("return measure.open(...args)", *ports)
        for number in range(1, options.rounds + 1):
            say(f"round {number} of {options.rounds}")
            rounds.append(_round(app, ways, quick=options.quick))
    publish(report(rounds), "bench-window", options.markdown)
    if options.picture is not None:
        options.picture.write_text(picture(rounds), encoding="utf-8")
        say(f"written to {options.picture}")


class Options(argparse.Namespace):
    app: Path
    rounds: int
    quick: bool
    markdown: Path | None
    picture: Path | None


def _parse() -> Options:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--app",
        type=Path,
        default=RELEASE,
        metavar="FILE",
        help="default: the release of the probe",
    )
    parser.add_argument("--rounds", type=int, metavar="N", help=f"default: {ROUNDS}")
    parser.add_argument(
        "--quick", action="store_true", help="one short round: shows that it works, measures little"
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="also draw what is printed, as an SVG"
    )
    add_markdown(parser, "bench-window")
    options = parser.parse_args(namespace=Options())
    options.rounds = options.rounds or (1 if options.quick else ROUNDS)
    if options.rounds < 1:
        parser.error("--rounds takes a number from 1 up")
    return options


@contextmanager
def _servers() -> Generator[list[str]]:
    """Start what listens on ports; give the ports."""
    command = [sys.executable, str(HERE / "window_servers.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            ports = process.stdout.readline().split()
            if len(ports) != 2:
                sys.exit("the servers have not started")
            yield ports
        finally:
            process.stdin.close()


def _round(app: App, ways: Sequence[str], *, quick: bool) -> Round:
    """Measure everything once, the ways taking turns."""
    figures: dict[str, dict[str, float]] = {way: {} for way in ways}

    def measure(function: str, *args: object, only: Sequence[str]) -> dict[str, Any]:
        script = f"return measure.{function}(...args)"
        return {way: app.run(script, way, *args) for way in ways if way in only}

    with_texts = [way for way in ways if way != "invoke" and not way.endswith("-by-hand")]
    with_items = [way for way in ways if way != "invoke"]
    for way, value in measure("oneAtATime", 200 if quick else 2000, only=ways).items():
        figures[way]["one_us"] = value
    # The first is for what is compiled, and grows, with use.
    repeated = [measure("atOnce", 1000, only=ways) for _ in range(2 if quick else 6)][1:]
    for way in ways:
        figures[way]["at_once"] = median(each[way] for each in repeated)
    items = 5_000 if quick else ITEMS
    for way, (rate, longest) in measure("stream", items, only=with_items).items():
        figures[way] |= {"items": rate, "longest_ms": longest}
    for size in (1, 16):
        repeated = [measure("echo", size * MIB, only=with_texts) for _ in range(1 if quick else 5)]
        for way in with_texts:
            figures[way][f"echo_{size}_ms"] = median(each[way] for each in repeated)
    repeated = [measure("during", 16 * MIB, only=with_texts) for _ in range(1 if quick else 5)]
    for way in with_texts:
        times = [time for each in repeated for time in each[way]]
        figures[way]["during_ms"] = quantiles([*times, *times], n=100)[98]
    return figures


def report(rounds: Sequence[Round]) -> str:
    """Return all tables."""
    lines = [
        f"{machine()}; rounds: {len(rounds)}. Medians; in brackets the ratio to our plugin in the",
        "same round.",
        "",
        *heading("", *(figure.heading for figure in FIGURES)),
    ]
    for way, label in WAYS.items():
        lines.append(row([label, *(_cell(figure, way, rounds) for figure in FIGURES)]))
    lines += ["", *targets_table(TARGETS, "", rounds)]
    return "\n".join(lines)


def _cell(figure: Figure, way: str, rounds: Sequence[Round]) -> str:
    values = [each[way][figure.name] for each in rounds if figure.name in each[way]]
    if not values:
        return "-"
    written = figure.write(median(values))
    ours = [each["plugin"].get(figure.name, 0.0) for each in rounds]
    if way == "plugin" or not all(ours):
        return written
    ratio = median(value / our for value, our in zip(values, ours, strict=True))
    return f"{written} ({ratio:.2f})"


def _plain(label: str) -> str:
    """Return a label without its Markdown."""
    return label.replace("*", "").replace("`", "")


def picture(rounds: Sequence[Round]) -> str:
    """Return the same as an SVG."""
    panels: list[Bars] = []
    for name, title, unit in CHARTS:
        (write,) = (figure.write for figure in FIGURES if figure.name == name)
        found = {
            _plain(label): median(each[way][name] for each in rounds)
            for way, label in WAYS.items()
            if name in rounds[0][way]
        }
        bars = [(label, value, write(value)) for label, value in found.items()]
        panels.append(Bars(title, unit, bars, _plain(WAYS["plugin"])))
    return chart(panels)


if __name__ == "__main__":
    main()
