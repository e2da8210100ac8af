"""Curves of more methods than can be told apart in one chart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from orchestrator.analysis.charts.chart import Line, LineChart
from orchestrator.analysis.report.blocks import FigureBlock
from orchestrator.analysis.report.comparison import Comparison

MOST_MAIN = 3
"""Methods of a group that are drawn heavily, with their intervals."""

FAINT_WORDS = (
    "In colour: the best of each group at the end, whoever is ahead at one of the numbers of "
    "queries on the axis, and, if they are there, zero-shot and the methods that the spec names to "
    "be compared. Thin grey lines are all others."
)

SCALE = (
    "The axis is logarithmic, and names the numbers of queries at which methods are compared; "
    "beyond the last is what each ends with. A method that stops early keeps what it has; one that "
    "isn't trained is a level line."
)


def ahead(comparison: Comparison, shots: int, chart: LineChart) -> LineChart:
    """The same chart, in which those that lead anywhere stand out."""
    leaders = {who.method for who in comparison.leaders(shots)}
    lines = (line if line.label in leaders else _faint(line) for line in chart.lines)
    return replace(chart, lines=tuple(line.plain() for line in lines), ticks=comparison.at_queries)


def overview(comparison: Comparison, shots: int, chart: LineChart, name: str) -> FigureBlock:
    """Who is ahead, at first glance."""
    groups = comparison.groups(shots)
    group_of = {who.method: title for title, members in groups.items() for who in members}
    drawn = ahead(comparison, shots, chart)
    lines = _by_end(_noted(line, f"· {group_of[line.label]} · ") for line in drawn.lines)
    caption = (
        f"Who is ahead after how many queries: mean test accuracy over all shared "
        f"datasets{comparison.suffix(shots)}. {FAINT_WORDS} The legend is in the order of the "
        f"lines' ends, with what each method needs and where it ends. Intervals are in the charts "
        f"below and in the table of accuracy at equal queries. {SCALE}"
    )
    return FigureBlock(name, caption, (replace(drawn, lines=lines, own_legend=True),))


def by_group(
    comparison: Comparison, shots: int, chart: LineChart, name: str, caption: str
) -> FigureBlock:
    """One chart for each group of methods, over all others in grey."""
    charts = tuple(
        _group_chart(chart, title, [who.method for who in members], comparison.at_queries)
        for title, members in comparison.groups(shots).items()
    )
    how = (
        f"Methods by what they need, each group against all others in grey. Wide, with intervals: "
        f"the best {MOST_MAIN} of a group at the end. Legends are in the order of the lines' ends, "
        f"and say where these are."
    )
    return FigureBlock(f"{name}_by_access", f"{how} {caption} {SCALE}", charts)


def _group_chart(
    chart: LineChart, title: str, members: Sequence[str], ticks: tuple[int, ...]
) -> LineChart:
    main = members[:MOST_MAIN]
    lines = (_of_group(line, members, main) for line in chart.lines)
    return replace(chart, lines=_by_end(lines), title=title, ticks=ticks, own_legend=True)


def _of_group(line: Line, members: Collection[str], main: Collection[str]) -> Line:
    if line.label not in members:
        return _faint(line)
    if line.label in main:
        return _noted(replace(line, main=True))
    return _noted(line.plain())


def _faint(line: Line) -> Line:
    return replace(line.plain(), faint=True)


def _noted(line: Line, before: str = "") -> Line:
    return replace(line, note=f"{before}{line.y[-1]:.1f}")


def _by_end(lines: Iterator[Line]) -> tuple[Line, ...]:
    """The highest end first."""
    return tuple(sorted(lines, key=lambda line: -line.y[-1]))
