"""Charts over the values of a varied field, as plotly figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from orchestrator.analysis.charts.chart import Line, ValueChart, ValueLine
from orchestrator.analysis.charts.palette import NEUTRAL


def value_figure(chart: ValueChart, layout: dict[str, Any]) -> dict[str, Any]:
    """`data` and `layout` for `Plotly.newPlot`.

    Args:
        chart: what is drawn.
        layout: title, axis titles and margins, to be completed.
    """
    data = [trace for line in chart.lines for trace in _line(line, chart)]
    layout["xaxis"]["type"] = "log" if chart.log else "linear"
    if chart.ticks:
        layout["xaxis"] |= {
            "tickvals": [place for place, _ in chart.ticks],
            "ticktext": [text.replace("\n", "<br>") for _, text in chart.ticks],
        }
    if chart.bounds is not None:
        lowest, highest = chart.bounds
        layout["yaxis"]["autorangeoptions"] = {"clipmin": lowest, "clipmax": highest}
    layout["margin"]["t"] += 18  # room for the names of marks
    layout["shapes"] = [
        {
            "type": "line", "x0": place, "x1": place, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": NEUTRAL.colour, "width": 1.4, "dash": NEUTRAL.dash},
        }
        for _, place in chart.marks
    ]  # fmt: skip
    layout["annotations"] = [
        {
            "text": name, "showarrow": False, "yref": "paper", "y": 1, "yanchor": "bottom",
            "x": _on_axis(place, chart), "font": {"size": 11},
        }
        for name, place in chart.marks
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _on_axis(place: float, chart: ValueChart) -> float:
    """Unlike everything else, plotly's annotations want the exponent on a logarithmic axis."""
    return math.log10(place) if chart.log else place


def _line(line: ValueLine, chart: ValueChart) -> list[dict[str, Any]]:
    drawn: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if chart.joined else "markers",
        "name": line.label,
        "meta": line.label,
        "x": list(line.x),
        "y": rounded(line.y),
        "text": [_nearest(place, chart.ticks) for place in line.x],
        "line": {
            "color": line.look.colour, "dash": line.look.dash, "width": 3 if line.main else 1.5,
        },
        "marker": {
            "color": line.look.colour,
            "size": 9 if line.main else 6,
            "symbol": "circle-open" if line.hollow else "circle",
        },
        "hovertemplate": f"{line.label}, %{{text}}: %{{y:.1f}}<extra></extra>",
    }  # fmt: skip
    if not line.lower:
        return [drawn]
    if not (line.main and chart.joined):
        return [{**drawn, "error_y": _error_bars(line)}]
    edge = {**drawn, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    del edge["hovertemplate"], edge["text"], edge["marker"]
    return [*band_of(edge, line), drawn]


def _nearest(place: float, ticks: Sequence[tuple[float, str]]) -> str:
    """The value at a place, which may have moved a little aside."""
    if not ticks:
        return f"{place:.3g}"
    _, text = min(ticks, key=lambda tick: abs(tick[0] - place))
    return text.replace("\n", "")


def _error_bars(line: ValueLine) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": rounded([up - y for up, y in zip(line.upper, line.y, strict=True)]),
        "arrayminus": rounded([y - low for low, y in zip(line.lower, line.y, strict=True)]),
        "color": line.look.colour,
        "thickness": 1,
        "width": 3,
    }


def band_of(edge: dict[str, Any], line: Line | ValueLine) -> list[dict[str, Any]]:
    """The lower and the upper edge of a band, and what is filled between them."""
    fill = {"fill": "tonexty", "fillcolor": f"{line.look.colour}2E"}
    return [{**edge, "y": rounded(line.lower)}, {**edge, **fill, "y": rounded(line.upper)}]


def rounded(values: Sequence[float]) -> list[float]:
    """Three digits are more than a screen shows; they keep the page small."""
    return [round(value, 3) for value in values]
