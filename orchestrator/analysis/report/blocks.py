"""What sections are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from orchestrator.analysis.charts.chart import (
    Bars,
    Chart,
    Dot,
    DotChart,
    Line,
    LineChart,
    parts_of,
)
from orchestrator.analysis.charts.palette import Look
from orchestrator.analysis.intervals import MeanInterval, interval_text

LegendEntry = tuple[str, Look, str]
"""A label, how it is drawn, and what is said after it."""


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes:
        text: plain text.
        kind: `note` is set apart, `warning` more so, `code` keeps its lines and can be copied.
        title: what stands above code.
    """

    text: str
    kind: Literal["plain", "note", "warning", "code"] = "plain"
    title: str = ""


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
        title: what it is in a few words, where it stands without its section.
        summary: whether it says who is ahead: shown on the terminal where there is no headline and
            methods are many, and first of all in the Markdown file.
        column_groups: what stands above each column; equal neighbours share it. Empty for none.
        row_groups: what stands above each row, where it is not that of the row before. Empty for
            none; in CSV it is the last column.
        numbers_only: whether it is left to a CSV file, being too long to be read.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[TableCell | str, ...], ...]
    numeric_from: int = 1
    headline: bool = False
    title: str = ""
    summary: bool = False
    column_groups: tuple[str, ...] = ()
    row_groups: tuple[str, ...] = ()
    numbers_only: bool = False

    @property
    def words(self) -> str:
        """What it is, for those who hear the page."""
        return self.title or self.name.replace("_", " ")

    @property
    def spans(self) -> list[tuple[str, int]]:
        """Column groups, each with the number of columns that it stands above."""
        return [(title, len(list(same))) for title, same in groupby(self.column_groups)]

    def turned(self, corner: str) -> TableBlock:
        """The same with columns as rows, and groups of columns as groups of rows.

        Args:
            corner: title of the new first column.
        """
        titles = (corner, *(cell_of(row[0]).shown for row in self.rows))
        columns = zip(*(row[1:] for row in self.rows), strict=True)
        rows = ((title, *cells) for title, cells in zip(self.header[1:], columns, strict=True))
        groups = self.column_groups[1:]
        return replace(self, header=titles, rows=tuple(rows), column_groups=(), row_groups=groups)

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
    def legend(self) -> list[LegendEntry]:
        """What all charts share, in order of appearance; empty for dots, with labelled rows."""
        charts = [chart for chart in self.charts if not _has_own_legend(chart)]
        looks = {part.label: part.look for chart in charts for part in _named_parts(chart)}
        return [(label, look, "") for label, look in looks.items()]

    def legend_of(self, chart: Chart) -> list[LegendEntry]:
        """What belongs to a chart alone."""
        if not isinstance(chart, LineChart) or not chart.own_legend:
            return []
        return [(line.label, line.look, line.note) for line in chart.lines if not line.faint]


def _has_own_legend(chart: Chart) -> bool:
    return isinstance(chart, DotChart) or (isinstance(chart, LineChart) and chart.own_legend)


def _named_parts(chart: Chart) -> Iterator[Line | Bars | Dot]:
    return (part for part in parts_of(chart) if not (isinstance(part, Line) and part.faint))


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
