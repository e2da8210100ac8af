"""Charts as PNG files, by matplotlib, for papers and terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from orchestrator.analysis.charts.chart import BarChart, Chart, DotChart, LineChart, ValueChart
from orchestrator.analysis.charts.palette import NEUTRAL
from orchestrator.analysis.charts.png_values import draw_values

DPI = 150
PANEL = (4.2, 3.2)
COLUMNS = 3
LEGEND_COLUMNS = 6

_DASHES: dict[str, Any] = {
    "solid": "-",
    "dash": (0, (5, 2)),
    "dot": (0, (1, 1.5)),
    "dashdot": "-.",
    "longdash": (0, (9, 3)),
    "longdashdot": (0, (9, 2, 1, 2)),
}


def write_png(chart: Chart, path: Path) -> None:
    """Draws one chart with its legend."""
    rows = 0
    if isinstance(chart, BarChart):
        rows = len(chart.categories) * max(len(chart.bars), 1)
    elif isinstance(chart, DotChart):
        rows = len(chart.dots)
    height = max(4.2, 1.2 + 0.26 * rows)
    figure = Figure(figsize=(7, height), layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, chart)
    if not isinstance(chart, DotChart):
        handles, labels = axes.get_legend_handles_labels()
        _legend(figure, dict(zip(labels, handles, strict=True)))
    _save(figure, path)


def write_panels(charts: Sequence[LineChart], path: Path) -> None:
    """Draws charts side by side, with one legend."""
    columns = max(1, min(COLUMNS, len(charts)))
    lines = max(1, -(-len(charts) // columns))
    size = (max(PANEL[0] * columns, 6), PANEL[1] * lines + 0.6)
    figure = Figure(figsize=size, layout="constrained")
    grid: Any = figure.subplots(lines, columns, squeeze=False)
    handles: dict[str, Any] = {}
    for place, axes in enumerate(grid.flat):
        if place >= len(charts):
            axes.set_axis_off()
            continue
        _draw(axes, charts[place])
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    _legend(figure, handles)
    _save(figure, path)


def _legend(figure: Figure, handles: Mapping[str, Any]) -> None:
    """Above the axes, where it hides nothing."""
    if handles:
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside upper center",
            ncols=min(len(handles), LEGEND_COLUMNS),
            frameon=False,
        )


def _draw(axes: Any, chart: Chart) -> None:
    if isinstance(chart, LineChart):
        _draw_lines(axes, chart)
    elif isinstance(chart, BarChart):
        _draw_bars(axes, chart)
    elif isinstance(chart, ValueChart):
        draw_values(axes, chart, _DASHES)
    else:
        _draw_dots(axes, chart)
    axes.set(title=chart.title, xlabel=chart.x_title)
    axes.grid(alpha=0.25, axis="both" if isinstance(chart, LineChart | ValueChart) else "x")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_lines(axes: Any, chart: LineChart) -> None:
    end = max((line.x[-1] for line in chart.lines), default=0) or 1
    for line in chart.lines:
        colour = line.look.colour
        style = {"color": colour, "linestyle": _DASHES[line.look.dash], "label": line.label}
        if line.is_level:
            axes.axhline(line.y[0], linewidth=1.5, **style)
            continue
        axes.step(line.x, line.y, where="post", linewidth=2, **style)
        if line.lower:
            band = {"step": "post", "alpha": 0.18, "linewidth": 0, "color": colour}
            axes.fill_between(line.x, line.lower, line.upper, **band)
    for name, value in chart.levels:
        style = {"color": NEUTRAL.colour, "linestyle": _DASHES[NEUTRAL.dash], "label": name}
        axes.axhline(value, linewidth=1.2, **style)
    axes.set(ylabel=chart.y_title, xlim=(0, end))
    if chart.bounds is not None:
        (lowest, highest), (bottom, top) = chart.bounds, axes.get_ylim()
        axes.set_ylim(max(bottom, lowest), min(top, highest))


def _draw_bars(axes: Any, chart: BarChart) -> None:
    height = 0.8 / max(len(chart.bars), 1)
    for place, bars in enumerate(chart.bars):
        where = [row - 0.4 + height * (place + 0.5) for row in range(len(chart.categories))]
        lengths = [0 if value is None else value for value in bars.values]
        drawn = axes.barh(where, lengths, height * 0.9, color=bars.look.colour, label=bars.label)
        axes.bar_label(drawn, bars.texts, padding=3, fontsize=7)
    axes.set_yticks(range(len(chart.categories)), chart.categories)
    axes.invert_yaxis()
    axes.margins(x=0.15)


def _draw_dots(axes: Any, chart: DotChart) -> None:
    for row, dot in enumerate(chart.dots):
        axes.errorbar(
            dot.value, row, xerr=dot.half_width, color=dot.look.colour, fmt="o", capsize=3
        )
    axes.set_yticks(range(len(chart.dots)), [dot.label for dot in chart.dots])
    axes.invert_yaxis()


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI)
