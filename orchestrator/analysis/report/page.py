"""The report as one HTML page that opens without a network."""

import json
import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from orchestrator.analysis.charts.plotly_chart import plotly_figure
from orchestrator.analysis.report.blocks import (
    FigureBlock,
    Section,
    TableBlock,
    TableCell,
    Text,
    cell_of,
)
from orchestrator.analysis.report.comparison import Comparison

_KINDS = {Text: "text", TableBlock: "table", FigureBlock: "figure"}


def render(comparison: Comparison, sections: Sequence[Section]) -> str:
    """The page with plotly, styles and data inside."""
    environment = Environment(
        loader=PackageLoader("orchestrator.analysis.report"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["cell"] = cell_of
    environment.filters |= {"folding": _folding, "stacked": _stacked}
    environment.tests |= {
        name: lambda block, kind=kind: isinstance(block, kind) for kind, name in _KINDS.items()
    }
    return environment.get_template("page.html").render(
        comparison=comparison,
        sections=sections,
        figures=_script_json(_figures(sections)),
        plotly=Markup(get_plotlyjs()),  # the library's own file, not a user's text
        style=Markup(_source(environment, "style.css")),
        script=Markup(_source(environment, "page.js")),
    )


def _figures(sections: Sequence[Section]) -> dict[str, Any]:
    """Plotly figures by the id of their place in the page."""
    return {
        f"{block.name}-{number}": plotly_figure(chart)
        for section in sections
        for block in section.blocks
        if isinstance(block, FigureBlock)
        for number, chart in enumerate(block.charts)
    }


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
