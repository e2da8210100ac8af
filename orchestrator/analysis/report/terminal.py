"""Tables of a report on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from orchestrator.analysis.fitting_table import FittingTable, Line
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of
from orchestrator.analysis.table import Row, queries_text

_INTERVAL = " ± "


def show_table(block: TableBlock, title: str, console: Console) -> None:
    """Prints a table of the report; without intervals where they don't fit."""
    table = _fitting(block, title, intervals=True)
    if not table.fits(console):
        table = _fitting(block, f"{title} (intervals: see the report)", intervals=False)
    table.show(console)


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
    rows = [[cell_of(cell) for cell in row] for row in block.rows]
    named = max(block.numeric_from, 1)
    lines = (
        Line(
            names=tuple(f"{cell.text}{cell.mark}" for cell in row[:named]),
            cells=tuple(_text(cell, intervals) for cell in row[named:]),
        )
        for row in rows
    )
    return FittingTable(block.header[:named], block.header[named:], tuple(lines), title)


def _text(cell: TableCell, intervals: bool) -> Text:
    text = cell.text if intervals else cell.text.split(_INTERVAL)[0]
    return Text(f"{text}{cell.mark}", style="bold" if cell.best else "")
