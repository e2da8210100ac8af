"""Charts over the values of a varied field, drawn by matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.ticker import NullLocator

from orchestrator.analysis.charts.chart import ValueChart, ValueLine
from orchestrator.analysis.charts.palette import NEUTRAL


def draw_values(axes: Any, chart: ValueChart, dashes: Mapping[str, Any]) -> None:
    """Draws lines, intervals, ticks and marks.

    Args:
        axes: matplotlib's.
        chart: what is drawn.
        dashes: matplotlib's line styles by name of a pattern.
    """
    if chart.log:
        axes.set_xscale("log")
    for line in chart.lines:
        _draw_line(axes, line, dashes[line.look.dash] if chart.joined else "none")
    if chart.ticks:
        axes.set_xticks([place for place, _ in chart.ticks], [text for _, text in chart.ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    for name, place in chart.marks:
        axes.axvline(
            place, color=NEUTRAL.colour, linestyle=dashes[NEUTRAL.dash], linewidth=1.2, zorder=0
        )
        axes.annotate(
            name, (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=8,
        )  # fmt: skip
    axes.set(ylabel=chart.y_title)
    if chart.bounds is not None:
        (lowest, highest), (bottom, top) = chart.bounds, axes.get_ylim()
        axes.set_ylim(max(bottom, lowest), min(top, highest))


def _draw_line(axes: Any, line: ValueLine, linestyle: Any) -> None:
    style = {"color": line.look.colour, "linestyle": linestyle, "label": line.label}
    if line.hollow:
        style["markerfacecolor"] = "none"
    size = {"linewidth": 2.6 if line.main else 1.3, "markersize": 6 if line.main else 4}
    banded = bool(line.lower) and line.main and linestyle != "none"
    if not line.lower or banded:
        axes.plot(line.x, line.y, marker="o", zorder=3 if line.main else 2, **size, **style)
    else:
        below = [y - low for low, y in zip(line.lower, line.y, strict=True)]
        above = [up - y for up, y in zip(line.upper, line.y, strict=True)]
        bars = {"marker": "o", "capsize": 3, "elinewidth": 0.9, "zorder": 2}
        axes.errorbar(line.x, line.y, yerr=(below, above), **bars, **size, **style)
    if banded:
        axes.fill_between(
            line.x, line.lower, line.upper, alpha=0.18, linewidth=0, color=line.look.colour
        )
