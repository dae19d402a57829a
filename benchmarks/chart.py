"""Bars as an SVG for a light page and a dark one; plotting libraries fix the colours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH: Final = 760
LABELS: Final = 300
"""Where the bars begin."""

LONGEST: Final = 360
BAR: Final = 22
GAP: Final = 44
"""Above the bars of a panel, for its title."""

STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.unit { fill: #57606a }
rect { fill: #8c959f }
.ours rect { fill: #0969da }
.ours text { font-weight: 600 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .unit { fill: #8d96a0 }
  rect { fill: #6e7681 }
  .ours rect { fill: #4493f8 }
}
"""


@dataclass(frozen=True)
class Bars:
    """One panel.

    Attributes:
        title: What is compared.
        unit: In what, and which end of it is better.
        bars: A label, a value above zero, and the value as it is written.
        ours: The label of the bar that stands out.
    """

    title: str
    unit: str
    bars: Sequence[tuple[str, float, str]]
    ours: str


def chart(panels: Sequence[Bars]) -> str:
    """Return panels below each other. The scale is logarithmic, and begins a half decade below."""
    parts: list[str] = []
    y = 0
    for panel in panels:
        y += GAP
        title, unit = escape(panel.title), escape(panel.unit)
        parts.append(f'<text class="title" x="0" y="{y - 12}">{title}</text>')
        parts.append(f'<text class="unit" x="{LABELS}" y="{y - 12}">{unit}, log scale</text>')
        values = [value for _, value, _ in panel.bars]
        lowest = math.log10(min(values)) - 0.5
        scale = LONGEST / (math.log10(max(values)) - lowest)
        for label, value, written in panel.bars:
            length = (math.log10(value) - lowest) * scale
            kind = ' class="ours"' if label == panel.ours else ""
            parts.append(
                f'<g{kind}><text x="0" y="{y + 13}">{escape(label)}</text>'
                f'<rect x="{LABELS}" y="{y + 2}" width="{length:.0f}" height="{BAR - 8}" rx="2"/>'
                f'<text x="{LABELS + length + 8:.0f}" y="{y + 13}">{escape(written)}</text></g>'
            )
            y += BAR
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 12}" role="img" '
        f'aria-label="Bars: what it costs to get from a page to Python">'
    )
    return "\n".join((head, f"<style>\n{STYLE}</style>", *parts, "</svg>\n"))
