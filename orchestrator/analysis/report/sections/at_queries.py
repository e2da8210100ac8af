"""What every method had reached within given numbers of queries."""

from collections.abc import Iterator

from orchestrator.analysis.access import (
    TRANSLUCENT_WORDS,
    UNLABELLED_WORDS,
)
from orchestrator.analysis.at_queries import reached_within
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import FROM_EASY, Comparison
from orchestrator.analysis.report.dataset_rows import dataset_rows
from orchestrator.analysis.report.mean_cells import BRACKETS
from orchestrator.analysis.report.mean_rows import mean_rows


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing where no method trains."""
    for shots in comparison.shots if comparison.at_queries else ():
        yield from _table(comparison, shots)
    if comparison.at_queries:
        yield from _numbers(comparison)


def _table(comparison: Comparison, shots: int) -> Iterator[Block]:
    scores = comparison.scores_at[shots]
    means = mean_rows(comparison, scores)
    if means is None:
        yield Text("There is no dataset that all methods have, so no mean.", "note")
        return
    yield TableBlock(
        f"at_queries{comparison.file_suffix(shots)}",
        _caption(comparison, shots, means.where),
        ("method", *(f"{step:,} queries" for step in scores)),
        means.rows,
        title=f"accuracy within so many queries (%), {means.where}{comparison.suffix(shots)}",
        summary=True,
        row_groups=comparison.column_groups(means.contenders),
    )


def _caption(comparison: Comparison, shots: int, where: str) -> str:
    last = comparison.scores_at[shots][comparison.at_queries[-1]]
    said = [
        f"Test accuracy in percent{comparison.suffix(shots)}, {where}, as it was at the "
        f"last measurement within so many queries: what had been reached, not the best on the way. "
        f"A method that stops earlier keeps what it has. The best of each column is in bold. "
        f"Methods are grouped by what they need, {FROM_EASY}, then sorted by the last column. "
        f"{BRACKETS}"
    ]
    if comparison.several_tracks:
        said.append(TRANSLUCENT_WORDS)
    if any(comparison.marked(run.method) != run.method for run in comparison.at(shots)):
        said.append(UNLABELLED_WORDS)
    if last.left_out:
        said.append(f"The mean leaves out {', '.join(last.left_out)}, which some method lacks.")
    return " ".join(said)


def _numbers(comparison: Comparison) -> Iterator[TableBlock]:
    """Every dataset by itself."""
    runs = [run for run in comparison.runs if run.dataset in comparison.trained_on]
    found = reached_within(runs, comparison.at_queries)
    return dataset_rows(comparison, found, "at_queries_by_dataset", "queries", "{:.0f}".format)
