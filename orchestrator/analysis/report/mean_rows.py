"""Rows of what methods had reached on the mean within growing limits, of queries or of money."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.analysis.report.blocks import TableCell
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.mean_cells import mean_cells
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores


@dataclass(frozen=True)
class MeanRows:
    """Rows of a table with a column for each limit.

    Attributes:
        contenders: the methods that have scores within every limit, in order of the last one.
        rows: of each, its name and a mean for each limit.
        where: what the means are over, in words.
    """

    contenders: tuple[Contender, ...]
    rows: tuple[tuple[TableCell | str, ...], ...]
    where: str


def mean_rows(
    comparison: Comparison, within: Mapping[int, Scores] | Mapping[float, Scores]
) -> MeanRows | None:
    """The rows of what had been reached within limits, the last of which is the greatest.

    Returns:
        None where no dataset has scores of all methods within the last limit.
    """
    found = list(within.values())
    if not found or not found[-1].datasets:
        return None
    contenders = [
        who
        for who in comparison.by_mean(found[-1])
        if all(who in scores.values and scores.datasets for scores in found)
    ]
    tracks = [comparison.track(who.method) for who in contenders]
    columns = [mean_cells(scores, contenders, tracks) for scores in found]
    rows = (
        (comparison.marked(who.method), *cells)
        for who, *cells in zip(contenders, *columns, strict=True)
    )
    return MeanRows(tuple(contenders), tuple(rows), _where(found[-1]))


def _where(scores: Scores) -> str:
    count = len(scores.datasets)
    return f"mean over {count} datasets" if count > 1 else f"on {scores.datasets[0]}"
