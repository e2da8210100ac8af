"""What methods had reached within limits on every dataset by itself, as a file of numbers."""

from collections.abc import Callable, Iterator

from orchestrator.analysis.access import access_words, track_of
from orchestrator.analysis.reached import Reached
from orchestrator.analysis.report.blocks import TableBlock
from orchestrator.analysis.report.comparison import Comparison

_WHAT = (
    "The same on each dataset, one number a row: accuracy in percent over seeds, and half the "
    "width of its 95 % t-interval, which is empty for a single run."
)


def dataset_rows(
    comparison: Comparison,
    found: Iterator[Reached],
    file: str,
    column: str,
    text: Callable[[float], str],
) -> Iterator[TableBlock]:
    """A table with a row for each; nothing where nothing was found.

    Args:
        comparison: knows the methods.
        found: what had been reached.
        file: the table's name.
        column: header of the limits.
        text: a limit as it is written.
    """
    rows = []
    for one in found:
        access, half = comparison.access.get(one.group.method), one.accuracy.half_width
        rows.append(
            (
                one.group.dataset,
                one.group.method,
                access_words(access),
                track_of(access),
                str(one.group.shots),
                text(one.limit),
                str(one.accuracy.count),
                f"{one.accuracy.mean:.4f}",
                "" if half is None else f"{half:.4f}",
            )
        )
    if not rows:
        return
    header = ("dataset", "method", "access", "track", "shots", column, "seeds")
    yield TableBlock(
        file,
        _WHAT,
        (*header, "accuracy", "half_width"),
        tuple(rows),
        numeric_from=4,
        numbers_only=True,
    )
