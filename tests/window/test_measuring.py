"""What is measured in a window gives every figure. Nothing here looks at how fast anything is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from tests.window.driving import ROOT, TARGET

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.window

PROBE = TARGET / "debug" / "probe"


def test_the_tables_and_the_picture_hold_every_figure(tmp_path: Path) -> None:
    document, picture = tmp_path / "performance.md", tmp_path / "window.svg"
    begin, end = "<!-- bench-window: begin -->", "<!-- bench-window: end -->"
    document.write_text(f"# Before\n{begin}\nold\n{end}\nbehind\n")
    options = ["--app", PROBE, "--markdown", document, "--picture", picture]
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "window.py", "--quick", *map(str, options)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = document.read_text()
    assert text.startswith(f"# Before\n{begin}\n")
    assert text.endswith(f"{end}\nbehind\n")
    assert text.split(begin)[1].split(end)[0].strip() == done.stdout.strip()

    comparison, targets = [
        [row.strip("| ").split(" | ") for row in table.splitlines()[2:]]
        for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    ]
    # `invoke` alone has no texts and no items; a message an event has no large texts.
    assert [row.count("-") for row in comparison] == [5, 0, 0, 0, 0, 3, 3, 0, 0]
    assert [row[1][0] for row in targets] == ["≤", "≥", "≥", "≥", "≤", "≤"]
    assert all(row[2] != "-" for row in targets)

    drawn = ET.parse(picture).getroot()
    bars = drawn.findall(".//{http://www.w3.org/2000/svg}g")
    assert len(bars) == 9 + 9 + 8 + 6
    ours = [bar for bar in bars if bar.get("class") == "ours"]
    assert len(ours) == 4
