"""Charts as plotly figures in plain JSON; the page sets their colours of text and grid."""

import math
from collections.abc import Sequence
from typing import Any

from orchestrator.analysis.charts.chart import (
    BarChart,
    Chart,
    DotChart,
    Line,
    LineChart,
    ValueChart,
)
from orchestrator.analysis.charts.end_values import end_values
from orchestrator.analysis.charts.hover import dot_text, line_texts, unit_of, value_texts
from orchestrator.analysis.charts.labels import (
    LONGEST,
    Labels,
    for_plotly,
    has_rows,
    labels_of,
)
from orchestrator.analysis.charts.palette import FAINT, FAINTNESS, NEUTRAL
from orchestrator.analysis.short_names import short_names

ROW_PIXELS = 24
"""Height of one bar or dot."""

BESIDE = 24
"""Characters of a name beside a chart, which leave a telephone room for the chart."""

MOST_HOVERED = 12
"""Lines whose values fit beside the pointer, all at once."""

TITLE = 36
"""Characters of a title above a chart or along an axis."""

MARKER = 8
"""Pixels of the dot at a line's last measurement."""

VALUES_WIDTH = 42
"""Pixels at the right of a chart, where lines' last values stand."""

_NAMED = "%{fullData.name}: %{customdata}<extra></extra>"


def plotly_figure(chart: Chart) -> dict[str, Any]:
    """`data` and `layout` for `Plotly.newPlot`; `meta` names the method, for the page's legend."""
    longest = BESIDE if has_rows(chart) else LONGEST
    found = labels_of(chart, longest=longest)
    shown = {name: for_plotly(text) for name, text in found.items()}
    if isinstance(chart, LineChart):
        return _lines(chart, shown)
    if isinstance(chart, BarChart):
        return _bars(chart, shown)
    if isinstance(chart, ValueChart):
        return _values(chart, shown)
    return _dots(chart, shown)


def _lines(chart: LineChart, shown: Labels) -> dict[str, Any]:
    start, end = chart.span
    data = [trace for line in chart.drawn for trace in _line(line, shown[line.label], chart)]
    data += [
        {
            "type": "scatter",
            "mode": "lines",
            "name": shown[name],
            "x": [start, end],
            "y": [value, value],
            "line": {"color": NEUTRAL.colour, "width": 1.2, "dash": NEUTRAL.dash},
            "hovertemplate": "%{fullData.name}: %{y:.1f}<extra></extra>",
        }
        for name, value in chart.levels
    ]
    layout = _layout(chart.title, chart.x_title, chart.y_title, chart.bounds)
    layout["xaxis"] |= {"range": [start, end], "separatethousands": True}
    layout["hovermode"] = "x unified"
    unit = unit_of(chart.x_title) or "queries"
    layout["xaxis"]["unifiedhovertitle"] = {"text": f"about %{{x:,.6~g}} {for_plotly(unit)}"}
    if ends := end_values(chart):
        layout["margin"]["r"] = VALUES_WIDTH
        layout["annotations"] = [
            {
                # The page hides it with the line of this name.
                "name": end.line.label, "text": f"{end.value:,.1f}", "showarrow": False,
                "xref": "paper", "x": 1, "xanchor": "left", "xshift": 3, "y": end.place,
                "font": {"size": 11, "color": end.line.look.colour},
            }
            for end in ends
        ]  # fmt: skip
    if chart.ticks:
        layout["xaxis"] |= {
            "type": "log",
            "range": [math.log10(start), math.log10(end)],
            "tickvals": list(chart.ticks),
            "ticktext": [f"{tick:,}" for tick in chart.ticks],
        }
    if len(chart.lines) > MOST_HOVERED:
        layout["hovermode"] = "closest"
    return {"data": data, "layout": layout}


