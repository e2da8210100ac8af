"""Numbers at the right of a chart: what each line ends with, moved apart so that all are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.analysis.charts.chart import Line, LineChart

MOST = 8
"""Numbers that find room above each other."""

LINE_SHARE = 0.056
"""Height of a line of text, as a share of that of a small chart."""


@dataclass(frozen=True)
class EndValue:
    """What a line ends with.

    Attributes:
        line: the line.
        value: its last measurement.
        place: where the number stands on the axis, near the value.
    """

    line: Line
    value: float
    place: float


def end_values(chart: LineChart) -> tuple[EndValue, ...]:
    """One for each line that isn't background; none where they are too many or in the legend."""
    lines = [line for line in chart.drawn if not line.faint]
    if chart.own_legend or len(lines) > MOST:
        return ()
    values = [line.y[-1] for line in lines]
    places = moved_apart(values, LINE_SHARE * _height(chart))
    return tuple(map(EndValue, lines, values, places))


def moved_apart(values: Sequence[float], apart: float) -> list[float]:
    """Places near the values, in their order, none nearer to its neighbour than `apart`.

    The sum of squared moves is the least possible.

    Example:
        >>> moved_apart([1.0, 5.0, 1.0], 2.0)
        [0.0, 5.0, 2.0]
    """
    order = sorted(range(len(values)), key=lambda one: values[one])
    # What is left to do when each is lowered by the room of those below: make it rise, by pooling
    # neighbours that do not.
    pools: list[tuple[float, int]] = []
    for rank, one in enumerate(order):
        mean, count = values[one] - rank * apart, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    lowered = [mean for mean, count in pools for _ in range(count)]
    places = [0.0] * len(values)
    for rank, one in enumerate(order):
        places[one] = lowered[rank] + rank * apart
    return places


def _height(chart: LineChart) -> float:
    """How much of the vertical axis is seen."""
    seen = [value for line in chart.drawn for value in (*line.y, *line.lower, *line.upper)]
    seen += [value for _, value in chart.levels]
    low, high = min(seen), max(seen)
    if chart.bounds is not None:
        low, high = max(low, chart.bounds[0]), min(high, chart.bounds[1])
    return high - low or 1.0
