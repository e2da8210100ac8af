"""What a chart shows, whoever draws it."""

from dataclasses import dataclass

from orchestrator.analysis.charts.palette import Look
from orchestrator.analysis.curves import Band

PERCENT = (0.0, 100.0)
"""Bounds of an accuracy or a share: an interval's end may lie beyond, the thing itself can't."""


@dataclass(frozen=True)
class Line:
    """Measurements over queries or over the values of a varied field, with optional intervals.

    Attributes:
        label: the method's label.
        look: its colour and pattern.
        x: places on the axis, rising; over queries, a single point is drawn as a horizontal line.
        y: measurements.
        lower: lower ends of the intervals; empty without any.
        upper: upper ends; empty without any.
        main: whether it is drawn more heavily than the others, over values.
        hollow: whether its points are drawn as rings, over values.
    """

    label: str
    look: Look
    x: tuple[float, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()
    main: bool = False
    hollow: bool = False


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
    """

    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    levels: tuple[tuple[str, float], ...] = ()
    bounds: tuple[float, float] | None = None
    title: str = ""


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
    """One dot per method, in rows, the first on top."""

    x_title: str
    dots: tuple[Dot, ...]
    title: str = ""


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


def line_of(label: str, look: Look, band: Band) -> Line:
    """A band as a line; without an interval where there is a single seed."""
    if band.seeds == 1:
        return Line(label, look, band.queries, band.mean)
    return Line(label, look, band.queries, band.mean, band.lower, band.upper)
