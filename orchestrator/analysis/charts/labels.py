"""Labels as charts show them: cut so that they stay apart, and free of any markup."""

from collections.abc import Mapping

from orchestrator.analysis.charts.chart import BarChart, Chart, DotChart, LineChart, parts_of
from orchestrator.analysis.short_names import short_names

LONGEST = 44
"""Characters of a label beside or above a chart."""


def labels_of(*charts: Chart, longest: int = LONGEST) -> dict[str, str]:
    """What is shown of each name in charts that share a legend."""
    names: list[str] = []
    for chart in charts:
        names += (part.label for part in parts_of(chart))
        names += chart.categories if isinstance(chart, BarChart) else ()
        names += (name for name, _ in chart.levels) if isinstance(chart, LineChart) else ()
    return short_names(names, longest)


def for_matplotlib(text: str) -> str:
    """A text that matplotlib shows as it is: no formula, and never left out of a legend."""
    plain = text.replace("$", r"\$")
    return f" {plain}" if plain.startswith("_") else plain


def for_plotly(text: str) -> str:
    """A text that plotly shows as it is, although it knows some tags of HTML."""
    for char, code in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(char, code)
    return text


def has_rows(chart: Chart) -> bool:
    """Whether names stand beside the chart, one in each row."""
    return isinstance(chart, BarChart | DotChart)


Labels = Mapping[str, str]
