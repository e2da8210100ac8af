"""Tables of a report on the terminal."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from rich.console import Console
from rich.text import Text

from orchestrator.analysis.fitting_table import FittingTable, Line
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of
from orchestrator.analysis.table import Row, queries_text
from orchestrator.console import say

_INTERVAL = re.compile(r" ± | \[")

LEAST_NAME = 18
"""Letters to which names of methods may be cut, where columns are many."""

HEADERS = (None, 11, 8, 6)
"""Letters of the words in a header, fewer where columns are many; None for whole names."""

INDENT = "  "
"""Before names that stand under a heading."""


def show_table(block: TableBlock, title: str, console: Console) -> None:
    """Prints a table of the report; without intervals where they don't fit.

    A summary that doesn't fit without them either isn't shown, but said where it is.
    """
    table = _fitting(block, title, intervals=True)
    if not table.fits(console):
        table = _fitting(block, f"{title} (intervals: see the report)", intervals=False)
    if not block.summary:
        table.show(console)
        return
    for dense, room in product((False, True), HEADERS):
        narrow = replace(table, header_room=room, dense=dense)
        if narrow.fits(console, LEAST_NAME):
            narrow.show(console)
            return
    say(f"{title}: no room for its columns here, see tables/{block.name}.csv")


def comparison_table(rows: Sequence[Row], title: str) -> FittingTable:
    """The comparison within 80 columns; the Markdown and CSV files say more."""
    several = len({row.group.shots for row in rows if row.group.shots}) > 1

    def line(row: Row) -> Line:
        target, shots = row.target, row.group.shots
        reached = "-" if target is None else f"({target.successes}/{target.runs})"
        return Line(
            names=(
                row.group.dataset,
                row.group.method + (f" ({shots})" if several and shots else ""),
            ),
            cells=(
                interval_text(row.accuracy),
                "-" if target is None else f"{target.target:.1f} {reached}",
                queries_text(target),
            ),
        )

    return FittingTable(
        names=("dataset", "method"),
        headers=("accuracy (%)", "target (reached)", "queries to target"),
        lines=tuple(line(row) for row in rows),
        title=f"{title}: {seeds_text(rows)}",
        sections=True,
    )


def seeds_text(rows: Sequence[Row]) -> str:
    """What the intervals are, by how many seeds there are."""
    counts = {row.accuracy.count for row in rows if row.group.shots}
    if not counts:
        return "measured once"
    if counts == {1}:
        return "one seed, so no intervals"
    return f"mean ± 95 % t-interval over {' or '.join(str(n) for n in sorted(counts))} seeds"


def _fitting(block: TableBlock, title: str, *, intervals: bool) -> FittingTable:
    named, indent = max(block.numeric_from, 1), INDENT if block.row_groups else ""
    lines = []
    for place, given in enumerate(block.rows):
        row = [cell_of(cell) for cell in given]
        if group := block.opened_group(place):
            lines.append(Line((group,), tuple("" for _ in row[named:]), heading=True))
        lines.append(
            Line(
                names=tuple(f"{indent}{cell.shown}" for cell in row[:named]),
                cells=tuple(_text(cell, intervals) for cell in row[named:]),
            )
        )
    return FittingTable(block.header[:named], block.header[named:], tuple(lines), title)


def _text(cell: TableCell, intervals: bool) -> Text:
    text = cell.text if intervals else _INTERVAL.split(cell.text)[0]
    return Text(f"{text}{cell.mark}", style="bold" if cell.best else "")
