"""What sections are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
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
        column_groups: what stands above each column; equal neighbours share it. Empty for none.
        row_groups: what stands above each row, where it is not that of the row before. Empty for
            none; in CSV it is the last column.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[TableCell | str, ...], ...]
    numeric_from: int = 1
    headline: bool = False
    column_groups: tuple[str, ...] = ()
    row_groups: tuple[str, ...] = ()

    @property
    def spans(self) -> list[tuple[str, int]]:
        """Column groups, each with the number of columns that it stands above."""
        return [(title, len(list(same))) for title, same in groupby(self.column_groups)]

    def opened_group(self, place: int) -> str:
        """The group that a row opens; empty if it goes on with the one before."""
        groups = self.row_groups
        if not groups or (place and groups[place] == groups[place - 1]):
            return ""
        return groups[place]


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


def interval_cells(
    values: Sequence[MeanInterval | None], tracks: Sequence[str] = ()
) -> list[TableCell]:
    """Intervals as cells of a row; the best, as they are shown, in bold where there are several.

    Args:
        values: the intervals.
        tracks: of each value; the best of each track is in bold. Empty for a single one.
    """
    marks = best_of([None if value is None else value.mean for value in values], tracks)
    return [
        TableCell("-" if value is None else interval_text(value), best=best)
        for value, best in zip(values, marks, strict=True)
    ]


def best_of(values: Sequence[float | None], tracks: Sequence[str] = ()) -> list[bool]:
    """Which values are the best of their track, where that has several; as they are shown.

    Args:
        values: percent; what is missing is never the best.
        tracks: of each value; empty for a single one.
    """
    shown = [None if value is None else round(value, 1) for value in values]
    named = tracks or [""] * len(shown)
    rivals: dict[str, list[float]] = {}
    for track, value in zip(named, shown, strict=True):
        if value is not None:
            rivals.setdefault(track, []).append(value)
    return [
        value is not None and len(rivals[track]) > 1 and value == max(rivals[track])
        for track, value in zip(named, shown, strict=True)
    ]


def cell_of(cell: TableCell | str) -> TableCell:
    """A cell, whichever way it was given."""
    return TableCell(cell) if isinstance(cell, str) else cell
