"""Tables of a report on the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of

_INTERVAL = " ± "


def show_table(block: TableBlock, title: str, console: Console) -> None:
    """Prints a table of the report; without intervals where they don't fit."""
    table = _as_rich(block, title, intervals=True)
    unbounded = console.options.update(max_width=10_000)
    if Measurement.get(console, unbounded, table).maximum > console.width:
        table = _as_rich(block, f"{title} (intervals: see the report)", intervals=False)
    console.print(table)


def _as_rich(block: TableBlock, title: str, *, intervals: bool) -> Table:
    table = Table(title=title, header_style="bold", box=SIMPLE_HEAD)
    for place, name in enumerate(block.header):
        numeric = place >= block.numeric_from
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in block.rows:
        table.add_row(*(_text(cell_of(cell), intervals) for cell in row))
    return table


def _text(cell: TableCell, intervals: bool) -> Text:
    text = cell.text if intervals else cell.text.split(_INTERVAL)[0]
    return Text(f"{text}{cell.mark}", style="bold" if cell.best else "")
