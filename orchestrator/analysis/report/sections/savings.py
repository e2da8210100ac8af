"""Queries that each method saves against a reference."""

from collections.abc import Iterator, Mapping

from orchestrator.analysis.query_reduction import BEST_OTHER, Reduction, reduction
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison

Expected = Mapping[str, Mapping[str, float | None]]
"""Expected queries to target by method, by dataset; None where no run reached it."""


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing without a target or with a single method that trains."""
    tables = [table for shots in comparison.shots for table in _table(comparison, shots)]
    if tables:
        reference = comparison.question.reference or BEST_OTHER
        yield Text(f"Queries until {comparison.question.target_title}, against {reference}.")
        yield from tables


def _table(comparison: Comparison, shots: int) -> Iterator[TableBlock]:
    expected: dict[str, dict[str, float | None]] = {}
    for row in comparison.rows:
        if row.target is not None and row.group.shots == shots:
            expected.setdefault(row.group.method, {})[row.group.dataset] = row.target.expected
    reference = comparison.question.reference
    if len(expected) < 2 or (reference is not None and reference not in expected):
        return
    rivals = {name: _rivals(comparison, name, expected) for name in expected if name != reference}
    found = [reduction(mine, name, reference) for name, mine in rivals.items() if len(mine) > 1]
    if not found:
        return
    caption = (
        "Saved: 1 minus the geometric mean of the ratios of expected queries, over datasets on "
        "which both reach the target; negative where more are needed. Datasets that only one of "
        "them reaches have no ratio and are counted beside."
    )
    if comparison.several_tracks and reference is None:
        caption += " The best other method is that of the same track, on each dataset."
    header = ("method", "against", "saved", "datasets", "only this reached", "only other reached")
    name = f"queries_saved{comparison.file_suffix(shots)}"
    yield TableBlock(name, caption, header, tuple(map(_row, found)), numeric_from=2)


def _rivals(
    comparison: Comparison, name: str, expected: Expected
) -> dict[str, Mapping[str, float | None]]:
    """Methods of the same track, and the one that the spec compares all others with."""
    chosen = comparison.question.reference
    track = comparison.track(name)
    return {
        other: found
        for other, found in expected.items()
        if other == chosen or comparison.track(other) == track
    }


def _row(found: Reduction) -> tuple[str, ...]:
    return (
        found.method,
        found.reference,
        "-" if found.saved is None else f"{100 * found.saved:.0f} %",
        str(found.datasets),
        str(found.only_method),
        str(found.only_reference),
    )
