"""Tables of a report on the terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of
from orchestrator.analysis.table import Row, queries_text
from orchestrator.console import plain_table

_INTERVAL = " ± "


def show_table(block: TableBlock, title: str, console: Console) -> None:
    """Prints a table of the report; without intervals where they don't fit."""
    table = _as_rich(block, title, intervals=True)
    unbounded = console.options.update(max_width=10_000)
    if Measurement.get(console, unbounded, table).maximum > console.width:
        table = _as_rich(block, f"{title} (intervals: see the report)", intervals=False)
    console.print(table)


def comparison_table(rows: Sequence[Row], title: str) -> Table:
    """The comparison within 80 columns; the Markdown and CSV files say more."""
    several = len({row.group.shots for row in rows if row.group.shots}) > 1
    table = plain_table(title=f"{title}: {seeds_text(rows)}")
    table.add_column("dataset", no_wrap=True)
    table.add_column("method", no_wrap=True)
    for header in ("accuracy (%)", "target (reached)", "queries to target"):
        table.add_column(header, justify="right")
    for place, row in enumerate(rows):
        last = place + 1 == len(rows) or rows[place + 1].group.dataset != row.group.dataset
        target = row.target
        table.add_row(
            row.group.dataset,
            row.group.method + (f" ({row.group.shots})" if several and row.group.shots else ""),
            interval_text(row.accuracy),
            "-" if target is None else f"{target.target:.1f} ({target.successes}/{target.runs})",
            queries_text(target),
            end_section=last,
        )
    return table


def seeds_text(rows: Sequence[Row]) -> str:
    """What the intervals are, by how many seeds there are."""
    counts = {row.accuracy.count for row in rows if row.group.shots}
    if not counts:
        return "measured once"
    if counts == {1}:
        return "one seed, so no intervals"
    return f"mean ± 95 % t-interval over {' or '.join(str(n) for n in sorted(counts))} seeds"


def _as_rich(block: TableBlock, title: str, *, intervals: bool) -> Table:
    table = plain_table(title=title)
    for place, name in enumerate(block.header):
        numeric = place >= block.numeric_from
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in block.rows:
        table.add_row(*(_text(cell_of(cell), intervals) for cell in row))
    return table


def _text(cell: TableCell, intervals: bool) -> Text:
    text = cell.text if intervals else cell.text.split(_INTERVAL)[0]
    return Text(f"{text}{cell.mark}", style="bold" if cell.best else "")
