"""What went wrong, what is not there yet, and what is left out."""

import math
from collections.abc import Iterator

from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Run
from orchestrator.errors import last_line

SHOWN = 200
"""Cells listed by name; a grid that failed as a whole would drown the rest."""


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Failed cells, measurements that are no numbers, and cells that are missing or skipped."""
    rows = [(run.title, last_line(run.trace.error)) for run in comparison.failures]
    rows += [(run.title, _unsound(run)) for run in comparison.unsound]
    rows += [(run.title, said) for run in comparison.finished if (said := _odd_numbers(run))]
    if rows:
        caption = (
            f"Failed cells run again with the next run of the spec; their tracebacks are in the "
            f"store and in MLflow. Cells with an accuracy that is no number, or whose loss beside "
            f"it is none, count as failed; with other losses that are no numbers they "
            f"count.{_more(len(rows))}"
        )
        header = ("cell", "what happened")
        yield TableBlock("failures", caption, header, tuple(rows[:SHOWN]), numeric_from=9)
    if comparison.missing:
        names = tuple((title,) for title in comparison.missing[:SHOWN])
        caption = f"Planned cells without a result.{_more(len(comparison.missing))}"
        yield TableBlock("missing", caption, ("cell",), names, numeric_from=9)
    if comparison.skipped:
        caption = "What the plan skips, and why. It runs as soon as that is mended."
        header = ("method and dataset", "why it is skipped")
        yield TableBlock("skipped", caption, header, comparison.skipped, numeric_from=9)
    if not rows and not comparison.missing and not comparison.skipped:
        yield Text("None: every planned cell has finished, and every measurement is a number.")


def _more(count: int) -> str:
    return f" The first {SHOWN} of {count} are shown." if count > SHOWN else ""


def _unsound(run: Run) -> str:
    """Why a finished run doesn't count, and how to have it measured anew."""
    what = _odd_numbers(run) or "it finished without any test accuracy"
    return f"{what}; remove results/{run.trace.key[:12]}*.parquet from the store to run it again"


def _odd_numbers(run: Run) -> str:
    """Which measurements of a finished run are no numbers, and since when."""
    first: dict[str, int] = {}
    for point in run.trace.points:
        if not math.isfinite(point.value):
            first.setdefault(point.metric, point.queries)
    return "; ".join(f"{metric} is not a number from query {q}" for metric, q in first.items())
