"""Base-to-new generalisation."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from orchestrator.analysis.harmonic_mean import BaseToNew, base_to_new, harmonic_mean
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.report.blocks import Section, TableBlock, TableCell
from orchestrator.analysis.report.comparison import Comparison


def section(comparison: Comparison) -> Section | None:
    """None for other protocols."""
    rows = base_to_new(comparison.runs)
    if not rows:
        return None
    body = [_row(row, _best_here(row, rows)) for row in rows]
    body += _mean_rows(rows)
    caption = (
        "Accuracy in percent on classes that were trained on (base), among base names, and on "
        "classes that were not (new), among new names; H is their harmonic mean, taken for each "
        "seed. The best H of each dataset is in bold. ±: 95 % t-interval over seeds. Means are "
        "over datasets that all methods have, and their H is that of the mean base and new "
        "accuracies, as CoCoOp reports it."
    )
    header = ("dataset", "method", "shots", "base", "new", "H")
    table = TableBlock("base_to_new", caption, header, tuple(body), numeric_from=2, headline=True)
    return Section("Base to new classes", (table,))


def _best_here(row: BaseToNew, rows: Sequence[BaseToNew]) -> bool:
    place = (row.group.dataset, row.group.shots)
    rivals = [
        other.harmonic.mean
        for other in rows
        if other.group.dataset == row.group.dataset and other.group.shots in (place[1], 0)
    ]
    return len(rivals) > 1 and round(row.harmonic.mean, 1) == round(max(rivals), 1)


def _row(row: BaseToNew, best: bool) -> tuple[TableCell | str, ...]:
    return (
        row.group.dataset,
        row.group.method,
        str(row.group.shots or "-"),
        interval_text(row.base),
        interval_text(row.new),
        TableCell(interval_text(row.harmonic), best=best),
    )


def _mean_rows(rows: Sequence[BaseToNew]) -> list[tuple[TableCell | str, ...]]:
    having: dict[tuple[int, str], dict[str, BaseToNew]] = {}
    for row in rows:
        having.setdefault((row.group.shots, row.group.method), {})[row.group.dataset] = row
    shared = set.intersection(*(set(found) for found in having.values()))
    if len(shared) < 2:
        return []
    body: list[tuple[TableCell | str, ...]] = []
    for (shots, method), found in sorted(having.items()):
        base = statistics.fmean(found[name].base.mean for name in sorted(shared))
        new = statistics.fmean(found[name].new.mean for name in sorted(shared))
        h = harmonic_mean(base, new)
        name = f"mean of {len(shared)}"
        body.append((name, method, str(shots or "-"), f"{base:.1f}", f"{new:.1f}", f"{h:.1f}"))
    return body
