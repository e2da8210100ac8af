"""Charts as PNG files, by matplotlib, for papers and terminals."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator
from rich.cells import cell_len

from orchestrator.analysis.charts.chart import (
    BarChart,
    Chart,
    DotChart,
    Line,
    LineChart,
    ValueChart,
    parts_of,
)
from orchestrator.analysis.charts.end_values import end_values
from orchestrator.analysis.charts.labels import (
    LONGEST,
    Labels,
    for_matplotlib,
    has_rows,
    labels_of,
)
from orchestrator.analysis.charts.palette import FAINT, FAINTNESS, NEUTRAL
from orchestrator.analysis.short_names import short_names

DPI = 150
PANEL = (4.2, 3.2)
COLUMNS = 3
LEGEND_COLUMNS = 6

# Inches.
WIDTH = 7.0
WIDEST = 24.0
MARGIN = 1.0
HIGHEST = 60.0
LINE_HEIGHT = 0.22
HANDLE_WIDTH = 0.6
BESIDE_WIDTH = 3.4
LEGEND_LINE = 0.17
LETTER_WIDTH = 0.085

# Characters.
BESIDE = 30
AXIS = 70

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
    shown = _shown(chart)
    legend = _Legend.of([] if isinstance(chart, DotChart) else _legend_labels(chart), shown, WIDTH)
    height = min(max(4.2, 1.2 + 0.26 * rows) + legend.height, HIGHEST)
    width = max(WIDTH, _ticks_width(chart))
    width += BESIDE_WIDTH if isinstance(chart, LineChart) and chart.own_legend else 0
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, chart, shown)
    axes.set_title(for_matplotlib(short_names([chart.title], LONGEST)[chart.title]))
    if isinstance(chart, LineChart) and chart.own_legend:
        _draw_own_legend(axes, chart, shown, beside=True)
    else:
        legend.draw(figure, [axes])
    _save(figure, path)


def write_panels(charts: Sequence[LineChart], path: Path) -> None:
    """Draws charts side by side, with one legend."""
    columns = max(1, min(COLUMNS, len(charts)))
    lines = max(1, -(-len(charts) // columns))
    width, shown = max(PANEL[0] * columns, 6), _shown(*charts)
    labels = dict.fromkeys(label for chart in charts for label in _legend_labels(chart))
    legend = _Legend.of(labels, shown, width)
    rows = (charts[place : place + columns] for place in range(0, len(charts), columns))
    below = sum(map(_legend_height, rows))
    size = (width, PANEL[1] * lines + 0.6 + legend.height + below)
    figure = Figure(figsize=size, dpi=DPI, layout="constrained")
    grid: Any = figure.subplots(lines, columns, squeeze=False)
    drawn = [axes for axes, _ in zip(grid.flat, charts, strict=False)]
    titles = short_names((chart.title for chart in charts), BESIDE)
    for axes, chart in zip(drawn, charts, strict=True):
        _draw(axes, chart, shown)
        axes.set_title(for_matplotlib(titles[chart.title]))
        if chart.own_legend:
            _draw_own_legend(axes, chart, shown, beside=False)
    for axes in [*grid.flat][len(charts) :]:
        axes.set_axis_off()
    legend.draw(figure, drawn)
    _save(figure, path)


def _ticks_width(chart: Chart) -> float:
    """In inches, what values that stand side by side on an axis take without touching."""
    if not isinstance(chart, ValueChart) or chart.joined:
        return 0.0
    lines = (line for _, text in chart.ticks for line in text.split("\n"))
    longest = max((min(cell_len(line), BESIDE) for line in lines), default=0)
    return min(MARGIN + len(chart.ticks) * LETTER_WIDTH * (longest + 1), WIDEST)


def _shown(*charts: Chart) -> dict[str, str]:
    """What is drawn for each name."""
    longest = min(LONGEST, BESIDE) if any(map(has_rows, charts)) else LONGEST
    shown = labels_of(*charts, longest=longest)
    return {name: for_matplotlib(text) for name, text in shown.items()}


def _legend_labels(chart: Chart) -> list[str]:
    """What a legend of the whole picture shows of a chart."""
    if not isinstance(chart, LineChart):
        return [part.label for part in parts_of(chart)]
    if chart.own_legend:
        return []
    named = (line.label for line in chart.lines if not line.faint)
    return [*named, *(name for name, _ in chart.levels)]


def _legend_height(row: Iterable[LineChart]) -> float:
    """Of the highest legend below one of the charts side by side, in inches."""
    lines = (sum(not one.faint for one in chart.lines) for chart in row if chart.own_legend)
    return LEGEND_LINE * max(lines, default=0)


@dataclass(frozen=True)
class _Legend:
    """A legend above the axes, where it hides nothing.

    Attributes:
        labels: what it shows.
        columns: how many stand side by side.
        height: of its lines beyond the first, in inches.
    """

    labels: tuple[str, ...]
    columns: int
    height: float

    @classmethod
    def of(cls, names: Iterable[str], shown: Labels, width: float) -> _Legend:
        """The legend of names in a figure that is so many inches wide."""
        labels = tuple(dict.fromkeys(shown[name] for name in names))
        most = min(len(labels), LEGEND_COLUMNS)
        fitting = (n for n in range(most, 1, -1) if _legend_width(labels, n) <= width)
        columns = next(fitting, 1)
        lines = -(-len(labels) // columns)
        return cls(labels, columns, LINE_HEIGHT * max(lines - 1, 0))

    def draw(self, figure: Figure, drawn: Iterable[Any]) -> None:
        """Draws it with the looks that labels have in the axes."""
        handles: dict[str, Any] = {}
        for axes in drawn:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                handles.setdefault(label, handle)
        labels = [label for label in self.labels if label in handles]
        if labels:
            figure.legend(
                [handles[label] for label in labels],
                labels,
                loc="outside upper center",
                ncols=self.columns,
                frameon=False,
            )


def _legend_width(labels: Sequence[str], columns: int) -> float:
    """In inches; matplotlib fills one column after the other, each as wide as its longest label."""
    each, longer = divmod(len(labels), columns)
    ends = [0, *accumulate(each + (place < longer) for place in range(columns))]
    longest = (max(map(cell_len, labels[start:end])) for start, end in pairwise(ends))
    return sum(HANDLE_WIDTH + LETTER_WIDTH * letters for letters in longest)


def _draw(axes: Any, chart: Chart, shown: Labels) -> None:
    if isinstance(chart, LineChart):
        _draw_lines(axes, chart, shown)
    elif isinstance(chart, BarChart):
        _draw_bars(axes, chart, shown)
    elif isinstance(chart, ValueChart):
        _draw_values(axes, chart, shown)
    else:
        _draw_dots(axes, chart, shown)
    axes.set(xlabel=for_matplotlib(short_names([chart.x_title], AXIS)[chart.x_title]))
    if isinstance(chart, LineChart | ValueChart):
        axes.set(ylabel=for_matplotlib(chart.y_title))
        if chart.bounds is not None:
            (lowest, highest), (bottom, top) = chart.bounds, axes.get_ylim()
            axes.set_ylim(max(bottom, lowest), min(top, highest))
    axes.grid(alpha=0.25, axis="both" if isinstance(chart, LineChart | ValueChart) else "x")
    axes.spines[["top", "right"]].set_visible(False)


def _draw_lines(axes: Any, chart: LineChart, shown: Labels) -> None:
    for line in chart.drawn:
        look = FAINT if line.faint else line.look
        style: dict[str, Any] = {"color": look.colour, "linestyle": _DASHES[look.dash]}
        style |= {"alpha": FAINTNESS} if line.faint else {"label": shown[line.label]}
        axes.step(line.x, line.y, where="post", linewidth=chart.width(line), **style)
        if line.stop is not None and line.stop >= chart.span[0] and not line.faint:
            axes.plot(line.stop, line.y[-1], "o", markersize=4.5, color=look.colour, clip_on=False)
        if line.lower and not line.faint:
            band = {"step": "post", "alpha": 0.18, "linewidth": 0, "color": look.colour}
            axes.fill_between(line.x, line.lower, line.upper, **band)
        if bars := () if line.faint else line.bars(log=bool(chart.ticks)):
            places, values, errors = zip(*bars, strict=True)
            style = {"fmt": "none", "ecolor": look.colour, "elinewidth": 0.9, "capsize": 1.5}
            axes.errorbar(places, values, yerr=errors, **style)
    for name, value in chart.levels:
        style = {"color": NEUTRAL.colour, "linestyle": _DASHES[NEUTRAL.dash], "label": shown[name]}
        axes.axhline(value, linewidth=1.2, **style)
    if chart.ticks:
        axes.set_xscale("log")
        axes.set_xticks(chart.ticks, [f"{tick:,}" for tick in chart.ticks])
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda place, _: f"{place:,g}"))
    axes.set_xlim(*chart.span)
    for end in end_values(chart):
        axes.annotate(
            f"{end.value:,.1f}", (1, end.place), xycoords=("axes fraction", "data"), xytext=(3, 0),
            textcoords="offset points", va="center", fontsize=7.5, color=end.line.look.colour,
        )  # fmt: skip


def _draw_own_legend(axes: Any, chart: LineChart, shown: Labels, *, beside: bool) -> None:
    """The legend of one chart, in the order of its lines, with their notes."""
    known = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    named = [line for line in chart.lines if not line.faint]
    place = (
        {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)}
        if beside
        else {"loc": "upper left", "bbox_to_anchor": (0, -0.2)}
    )
    axes.legend(
        [known[shown[line.label]] for line in named],
        [f"{shown[line.label]} {for_matplotlib(line.note)}".strip() for line in named],
        frameon=False,
        fontsize=8,
        handlelength=2.6,
        **place,
    )


def _draw_values(axes: Any, chart: ValueChart, shown: Labels) -> None:
    if chart.log:
        axes.set_xscale("log")
    for line in chart.lines:
        _draw_value_line(axes, line, shown[line.label], joined=chart.joined)
    if chart.ticks:
        texts = [_tick(text) for _, text in chart.ticks]
        axes.set_xticks([place for place, _ in chart.ticks], texts)
        axes.xaxis.set_minor_locator(NullLocator())
    mark = {"color": NEUTRAL.colour, "linestyle": _DASHES[NEUTRAL.dash], "linewidth": 1.2}
    for name, place in chart.marks:
        axes.axvline(place, zorder=0, **mark)
        axes.annotate(
            _tick(name), (place, 1), xycoords=("data", "axes fraction"), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=8,
        )  # fmt: skip


def _draw_value_line(axes: Any, line: Line, label: str, *, joined: bool) -> None:
    style = {
        "color": line.look.colour,
        "linestyle": _DASHES[line.look.dash] if joined else "none",
        "label": label,
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


def _draw_bars(axes: Any, chart: BarChart, shown: Labels) -> None:
    height = 0.8 / max(len(chart.bars), 1)
    for place, bars in enumerate(chart.bars):
        where = [row - 0.4 + height * (place + 0.5) for row in range(len(chart.categories))]
        lengths = [0 if value is None else value for value in bars.values]
        drawn = axes.barh(
            where, lengths, height * 0.9, color=bars.look.colour, label=shown[bars.label]
        )
        axes.bar_label(drawn, bars.texts, padding=3, fontsize=7)
    axes.set_yticks(range(len(chart.categories)), [shown[name] for name in chart.categories])
    axes.invert_yaxis()
    axes.margins(x=0.15)


def _draw_dots(axes: Any, chart: DotChart, shown: Labels) -> None:
    for row, dot in enumerate(chart.dots):
        axes.errorbar(
            dot.value, row, xerr=dot.half_width, color=dot.look.colour, fmt="o", capsize=3
        )
    axes.set_yticks(range(len(chart.dots)), [shown[dot.label] for dot in chart.dots])
    axes.invert_yaxis()


def _tick(text: str) -> str:
    """A value on the axis or a mark, line by line."""
    lines = (short_names([line], BESIDE)[line] for line in text.split("\n"))
    return for_matplotlib("\n".join(lines))


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # A letter that no font has is drawn as a box, and nobody can mend that.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        FigureCanvasAgg(figure).print_png(path)  # `savefig` draws twice, first to lay out
