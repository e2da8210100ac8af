"""What stands beside the pointer: a value with its unit, its interval, and how it was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orchestrator.analysis.charts.chart import Dot, DotChart, Line, LineChart, ValueChart

QUERIES = "queries"

_UNIT = re.compile(r" *\(([^()]*)\)$")


def unit_of(title: str) -> str:
    """The unit in brackets at the end of an axis' title; empty without one.

    Example:
        >>> unit_of("test accuracy (%)"), unit_of("queries spent")
        ('%', '')
    """
    found = _UNIT.search(title)
    return found[1] if found else ""


def without_unit(title: str) -> str:
    """The title of an axis without what is in brackets at its end."""
    return _UNIT.sub("", title)


def number(value: float) -> str:
    """One digit after the point, of what is not in the thousands.

    Example:
        >>> number(55.08), number(1234.5)
        ('55.1', '1,234')
    """
    return f"{value:,.1f}" if abs(value) < 1000 else f"{value:,.0f}"


def line_texts(line: Line, chart: LineChart) -> tuple[str, ...]:
    """What is said at each point of a drawn line, after its name: `55.1 % ± 3.4, n = 3, at ...`."""
    pairs = zip(_values(line, unit_of(chart.y_title)), _places(line, chart), strict=True)
    return tuple(f"{value}, {place}" for value, place in pairs)


def value_texts(line: Line, chart: ValueChart) -> tuple[str, ...]:
    """The same at each of its values."""
    return tuple(_values(line, unit_of(chart.y_title)))


def dot_text(dot: Dot, chart: DotChart) -> str:
    """What is said of a dot, after its name."""
    interval = "" if dot.half_width is None else f" ± {dot.half_width:.2f}"
    note = f", {chart.note}" if chart.note else ""
    return f"{without_unit(chart.x_title)} {dot.value:.2f}{interval}{note}"


def place_text(place: float, chart: LineChart) -> str:
    """A place on the axis over queries or money."""
    unit = unit_of(chart.x_title)
    return f"{place:.3g} {unit}" if unit else f"{place:,.0f} {QUERIES}"


def _values(line: Line, unit: str) -> Iterator[str]:
    """Value, unit, interval and seeds of each point."""
    after = f" {unit}" if unit else ""
    seeds = f", n = {line.seeds}" if line.seeds > 1 else ""
    for place, value in enumerate(line.y):
        interval = f" ± {number(line.upper[place] - value)}" if line.upper else ""
        yield f"{number(value)}{after}{interval}{seeds}"


def _places(line: Line, chart: LineChart) -> Iterator[str]:
    """When each point of a drawn line was measured; what goes on level says since when."""
    for place in line.x:
        if line.stop is None:
            yield "level"
        elif place > line.stop:
            yield f"since {place_text(line.stop, chart)}"
        else:
            yield f"at {place_text(place, chart)}"
