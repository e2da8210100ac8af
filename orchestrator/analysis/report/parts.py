"""What a report says of points on the way that were measured on a part of the test images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.datasets.class_names import shown
from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.report.blocks import Text
from orchestrator.analysis.runs import TEST_IMAGES, Run

EARLY = "The first point at or above a target tends to be one that chance has raised."

BARS = (
    "Bars in the middle of a step: its standard error (an upper bound) from measuring a part of "
    "the test images, which no interval over seeds contains."
)

ON_THE_WAY = {
    "Accuracy at equal queries": "",
    "Tests at equal queries": "",
    "Queries to target": EARLY,
    "Queries saved": EARLY,
    "Targets reached": EARLY,
    "Money": "",
}
"""Sections that say something of points on the way, with what that means for them."""


def parts_words(runs: Sequence[Run]) -> str:
    """On how many images points on the way were measured, and how far off they may be.

    Empty where all were measured on whole splits.
    """
    found = _in_parts(runs)
    if not found:
        return ""
    counts = [run.trace.series(TEST_IMAGES)[1] for run in found]
    parts = [min(each) for each in counts]
    wholes = [each[-1] for each in counts]
    start = "start and end" if all(each[0] == each[-1] for each in counts) else "the end"
    return (
        f"Points on the way of {_methods(found)}: {_range(parts)} of {_range(wholes)} test images, "
        f"the same for all seeds and methods, ± {_worst(found):.1f} points at most; {start}: all."
    )


def has_parts(runs: Sequence[Run]) -> bool:
    """Whether any point was measured on a part of the test images."""
    return bool(_in_parts(runs))


def parts_note(section: str, runs: Sequence[Run]) -> Iterator[Text]:
    """What that means for a section, if anything.

    Args:
        section: its title.
        runs: those that it is about.
    """
    found = _in_parts(runs)
    if section not in ON_THE_WAY or not found:
        return
    yield Text(
        f"Before their end, runs of {_methods(found)} were measured on a part of the test images, "
        f"with a standard error of up to {_worst(found):.1f} points on a dataset, which no "
        f"interval here contains. {ON_THE_WAY[section]}".strip(),
        "note",
    )


def _in_parts(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if any(curve_of(run).errors)]


def _worst(runs: Sequence[Run]) -> float:
    return max(max(curve_of(run).errors) for run in runs)


def _methods(runs: Sequence[Run]) -> str:
    return shown(sorted({run.method for run in runs}))


def _range(counts: Sequence[float]) -> str:
    least, most = min(counts), max(counts)
    return f"{least:,.0f}" if least == most else f"{least:,.0f} to {most:,.0f}"
