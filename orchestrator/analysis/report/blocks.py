"""What sections are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.analysis.charts.chart import Chart, DotChart, parts_of
from orchestrator.analysis.charts.palette import Look
from orchestrator.analysis.intervals import MeanInterval, interval_text


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes:
        text: plain text.
        kind: `note` is set apart, `warning` more so, `code` keeps its lines.
    """

    text: str
    kind: Literal["plain", "note", "warning", "code"] = "plain"


@dataclass(frozen=True)
class TableCell:
    """A cell of a table.

    Attributes:
        text: what it says.
        best: whether it is set in bold.
        mark: a mark after the text, explained in the caption.
    """

    text: str
    best: bool = False
    mark: str = ""

    @property
    def shown(self) -> str:
        """The text with its mark."""
        return f"{self.text}{self.mark}"


@dataclass(frozen=True)
class TableBlock:
    """A table, which is also written as CSV and LaTeX.

    Attributes:
        name: of its files.
        caption: how to read it.
        header: column titles.
        rows: cells; plain strings are cells without emphasis.
        numeric_from: first column that is set flush right.
        headline: whether it answers what the protocol asks; shown on the terminal too.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[TableCell | str, ...], ...]
    numeric_from: int = 1
    headline: bool = False


@dataclass(frozen=True)
class FigureBlock:
    """One chart, or several side by side, which are also written as PNG.

    Attributes:
        name: of its file.
        caption: how to read it.
        charts: what is drawn; several share a legend.
    """

    name: str
    caption: str
    charts: tuple[Chart, ...]

    @property
    def legend(self) -> dict[str, Look]:
        """How each label is drawn, in order of appearance; empty for dots, with labelled rows."""
        charts = [chart for chart in self.charts if not isinstance(chart, DotChart)]
        return {part.label: part.look for chart in charts for part in parts_of(chart)}


Block = Text | TableBlock | FigureBlock


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        title: its heading.
        blocks: its content, in order.
    """

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


def interval_cells(values: Sequence[MeanInterval | None]) -> list[TableCell]:
    """Intervals as cells of a row; the best, as they are shown, in bold where there are several."""
    known = [round(value.mean, 1) for value in values if value is not None]
    best = max(known) if len(known) > 1 else None
    return [
        TableCell("-")
        if value is None
        else TableCell(interval_text(value), best=round(value.mean, 1) == best)
        for value in values
    ]


def cell_of(cell: TableCell | str) -> TableCell:
    """A cell, whichever way it was given."""
    return TableCell(cell) if isinstance(cell, str) else cell
