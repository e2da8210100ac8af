"""Queries that each method saves against a reference."""

from collections.abc import Iterator

from orchestrator.analysis.query_reduction import BEST_OTHER, Reduction, reduction
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison


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
    found = [reduction(expected, name, reference) for name in expected if name != reference]
    caption = (
        "Saved: 1 minus the geometric mean of the ratios of expected queries, over datasets on "
        "which both reach the target; negative where more are needed. Datasets that only one of "
        "them reaches have no ratio and are counted beside."
    )
    header = ("method", "against", "saved", "datasets", "only this reached", "only other reached")
    name = f"queries_saved{comparison.file_suffix(shots)}"
    yield TableBlock(name, caption, header, tuple(map(_row, found)), numeric_from=2)


def _row(found: Reduction) -> tuple[str, ...]:
    return (
        found.method,
        found.reference,
        "-" if found.saved is None else f"{100 * found.saved:.0f} %",
        str(found.datasets),
        str(found.only_method),
        str(found.only_reference),
    )
