"""Tables of a report on the terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of


def as_rich(block: TableBlock, title: str) -> Table:
    """A table of the report, a line between one group of rows and the next."""
    table = Table(title=title, header_style="bold", box=SIMPLE_HEAD)
    for place, name in enumerate(block.header):
        numeric = place >= block.numeric_from
        table.add_column(name, justify="right" if numeric else "left", no_wrap=True)
    for row in block.rows:
        table.add_row(*(_text(cell_of(cell)) for cell in row))
    return table


def _text(cell: TableCell) -> Text:
    return Text(f"{cell.text}{cell.mark}", style="bold" if cell.best else "")
