"""The report's sections in their order."""

from collections.abc import Callable, Iterator

from orchestrator.analysis.report.blocks import Block, Section
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.parts import parts_note
from orchestrator.analysis.report.sections import (
    ablation,
    access,
    at_queries,
    base_to_new,
    cost,
    curves,
    ecdf,
    failures,
    in_short,
    money,
    provenance,
    ranks,
    savings,
    search,
    significance,
    summary,
    targets,
    transfer,
)

SECTIONS: dict[str, Callable[[Comparison], Iterator[Block]]] = {
    in_short.HEADLINE: in_short.blocks,
    "Accuracy": summary.blocks,
    "Base to new classes": base_to_new.blocks,
    "Transfer to other datasets": transfer.to_other_datasets,
    "Out of distribution": transfer.out_of_distribution,
    "Ablation": ablation.blocks,
    "Accuracy over queries": curves.blocks,
    "Accuracy at equal queries": at_queries.blocks,
    "Tests at equal queries": significance.blocks,
    "Access and deployment": access.blocks,
    "Search": search.blocks,
    "Queries to target": targets.blocks,
    "Queries saved": savings.blocks,
    "Targets reached": ecdf.blocks,
    "Ranks": ranks.blocks,
    "Cost": cost.blocks,
    "Money": money.blocks,
    "Failures": failures.blocks,
    "How it was run": provenance.blocks,
}
"""What makes each section's blocks, by title; a section without blocks is left out."""


def sections_of(comparison: Comparison) -> tuple[Section, ...]:
    """All sections that have something to say."""
    made = {title: tuple(blocks(comparison)) for title, blocks in SECTIONS.items()}
    return tuple(
        Section(title, (*blocks, *parts_note(title, comparison.runs)))
        for title, blocks in made.items()
        if blocks
    )
