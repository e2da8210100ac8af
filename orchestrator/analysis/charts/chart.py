"""What a chart shows, whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.analysis.charts.palette import Look
from orchestrator.analysis.curves import Band


@dataclass(frozen=True)
class Line:
    """A step function with an optional band, or a level that was measured once.

    Attributes:
        label: the method's label.
        look: its colour and pattern.
        x: queries; a single one makes it a level over the whole width.
        y: values.
        lower: lower end of the band; empty without one.
        upper: upper end; empty without one.
    """

    label: str
    look: Look
    x: tuple[int, ...]
    y: tuple[float, ...]
    lower: tuple[float, ...] = ()
    upper: tuple[float, ...] = ()

    @property
    def is_level(self) -> bool:
        """Whether it was measured once."""
        return len(self.x) == 1


@dataclass(frozen=True)
class LineChart:
    """Lines over queries.

    Attributes:
        title: above the chart; may be empty.
        x_title: with its unit.
        y_title: with its unit.
        lines: what is drawn, in order.
        levels: other horizontal lines by name, such as a target.
        bounds: values beyond which nothing can lie; wider bands are cut there.
    """

    title: str
    x_title: str
    y_title: str
    lines: tuple[Line, ...]
    levels: tuple[tuple[str, float], ...] = ()
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bars:
    """One method's bars.

    Attributes:
        label: the method's label.
        look: its colour.
        values: one a category; None draws no bar.
        texts: what stands beside each.
    """

    label: str
    look: Look
    values: tuple[float | None, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class BarChart:
    """Horizontal bars, grouped by category."""

    title: str
    x_title: str
    categories: tuple[str, ...]
    bars: tuple[Bars, ...]


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
    """One dot a method, in rows, the first on top."""

    title: str
    x_title: str
    dots: tuple[Dot, ...]


PERCENT = (0.0, 100.0)
"""Bounds of an accuracy or a share: an interval's end may lie beyond, the thing itself can't."""

Chart = LineChart | BarChart | DotChart


def line_of(label: str, look: Look, band: Band) -> Line:
    """A band as a line; without an interval where there is a single seed."""
    if band.seeds == 1:
        return Line(label, look, band.queries, band.mean)
    return Line(label, look, band.queries, band.mean, band.lower, band.upper)
