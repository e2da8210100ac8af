"""The index of a site as one HTML page that opens without a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from orchestrator.analysis.access import UNLABELLED, UNLABELLED_WORDS
from orchestrator.analysis.report.mean_cells import BRACKETS
from orchestrator.analysis.site.entry import Experiment, without_number
from orchestrator.analysis.site.leaderboard import Leaderboard

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
    where, texts = board.conditions, [row.entry.accuracy.text for row in board.rows]
    several = len(where.datasets) > 1
    said = [
        f"Test accuracy in percent after the last query, as the reports have it; never the best on "
        f"the way. {'Datasets' if several else 'Dataset'}: {', '.join(where.datasets)}."
    ]
    if any("[" in text for text in texts):
        said.append(BRACKETS)
    if any("±" in text for text in texts):
        said.append("±: 95 % t-interval over seeds.")
    said.append("Methods that are level have the same rank; intervals say whether a lead is sure.")
    if any(UNLABELLED in row.name for row in board.rows):
        said.append(UNLABELLED_WORDS)
    return " ".join(said)


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]
