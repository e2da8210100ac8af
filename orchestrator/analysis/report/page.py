"""The report as one HTML page that opens without a network."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from orchestrator.analysis.charts.chart import Chart, LineChart, ValueChart
from orchestrator.analysis.charts.hover import without_unit
from orchestrator.analysis.charts.palette import Look
from orchestrator.analysis.charts.plotly_switches import switched_figure
from orchestrator.analysis.report.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    TableCell,
    Text,
    cell_of,
)
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.file_list import FileList
from orchestrator.analysis.report.run_links import RunLink, linked_runs
from orchestrator.analysis.report.sections.in_short import HEADLINE

METHOD = "method"
"""Title of a column that holds labels of methods."""

_KINDS = {Text: "text", TableBlock: "table", FigureBlock: "figure"}


def render(
    comparison: Comparison,
    sections: Sequence[Section],
    files: FileList | None = None,
    run_link: RunLink | None = None,
) -> str:
    """The page with plotly, styles and data inside.

    Args:
        comparison: what it is about.
        sections: its parts.
        files: what lies beside it, to be linked; None for nothing.
        run_link: where a cell's run is shown, by its key; None for no links.
    """
    environment = Environment(
        loader=PackageLoader("orchestrator.analysis.report"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell_of
    environment.filters |= {"folding": _folding, "stacked": _stacked, "words": chart_words}
    environment.tests |= {
        name: lambda block, kind=kind: isinstance(block, kind) for kind, name in _KINDS.items()
    }
    charts = _charts(sections)
    figures = {name: switched_figure(chart) for name, chart in charts.items()}
    return environment.get_template("page.html").render(
        comparison=comparison,
        headline=HEADLINE,
        sections=sections,
        files=files or FileList(),
        linked=linked_runs((*comparison.finished, *comparison.failures), run_link),
        methods=_methods(comparison, sections),
        tags=_Tags(comparison),
        switches={name for figure in figures.values() for name in figure} - {"data", "layout"},
        logarithmic=any(isinstance(chart, LineChart) and chart.ticks for chart in charts.values()),
        figures=_script_json(figures),
        plotly=Markup(get_plotlyjs()),  # the library's own file, not a user's text
        style=Markup(_source(environment, "style.css")),
        script=Markup(_source(environment, "page.js")),
    )


def _charts(sections: Sequence[Section]) -> dict[str, Chart]:
    """Charts by the id of their place in the page."""
    return {
        f"{block.name}-{number}": chart
        for section in sections
        for block in section.blocks
        if isinstance(block, FigureBlock)
        for number, chart in enumerate(block.charts)
    }


def _methods(comparison: Comparison, sections: Sequence[Section]) -> dict[str, Look]:
    """Methods that a click hides everywhere, in the order in which tables name them first."""
    tags = _Tags(comparison)
    tables = [b for section in sections for b in section.blocks if isinstance(b, TableBlock)]
    named = [name for table in tables for name in (*tags.of_columns(table), *tags.of_rows(table))]
    return {name: comparison.looks[name] for name in dict.fromkeys(named) if name}


class _Tags:
    """Which rows and columns of tables are those of a method."""

    def __init__(self, comparison: Comparison) -> None:
        labels = comparison.looks
        self._labels: Mapping[str, str] = {comparison.marked(name): name for name in labels}

    def of_columns(self, table: TableBlock) -> list[str]:
        """The method of each column; empty where it is none's."""
        return ["", *(self._labels.get(title, "") for title in table.header[1:])]

    def of_rows(self, table: TableBlock) -> list[str]:
        """The method of each row, likewise."""
        if METHOD not in table.header:
            return [""] * len(table.rows)
        place = table.header.index(METHOD)
        return [self._labels.get(cell_of(row[place]).text, "") for row in table.rows]


def chart_words(chart: Chart) -> str:
    """What a chart shows, for those who hear the page."""
    what = without_unit(chart.x_title)
    if isinstance(chart, LineChart | ValueChart):
        what = f"{without_unit(chart.y_title)} over {what}"
    return f"{what}, {chart.title}" if chart.title else what


def _script_json(value: Any) -> Markup:
    """JSON that can stand inside a script element, whatever its strings hold."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    for char, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(char, code)
    return Markup(text)  # escaped above


def _folding(name: str) -> Markup:
    """A name that may be folded after an underscore."""
    return Markup("_<wbr>").join(escape(part) for part in name.split("_"))


def _stacked(cell: TableCell) -> Markup:
    """A number above its interval, if it has one, which is half as wide."""
    value, *interval = re.split(r" (?=± |\[)", cell.text, maxsplit=1)
    mark = Markup("<sup>{}</sup>").format(cell.mark) if cell.mark else ""
    below = (Markup("<small>{}</small>").format(one) for one in interval)
    return Markup().join((escape(value), mark, *below))


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
