"""Charts as PNG files, by matplotlib, for papers and terminals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from orchestrator.analysis.charts.chart import (
    BarChart,
    Chart,
    DotChart,
    Line,
    LineChart,
    ValueChart,
)
from orchestrator.analysis.charts.palette import NEUTRAL

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
    figure = Figure(figsize=(7, height), dpi=DPI, layout="constrained")
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
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
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
        _draw_values(axes, chart)
    else:
        _draw_dots(axes, chart)
    axes.set(title=chart.title, xlabel=chart.x_title)
    if isinstance(chart, LineChart | ValueChart):
        axes.set(ylabel=chart.y_title)
        if chart.bounds is not None:
            (lowest, highest), (bottom, top) = chart.bounds, axes.get_ylim()
            axes.set_ylim(max(bottom, lowest), min(top, highest))
    axes.grid(alpha=0.25, axis="both" if isinstance(chart, LineChart | ValueChart) else "x")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_lines(axes: Any, chart: LineChart) -> None:
    end = max((line.x[-1] for line in chart.lines), default=0) or 1
    for line in chart.lines:
        colour = line.look.colour
        style = {"color": colour, "linestyle": _DASHES[line.look.dash], "label": line.label}
        if len(line.x) == 1:
            axes.axhline(line.y[0], linewidth=1.5, **style)
            continue
        axes.step(line.x, line.y, where="post", linewidth=2, **style)
        if line.lower:
            band = {"step": "post", "alpha": 0.18, "linewidth": 0, "color": colour}
            axes.fill_between(line.x, line.lower, line.upper, **band)
    for name, value in chart.levels:
        style = {"color": NEUTRAL.colour, "linestyle": _DASHES[NEUTRAL.dash], "label": name}
        axes.axhline(value, linewidth=1.2, **style)
    axes.set_xlim(0, end)


def _draw_values(axes: Any, chart: ValueChart) -> None:
    if chart.log:
        axes.set_xscale("log")
    for line in chart.lines:
        _draw_value_line(axes, line, joined=chart.joined)
    if chart.ticks:
        axes.set_xticks([place for place, _ in chart.ticks], [text for _, text in chart.ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    mark = {"color": NEUTRAL.colour, "linestyle": _DASHES[NEUTRAL.dash], "linewidth": 1.2}
    for name, place in chart.marks:
        axes.axvline(place, zorder=0, **mark)
        axes.annotate(
            name, (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=8,
        )  # fmt: skip


def _draw_value_line(axes: Any, line: Line, *, joined: bool) -> None:
    style = {
        "color": line.look.colour,
        "linestyle": _DASHES[line.look.dash] if joined else "none",
        "label": line.label,
        "marker": "o",
        "markersize": 6 if line.main else 4,
        "markerfacecolor": "none" if line.hollow else line.look.colour,
        "linewidth": 2.6 if line.main else 1.3,
        "zorder": 3 if line.main else 2,
    }
    if line.lower and not (line.main and joined):
        below = [y - low for low, y in zip(line.lower, line.y, strict=True)]
        above = [up - y for up, y in zip(line.upper, line.y, strict=True)]
        style |= {"capsize": 3, "elinewidth": 0.9, "zorder": 2}
        axes.errorbar(line.x, line.y, yerr=(below, above), **style)
        return
    axes.plot(line.x, line.y, **style)
    if line.lower:
        band = {"alpha": 0.18, "linewidth": 0, "color": line.look.colour}
        axes.fill_between(line.x, line.lower, line.upper, **band)


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
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure).print_png(path)  # `savefig` draws twice, first to lay out