def _line(line: Line, label: str, chart: LineChart) -> list[dict[str, Any]]:
    common: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": label,
        "meta": line.label,
        "x": line.x,
    }
    look = FAINT if line.faint else line.look
    style = {"color": look.colour, "dash": look.dash, "width": chart.width(line), "shape": "hv"}
    drawn = {**common, "y": _rounded(line.y), "line": style}
    if line.faint:
        template = "%{fullData.name}: %{y:.1f}<extra></extra>"
        return [{**drawn, "opacity": FAINTNESS, "hovertemplate": template}]
    drawn |= {"customdata": line_texts(line, chart), "hovertemplate": _NAMED}
    if line.stop is not None:
        sizes = [MARKER if place == line.stop else 0 for place in line.x]
        marker = {"size": sizes, "color": line.look.colour, "line": {"width": 0}, "opacity": 1}
        drawn |= {"mode": "lines+markers", "marker": marker}
    bars = [_sampling_errors(common, line, chart)] if line.errors else []
    if not line.lower:
        return [drawn, *bars]
    edge = {
        **common,
        "line": {"width": 0, "shape": "hv", "color": line.look.colour},
        "showlegend": False,
        "hoverinfo": "skip",
    }
    return [*_band(edge, line), drawn, *bars]


def _sampling_errors(common: dict[str, Any], line: Line, chart: LineChart) -> dict[str, Any]:
    """Bars without markers."""
    bars = line.bars(log=bool(chart.ticks))
    places, values, errors = (_rounded([bar[part] for bar in bars]) for part in range(3))
    look = {"color": line.look.colour, "thickness": 1, "width": 2}
    return {
        **common,
        "mode": "markers",
        "x": places,
        "y": values,
        "marker": {"color": line.look.colour, "opacity": 0},
        "error_y": {"type": "data", "array": errors, **look},
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _values(chart: ValueChart, shown: Labels) -> dict[str, Any]:
    data = [trace for line in chart.lines for trace in _value_line(line, shown[line.label], chart)]
    layout = _layout(chart.title, chart.x_title, chart.y_title, chart.bounds)
    layout["xaxis"]["type"] = "log" if chart.log else "linear"
    if chart.ticks:
        layout["xaxis"] |= {
            "tickvals": [place for place, _ in chart.ticks],
            "ticktext": [_tick(text) for _, text in chart.ticks],
            "automargin": True,
        }
        # Else the title stands beside the second line of the values.
        layout["xaxis"]["title"]["standoff"] = 8
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
            "text": _tick(name), "showarrow": False, "yref": "paper", "y": 1, "yanchor": "bottom",
            # Unlike everything else, annotations want the exponent on a logarithmic axis.
            "x": math.log10(place) if chart.log else place, "font": {"size": 11},
        }
        for name, place in chart.marks
    ]  # fmt: skip
    return {"data": data, "layout": layout}


def _value_line(line: Line, label: str, chart: ValueChart) -> list[dict[str, Any]]:
    drawn: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines+markers" if chart.joined else "markers",
        "name": label,
        "meta": line.label,
        "x": list(line.x),
        "y": _rounded(line.y),
        "text": [_nearest(place, chart.ticks) for place in line.x],
        "customdata": value_texts(line, chart),
        "line": {
            "color": line.look.colour, "dash": line.look.dash, "width": 3 if line.main else 1.5,
        },
        "marker": {
            "color": line.look.colour,
            "size": 9 if line.main else 6,
            "symbol": "circle-open" if line.hollow else "circle",
        },
        "hovertemplate": "%{fullData.name}, %{text}: %{customdata}<extra></extra>",
    }  # fmt: skip
    if not line.lower:
        return [drawn]
    if not (line.main and chart.joined):
        return [{**drawn, "error_y": _error_bars(line)}]
    edge = {**drawn, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    del edge["hovertemplate"], edge["text"], edge["customdata"], edge["marker"]
    return [*_band(edge, line), drawn]


def _nearest(place: float, ticks: Sequence[tuple[float, str]]) -> str:
    """The value at a place, which may have moved a little aside."""
    if not ticks:
        return f"{place:.3g}"
    _, text = min(ticks, key=lambda tick: abs(tick[0] - place))
    return for_plotly(text.replace("\n", ""))


def _tick(text: str) -> str:
    """A value on the axis or a mark, line by line."""
    lines = (short_names([line], BESIDE)[line] for line in text.split("\n"))
    return "<br>".join(map(for_plotly, lines))


def _error_bars(line: Line) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": _rounded([up - y for up, y in zip(line.upper, line.y, strict=True)]),
        "arrayminus": _rounded([y - low for low, y in zip(line.lower, line.y, strict=True)]),
        "color": line.look.colour,
        "thickness": 1,
        "width": 3,
    }


