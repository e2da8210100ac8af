"""What a page needs, beside a plotly figure, to switch its axis and the lines of single seeds."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from orchestrator.analysis.charts.chart import END_ROOM, Chart, Line, LineChart, Single
from orchestrator.analysis.charts.hover import number, place_text, unit_of
from orchestrator.analysis.charts.labels import for_plotly, labels_of
from orchestrator.analysis.charts.plotly_chart import plotly_figure

SINGLE_WIDTH = 1.0
SINGLE_OPACITY = 0.65

FEW = 150
"""How many times its start a logarithmic axis may end at for ticks between powers of ten."""


def switched_figure(chart: Chart) -> dict[str, Any]:
    """The figure with an even axis, and what else there is to it.

    `seeds` are traces of single seeds, to be added to `data`; `log` says where a logarithmic axis
    starts and ends, and what stands on it. Both are left out where there are none.
    """
    if not isinstance(chart, LineChart):
        return plotly_figure(chart)
    figure = plotly_figure(replace(chart, ticks=()))
    if singles := seed_traces(chart):
        figure["seeds"] = singles
    if (log := log_axis(chart)) is not None:
        figure["log"] = log
    return figure


def seed_traces(chart: LineChart) -> list[dict[str, Any]]:
    """One thin line for each seed of each method that isn't background."""
    shown, (_, end) = labels_of(chart), replace(chart, ticks=()).span
    return [
        _trace(line, single, for_plotly(shown[line.label]), chart, end)
        for line in chart.lines
        if not line.faint
        for single in line.singles
    ]


def log_axis(chart: LineChart) -> dict[str, Any] | None:
    """Both ends of a logarithmic axis, and what stands on it.

    None where nothing but a start was measured, of which there is no logarithm.
    """
    if chart.ticks:
        start, end = chart.span
        return {"start": start, "end": end, "ticks": list(chart.ticks)}
    positive = [place for line in chart.lines for place in line.x if place > 0]
    if not positive:
        return None
    start, end = min(positive) / 2, END_ROOM * max(chart.end, *positive)
    return {"start": start, "end": end, "ticks": _round_places(start, end)}


def _round_places(start: float, end: float) -> list[float]:
    """Powers of ten within an axis, and twice and five times these where it spans few."""
    digits = (1, 2, 5) if end / start <= FEW else (1,)
    powers = range(math.floor(math.log10(start)), math.ceil(math.log10(end)) + 1)
    places = (float(f"{digit}e{power}") for power in powers for digit in digits)
    return [place for place in places if start <= place <= end]


def _trace(line: Line, single: Single, name: str, chart: LineChart, end: float) -> dict[str, Any]:
    drawn = Line(single.name, line.look, single.x, single.y).between(0, end)
    unit = unit_of(chart.y_title)
    texts = [
        f"{number(value)} {unit}".strip() + f", at {place_text(min(place, single.x[-1]), chart)}"
        for place, value in zip(drawn.x, drawn.y, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": f"{name}, {for_plotly(single.name)}",
        "meta": line.label,
        "x": drawn.x,
        "y": [round(value, 3) for value in drawn.y],
        "line": {
            "color": line.look.colour, "dash": line.look.dash, "width": SINGLE_WIDTH, "shape": "hv",
        },
        "opacity": SINGLE_OPACITY,
        "customdata": texts,
        "hovertemplate": "%{fullData.name}: %{customdata}<extra></extra>",
    }  # fmt: skip
