"""What was found, in words, before any table."""

from collections.abc import Iterator

from orchestrator.analysis.report.blocks import Block, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.headline.sentences import headline_of

HEADLINE = "In short"
"""Title of the section, which a page has above all others."""


def blocks(comparison: Comparison) -> Iterator[Block]:
    """A paragraph for each question that the spec asks, and one on what was run."""
    yield from (Text(text) for text in headline_of(comparison))