def _band(edge: dict[str, Any], line: Line) -> list[dict[str, Any]]:
    """The lower and the upper edge of a band, and what is filled between them."""
    fill = {"fill": "tonexty", "fillcolor": f"{line.look.colour}2E"}
    return [{**edge, "y": _rounded(line.lower)}, {**edge, **fill, "y": _rounded(line.upper)}]


def _rounded(values: Sequence[float]) -> list[float]:
    """Three digits are more than a screen shows; they keep the page small."""
    return [round(value, 3) for value in values]


def _bars(chart: BarChart, shown: Labels) -> dict[str, Any]:
    what = for_plotly(chart.x_title)
    data = [
        {
            "type": "bar",
            "orientation": "h",
            "name": shown[bars.label],
            "meta": bars.label,
            "y": [shown[name] for name in chart.categories],
            "x": [0 if value is None else value for value in bars.values],
            "text": list(bars.texts),
            "textposition": "outside",
            "cliponaxis": False,
            "marker": {"color": bars.look.colour},
            "hovertemplate": f"%{{fullData.name}}, %{{y}}: %{{text}}<br>{what}<extra></extra>",
        }
        for bars in chart.bars
    ]
    layout = _layout(chart.title, chart.x_title)
    largest = max((v for bars in chart.bars for v in bars.values if v is not None), default=1)
    layout["xaxis"]["range"] = [0, (largest or 1) * 1.3]  # room for the texts
    layout["yaxis"] |= {"autorange": "reversed", "automargin": True}
    layout["barmode"] = "group"
    rows = len(chart.categories) * max(len(chart.bars), 1)
    layout["height"] = 90 + ROW_PIXELS * rows + 12 * len(chart.categories)
    return {"data": data, "layout": layout}


def _dots(chart: DotChart, shown: Labels) -> dict[str, Any]:
    data = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": shown[dot.label],
            "meta": dot.label,
            "x": [dot.value],
            "y": [shown[dot.label]],
            "marker": {"color": dot.look.colour, "size": 11},
            "error_x": {
                "type": "data",
                "array": [dot.half_width or 0],
                "visible": dot.half_width is not None,
                "color": dot.look.colour,
                "thickness": 2,
            },
            "customdata": [for_plotly(dot_text(dot, chart))],
            "hovertemplate": _NAMED,
        }
        for dot in chart.dots
    ]
    layout = _layout(chart.title, chart.x_title)
    layout["yaxis"] |= {"autorange": "reversed", "automargin": True, "type": "category"}
    layout["height"] = 110 + 1.5 * ROW_PIXELS * len(chart.dots)
    return {"data": data, "layout": layout}


def _title(text: str) -> str:
    return for_plotly(short_names([text], TITLE)[text])


def _layout(
    title: str, x_title: str, y_title: str = "", bounds: tuple[float, float] | None = None
) -> dict[str, Any]:
    layout: dict[str, Any] = {
        "title": {"text": _title(title), "font": {"size": 14}, "x": 0.02, "xanchor": "left"},
        "xaxis": {"title": {"text": _title(x_title)}, "zeroline": False},
        "yaxis": {"title": {"text": _title(y_title)}, "zeroline": False},
        "margin": {"l": 52, "r": 14, "t": 34 if title else 12, "b": 44},
        "showlegend": False,
        "hoverdistance": -1,  # the nearest point is named, however far the pointer is
        "hoverlabel": {"namelength": -1},  # plotly would cut names to 15 letters
    }
    if bounds is not None:
        layout["yaxis"]["autorangeoptions"] = {"clipmin": bounds[0], "clipmax": bounds[1]}
    return layout
