"""What a chart shows, whoever draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from orchestrator.analysis.charts.palette import Look
from orchestrator.analysis.curves import Band

PERCENT = (0.0, 100.0)
"""Bounds of an accuracy or a share: an interval's end may lie beyond, the thing itself can't."""

END_ROOM = 1.15
"""How far a logarithmic axis goes beyond the end."""

EVEN_ROOM = 1.03
"""How far an even axis does, so that the last measurement is seen."""


@dataclass(frozen=True)
class Single:
    """What one line of those that a mean is taken over looks like, such as a seed's.

    Attributes:
        name: such as `seed 1`.
        x: places on the axis, rising.
        y: measurements.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True)
class Line:
    """Measurements over queries or over the values of a varied field, with optional intervals.

    Attributes:
        label: the method's label.
        look: its colour and pattern.
        x: places on the axis, rising; over queries, the last value goes on to the axis' end.
        y: measurements.
        lower: lower ends of the intervals; empty without any.
        upper: upper ends; empty without any.
        errors: standard errors from measuring parts of test splits, drawn as bars in the middle of
            the steps over queries; 0 draws none, and so does an empty tuple.
        main: whether it is drawn more heavily than the others.
        hollow: whether its points are drawn as rings, over values.
        faint: whether it is only what others are seen against, without an interval or a place in
            the legend, over queries.
        note: what the chart's own legend says after the label.
        seeds: how many seeds each point is a mean of; 0 where that isn't known.
        singles: what it is a mean of, one line a seed, for whoever asks to see them.
        stop: where it was measured last, which `between` finds; None for what was measured once.
    """

    label: str
    look: Look
    x: tuple[float, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    errors: tuple[float, ...] = ()
    main: bool = False
    hollow: bool = False
    faint: bool = False
    note: str = ""
    seeds: int = 0
    singles: tuple[Single, ...] = ()
    stop: float | None = None

    def between(self, start: float, end: float) -> Line:
        """The step function from one place to another, where it holds what it had reached.

        What came before the start is seen as its value there.

        Example:
            >>> line = Line("mine", Look("#000000", "solid"), (0, 2), (40.0, 70.0))
            >>> line.between(0, 100).x, line.between(0, 100).y, line.between(50, 100).y
            ((0, 2, 100), (40.0, 70.0, 70.0), (70.0, 70.0))
        """
        first = max(sum(place <= start for place in self.x) - 1, 0)
        more = self.x[-1] < end
        places = (*(max(place, start) for place in self.x[first:]), *((end,) if more else ()))

        def cut(values: tuple[float, ...]) -> tuple[float, ...]:
            return (*values[first:], *(values[-1:] if more else ()))

        y, lower, upper = map(cut, (self.y, self.lower, self.upper))
        errors = (*self.errors[first:], *((0.0,) if more and self.errors else ()))
        stop = self.x[-1] if len(self.x) > 1 else None
        return replace(self, x=places, y=y, lower=lower, upper=upper, errors=errors, stop=stop)

    def bars(self, *, log: bool) -> tuple[tuple[float, float, float], ...]:
        """Place, value and standard error of each bar, in the middle of its step on the axis."""
        steps = zip(pairwise(self.x), self.y, self.errors, strict=False)
        return tuple(
            (math.sqrt(start * end) if log else (start + end) / 2, value, error)
            for (start, end), value, error in steps
            if error > 0
        )

    def plain(self) -> Line:
        """The same without intervals and bars."""
        return replace(self, lower=(), upper=(), errors=())


@dataclass(frozen=True)
class LineChart:
    """Step functions over queries.

    Attributes:
        x_title: with its unit.
        y_title: with its unit.
        lines: what is drawn, in order.
        levels: other horizontal lines by name, such as a target.
        bounds: values beyond which nothing can lie; wider bands are cut there.
        title: above the chart; may be empty.
        end: where measuring ends, if no line goes on beyond. The axis goes on a little further, so
            that what lines end with is seen.
        ticks: numbers of queries that stand on the axis, which is logarithmic then, and starts at
            half of the first; empty for an even axis from 0.
        own_legend: whether its legend is its own, in the order of its lines and with their notes.
    """

    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    levels: tuple[tuple[str, float], ...] = ()
    bounds: tuple[float, float] | None = None
    title: str = ""
    end: float = 0
    ticks: tuple[int, ...] = ()
    own_legend: bool = False

    @property
    def span(self) -> tuple[float, float]:
        """Both ends of the axis."""
        end = max((self.end, *(line.x[-1] for line in self.lines))) or 1
        if self.ticks:
            return min(self.ticks[0], end) / 2, END_ROOM * end
        return 0, EVEN_ROOM * end

    @property
    def drawn(self) -> tuple[Line, ...]:
        """Its lines over the whole axis, those that are the background first."""
        whole = (line.between(*self.span) for line in self.lines)
        return tuple(sorted(whole, key=lambda line: (not line.faint, line.main)))

    def width(self, line: Line, usual: float = 2.0) -> float:
        """How wide a line is drawn: others than the main ones are thin, where there are any."""
        if line.main:
            return 1.3 * usual
        if line.faint:
            return usual / 2
        return 0.7 * usual if any(one.main for one in self.lines) else usual


@dataclass(frozen=True)
class Bars:
    """One method's bars.

    Attributes:
        label: the method's label.
        look: its colour.
        values: one per category; None draws no bar.
        texts: what stands beside each.
    """

    label: str
    look: Look
    values: tuple[float | None, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars, grouped by category."""

    x_title: str
    categories: tuple[str, ...]
    bars: tuple[Bars, ...]
    title: str = ""


@dataclass(frozen=True)
class Dot:
    """A method's value with an optional interval.

    Attributes:
        label: the method's label.
        look: its colour.
        value: where the dot is.
        half_width: half of the interval; None without one.
    """

    label: str
    look: Look
    value: float
    half_width: float | None = None


@dataclass(frozen=True)
class DotChart:
    """One dot per method, in rows, the first on top.

    Attributes:
        x_title: what the value is.
        dots: one per row.
        title: above the chart; may be empty.
        note: what is said of each dot beside the pointer.
    """

    x_title: str
    dots: tuple[Dot, ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class ValueChart:
    """A measurement over the values of a varied field.

    Attributes:
        x_title: the field.
        y_title: with its unit.
        lines: what is drawn, in order.
        ticks: places on the axis, each with the value that lies there; empty where values are
            places themselves, with ticks as on any axis.
        log: whether the axis is logarithmic.
        joined: whether a line joins neighbouring points; False where values have no order.
        marks: vertical lines by name, such as the default.
        bounds: values beyond which nothing can lie; longer intervals are cut there.
        title: above the chart; may be empty.
    """

    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    ticks: tuple[tuple[float, str], ...]
    log: bool = False
    joined: bool = True
    marks: tuple[tuple[str, float], ...] = ()
    bounds: tuple[float, float] | None = None
    title: str = ""


Chart = LineChart | BarChart | DotChart | ValueChart


def parts_of(chart: Chart) -> tuple[Line | Bars | Dot, ...]:
    """What a chart draws, each part with a label and a look."""
    if isinstance(chart, BarChart):
        return chart.bars
    return chart.dots if isinstance(chart, DotChart) else chart.lines


def line_of(label: str, look: Look, band: Band, singles: tuple[Single, ...] = ()) -> Line:
    """A band as a line; without an interval or singles where there is a single seed."""
    line = Line(label, look, band.queries, band.mean, errors=band.errors, seeds=band.seeds)
    if band.seeds == 1:
        return line
    return replace(line, lower=band.lower, upper=band.upper, singles=singles)
