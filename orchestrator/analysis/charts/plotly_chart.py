"""Charts as plotly figures in plain JSON; the page sets their colours of text and grid."""

from __future__ import annotations

from typing import Any

from orchestrator.analysis.charts.chart import BarChart, Chart, Line, LineChart, ValueChart
from orchestrator.analysis.charts.palette import NEUTRAL
from orchestrator.analysis.charts.plotly_values import band_of, rounded, value_figure

ROW_PIXELS = 24
"""Height of one bar or dot."""


def plotly_figure(chart: Chart) -> dict[str, Any]:
    """`data` and `layout` for `Plotly.newPlot`; `meta` names the method, for the page's legend."""
    if isinstance(chart, LineChart):
        return _lines(chart)
    if isinstance(chart, BarChart):
        return _bars(chart)
    if isinstance(chart, ValueChart):
        return value_figure(chart, _layout(chart.title, chart.x_title, chart.y_title))
    return _dots(chart.title, chart.x_title, chart)


def _lines(chart: LineChart) -> dict[str, Any]:
    end = max((line.x[-1] for line in chart.lines), default=0) or 1
    data = [trace for line in chart.lines for trace in _line(line, end)]
    data += [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": [0, end],
            "y": [value, value],
            "line": {"color": NEUTRAL.colour, "width": 1.2, "dash": NEUTRAL.dash},
            "hovertemplate": f"{name}: %{{y:.1f}}<extra></extra>",
        }
        for name, value in chart.levels
    ]
    layout = _layout(chart.title, chart.x_title, chart.y_title)
    layout["xaxis"]["range"] = [0, end]
    layout["hovermode"] = "x unified"
    if chart.bounds is not None:
        lowest, highest = chart.bounds
        layout["yaxis"]["autorangeoptions"] = {"clipmin": lowest, "clipmax": highest}
    return {"data": data, "layout": layout}


def _line(line: Line, end: int) -> list[dict[str, Any]]:
    common = {"type": "scatter", "mode": "lines", "name": line.label, "meta": line.label}
    style = {"color": line.look.colour, "dash": line.look.dash, "width": 2, "shape": "hv"}
    if line.is_level:
        level = {"x": [0, end], "y": [line.y[0]] * 2}
        return [{**common, **level, "line": style, "hovertemplate": "%{y:.1f}"}]
    drawn = {
        **common,
        "x": line.x,
        "y": rounded(line.y),
        "line": style,
        "hovertemplate": "%{y:.1f}",
    }
    if not line.lower:
        return [drawn]
    edge = {
        **common,
        "x": line.x,
        "line": {"width": 0, "shape": "hv", "color": line.look.colour},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return [*band_of(edge, line), drawn]


def _bars(chart: BarChart) -> dict[str, Any]:
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": bars.label,
            "meta": bars.label,
            "y": list(chart.categories),
            "x": [0 if value is None else value for value in bars.values],
            "text": list(bars.texts),
            "textposition": "outside",
            "cliponaxis": False,
            "marker": {"color": bars.look.colour},
            "hovertemplate": "%{y}: %{text}",
        }
        for bars in chart.bars
    ]
    layout = _layout(chart.title, chart.x_title, "")
    largest = max((v for bars in chart.bars for v in bars.values if v is not None), default=1)
    layout["xaxis"]["range"] = [0, (largest or 1) * 1.3]  # room for the texts
    layout["yaxis"] |= {"autorange": "reversed", "automargin": True}
    layout["barmode"] = "group"
    rows = len(chart.categories) * max(len(chart.bars), 1)
    layout["height"] = 90 + ROW_PIXELS * rows + 12 * len(chart.categories)
    return {"data": data, "layout": layout}


def _dots(title: str, x_title: str, chart: Any) -> dict[str, Any]:
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": dot.label,
            "meta": dot.label,
            "x": [dot.value],
            "y": [dot.label],
            "marker": {"color": dot.look.colour, "size": 11},
            "error_x": {
                "type": "data",
                "array": [dot.half_width or 0],
                "visible": dot.half_width is not None,
                "color": dot.look.colour,
                "thickness": 2,
            },
            "hovertemplate": "%{y}: %{x:.2f}<extra></extra>",
        }
        for dot in chart.dots
    ]
    layout = _layout(title, x_title, "")
    layout["yaxis"] |= {"autorange": "reversed", "automargin": True, "type": "category"}
    layout["height"] = 110 + 1.5 * ROW_PIXELS * len(chart.dots)
    return {"data": data, "layout": layout}


def _layout(title: str, x_title: str, y_title: str) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 14}, "x": 0.02, "xanchor": "left"},
        "xaxis": {"title": {"text": x_title}, "zeroline": False},
        "yaxis": {"title": {"text": y_title}, "zeroline": False},
        "margin": {"l": 52, "r": 14, "t": 34 if title else 12, "b": 44},
        "showlegend": False,
    }
