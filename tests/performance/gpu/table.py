"""Prints rows of the GPU table, and writes them for machines and for README."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.performance.gpu.outcome import Outcome

HEADER = "| what | figure | goal | |"
RULE = "|---|---|---|---|"


def line(outcome: Outcome) -> str:
    """A row of the table."""
    figure = outcome.error.replace("|", "/") if outcome.error else outcome.figure
    return f"| {outcome.row} | {figure} | {outcome.goal} | {outcome.verdict} |"


def markdown(about: Sequence[str], outcomes: Sequence[Outcome]) -> str:
    """The block for README: what it was measured on, and the table."""
    return "\n".join((*about, "", HEADER, RULE, *map(line, outcomes), ""))


def write(
    folder: Path, about: Sequence[str], outcomes: Sequence[Outcome], left_out: Sequence[str]
) -> tuple[Path, Path]:
    """Writes `gpu.json` and `gpu.md`; returns both."""
    folder.mkdir(parents=True, exist_ok=True)
    document, block = folder / "gpu.json", folder / "gpu.md"
    rows = [outcome.as_dict() for outcome in outcomes]
    found = {"about": list(about), "rows": rows, "left_out": list(left_out)}
    document.write_text(json.dumps(found, indent=2) + "\n")
    block.write_text(markdown(about, outcomes))
    return document, block
