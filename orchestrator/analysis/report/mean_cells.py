"""Means over datasets as cells, with intervals that other seeds would give."""

from collections.abc import Sequence

from orchestrator.analysis.bootstrap import BootstrapInterval, mean_over_datasets
from orchestrator.analysis.report.blocks import TableCell, best_of
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores

BRACKETS = (
    "Brackets: 95 % bootstrap interval, seeds redrawn within each dataset; it says how much other "
    "seeds would change the mean on these datasets, and with three seeds it is too narrow rather "
    "than too wide."
)


def mean_cells(
    scores: Scores, contenders: Sequence[Contender], tracks: Sequence[str]
) -> list[TableCell]:
    """The mean of each method; the best of each track in bold.

    Args:
        scores: at least one shared dataset.
        contenders: the methods.
        tracks: of each.
    """
    means = [mean_over_datasets(scores, contender) for contender in contenders]
    marks = best_of([mean.mean for mean in means], tracks)
    return [TableCell(mean_text(mean), best=best) for mean, best in zip(means, marks, strict=True)]


def mean_text(interval: BootstrapInterval) -> str:
    """`61.2 [60.1, 62.3]`, or the mean alone where there is no interval."""
    if interval.lower is None or interval.upper is None:
        return f"{interval.mean:.1f}"
    return f"{interval.mean:.1f} [{interval.lower:.1f}, {interval.upper:.1f}]"
