"""What every method had reached within given numbers of queries."""

from collections.abc import Iterator

from orchestrator.analysis.access import (
    TRANSLUCENT_WORDS,
    UNLABELLED_WORDS,
    access_words,
    track_of,
)
from orchestrator.analysis.at_queries import reached
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import FROM_EASY, Comparison
from orchestrator.analysis.report.mean_cells import BRACKETS, mean_cells
from orchestrator.analysis.scores import Scores

NUMBERS = (
    "The same on each dataset, one number a row: accuracy in percent over seeds, and half the "
    "width of its 95 % t-interval, which is empty for a single run."
)


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing where no method trains."""
    for shots in comparison.shots if comparison.at_queries else ():
        yield from _table(comparison, shots)
    if comparison.at_queries:
        yield from _numbers(comparison)


def _table(comparison: Comparison, shots: int) -> Iterator[Block]:
    scores = comparison.scores_at[shots]
    last = scores[comparison.at_queries[-1]]
    if not last.datasets:
        yield Text("There is no dataset that all methods have, so no mean.", "note")
        return
    contenders = [
        who
        for who in comparison.by_mean(last)
        if all(who in found.values and found.datasets for found in scores.values())
    ]
    tracks = [comparison.track(who.method) for who in contenders]
    columns = [mean_cells(found, contenders, tracks) for found in scores.values()]
    rows = (
        (comparison.marked(who.method), *cells)
        for who, *cells in zip(contenders, *columns, strict=True)
    )
    yield TableBlock(
        f"at_queries{comparison.file_suffix(shots)}",
        _caption(comparison, shots, last),
        ("method", *(f"{step:,} queries" for step in scores)),
        tuple(rows),
        title=f"accuracy within so many queries (%), {_where(last)}{comparison.suffix(shots)}",
        summary=True,
        row_groups=comparison.column_groups(contenders),
    )


def _caption(comparison: Comparison, shots: int, scores: Scores) -> str:
    said = [
        f"Test accuracy in percent{comparison.suffix(shots)}, {_where(scores)}, as it was at the "
        f"last measurement within so many queries: what had been reached, not the best on the way. "
        f"A method that stops earlier keeps what it has. The best of each column is in bold. "
        f"Methods are grouped by what they need, {FROM_EASY}, then sorted by the last column. "
        f"{BRACKETS}"
    ]
    if comparison.several_tracks:
        said.append(TRANSLUCENT_WORDS)
    if any(comparison.marked(run.method) != run.method for run in comparison.at(shots)):
        said.append(UNLABELLED_WORDS)
    if scores.left_out:
        said.append(f"The mean leaves out {', '.join(scores.left_out)}, which some method lacks.")
    return " ".join(said)


def _where(scores: Scores) -> str:
    count = len(scores.datasets)
    return f"mean over {count} datasets" if count > 1 else f"on {scores.datasets[0]}"


def _numbers(comparison: Comparison) -> Iterator[TableBlock]:
    """Every dataset by itself, as a file of numbers."""
    runs = [run for run in comparison.runs if run.dataset in comparison.trained_on]
    rows = []
    for one in reached(runs, comparison.at_queries):
        access, half = comparison.access.get(one.group.method), one.accuracy.half_width
        rows.append(
            (
                one.group.dataset,
                one.group.method,
                access_words(access),
                track_of(access),
                str(one.group.shots),
                str(one.queries),
                str(one.accuracy.count),
                f"{one.accuracy.mean:.4f}",
                "" if half is None else f"{half:.4f}",
            )
        )
    header = ("dataset", "method", "access", "track", "shots", "queries", "seeds")
    yield TableBlock(
        "at_queries_by_dataset",
        NUMBERS,
        (*header, "accuracy", "half_width"),
        tuple(rows),
        numeric_from=4,
        numbers_only=True,
    )
