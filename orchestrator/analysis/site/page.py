"""The index of a site as one HTML page that opens without a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from orchestrator.analysis.access import UNLABELLED, UNLABELLED_WORDS
from orchestrator.analysis.report.mean_cells import BRACKETS
from orchestrator.analysis.site.conditions import Conditions
from orchestrator.analysis.site.entry import Experiment, without_number
from orchestrator.analysis.site.leaderboard import Leaderboard
from orchestrator.analysis.standings import Measure

GENERATOR = "querycurve report --to"
"""Stands in the page's head: by it, the folder of an earlier site is known."""


@dataclass(frozen=True)
class LeftOut:
    """What was asked for, and why the site lacks it."""

    said: str
    reason: str


def render_index(
    boards: Sequence[Leaderboard],
    experiments: Sequence[Experiment],
    left_out: Sequence[LeftOut],
) -> str:
    """The page with style and script inside; links lead to what lies beside it.

    Args:
        boards: what may be compared.
        experiments: the reports.
        left_out: what has none.
    """
    environment = Environment(
        loader=PackageLoader("orchestrator.analysis.report"),  # the style of its page, too
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("site.html").render(
        boards=boards,
        experiments=experiments,
        left_out=left_out,
        caption=caption,
        ranked_by=ranked_by,
        gaps=without_number,
        address=report_address,
        generator=GENERATOR,
        style=Markup(_source(environment, "style.css")),
        script=Markup(_source(environment, "site.js")),
    )


def report_address(name: str) -> str:
    """Where an experiment's report lies, from the page."""
    return f"{quote(name)}/report.html"


def caption(board: Leaderboard) -> str:
    """How to read a table."""
    texts = [row.entry.number.text for row in board.rows]
    said = [
        f"{_what(board.conditions)} in percent after the last query, as the reports have it; "
        f"never the best on the way. {_where(board.conditions)}"
    ]
    redrawn, by_seed = (any(mark in text for text in texts) for mark in "[±")
    if redrawn:
        said.append(BRACKETS)
    if by_seed:
        said.append("±: 95 % t-interval over seeds.")
    sure = "; intervals say whether a lead is sure" if redrawn or by_seed else ""
    said.append(f"Methods that are level have the same rank{sure}.")
    if any(UNLABELLED in row.name for row in board.rows):
        said.append(UNLABELLED_WORDS)
    return " ".join(said)


def ranked_by(board: Leaderboard) -> str:
    """Heads the column of the number that methods are ranked by."""
    return _HEADS[board.conditions.measure]


_HEADS: Mapping[Measure, str] = {
    "accuracy": "accuracy",
    "harmonic mean": "H",
    "accuracy on targets": "targets",
}


def _what(where: Conditions) -> str:
    """The number of a table, in words."""
    if where.measure != "harmonic mean":
        return "Test accuracy"
    both = "classes that were trained on (base) and on those that were not (new)"
    if len(where.datasets) == 1:
        return f"H is the harmonic mean of test accuracy on {both}, taken for each seed,"
    return f"H is the harmonic mean of the mean test accuracies on {both},"


def _where(where: Conditions) -> str:
    """The datasets of a table, and the source that is none of them."""
    one = "Target" if where.measure == "accuracy on targets" else "Dataset"
    told = f"{one}{'s' if len(where.datasets) > 1 else ''}: {', '.join(where.datasets)}"
    source = " or ".join(where.sources)
    return f"{told}; the source, {source}, stands apart." if source else f"{told}."


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
