"""The report's sections in their order. A section that has nothing to say returns None."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator.analysis.report.blocks import Section
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections import (
    ablation,
    base_to_new,
    cost,
    curves,
    ecdf,
    failures,
    provenance,
    ranks,
    savings,
    search,
    summary,
    targets,
    transfer,
)

SECTIONS: tuple[Callable[[Comparison], Section | None], ...] = (
    summary.section,
    base_to_new.section,
    transfer.section,
    ablation.section,
    curves.section,
    search.section,
    targets.section,
    savings.section,
    ecdf.section,
    ranks.section,
    cost.section,
    failures.section,
    provenance.section,
)


def sections_of(comparison: Comparison) -> tuple[Section, ...]:
    """All sections that have something to say."""
    made = (make(comparison) for make in SECTIONS)
    return tuple(section for section in made if section is not None)
