"""Base-to-new generalisation."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.analysis.access import TRANSLUCENT_WORDS, hardness
from orchestrator.analysis.harmonic_mean import BaseToNew, base_to_new, harmonic_mean
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.report.blocks import Block, TableBlock, TableCell
from orchestrator.analysis.report.comparison import Comparison, in_rows
from orchestrator.analysis.runs import Contender, on_shared_datasets


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing for other protocols."""
    rows = base_to_new(comparison.runs)
    if not rows:
        return
    rows.sort(key=lambda row: (row.group.dataset, _place(comparison, row.group.contender)))
    body = (*(_row(comparison, row, rows) for row in rows), *_mean_rows(comparison, rows))
    caption = (
        "Accuracy in percent on classes that were trained on (base), among base names, and on "
        "classes that were not (new), among new names; H is their harmonic mean, taken for each "
        "seed. The best H of each dataset is in bold. ±: 95 % t-interval over seeds. Means are "
        "over datasets that all methods have, and their H is that of the mean base and new "
        "accuracies, as CoCoOp reports it."
    )
    if comparison.several_tracks:
        caption += f" {TRANSLUCENT_WORDS}"
    header = ("dataset", "method", "shots", "base", "new", "H")
    whole = TableBlock("base_to_new", caption, header, body, numeric_from=2, headline=True)
    means = [*_mean_rows(comparison, rows)]
    methods, datasets = {row.group.method for row in rows}, {row.group.dataset for row in rows}
    if means and in_rows(len(methods), len(datasets)):
        yield _means(means, header[1:])
        whole = replace(whole, headline=False)
    yield whole


def _means(rows: Sequence[tuple[TableCell | str, ...]], header: tuple[str, ...]) -> TableBlock:
    """The means alone, where there are too many rows to look for them."""
    what = f"{rows[0][0]} datasets"
    return TableBlock(
        "base_to_new_means",
        f"The {what}: the last rows of the next table, which has every dataset.",
        header,
        tuple(row[1:] for row in rows),
        headline=True,
        title=f"base to new classes (%), {what}",
    )


def _place(comparison: Comparison, who: Contender) -> tuple[object, ...]:
    return (who.shots, hardness(comparison.access.get(who.method)), who.method)


def _row(
    comparison: Comparison, row: BaseToNew, rows: Sequence[BaseToNew]
) -> tuple[TableCell | str, ...]:
    group = row.group
    rivals = [
        other.harmonic.mean
        for other in rows
        if other.group.dataset == group.dataset
        and other.group.shots in (group.shots, 0)
        and comparison.track(other.group.method) == comparison.track(group.method)
    ]
    best = len(rivals) > 1 and round(row.harmonic.mean, 1) == round(max(rivals), 1)
    return (
        group.dataset,
        comparison.marked(group.method),
        str(group.shots or "-"),
        interval_text(row.base),
        interval_text(row.new),
        TableCell(interval_text(row.harmonic), best=best),
    )


def _mean_rows(
    comparison: Comparison, rows: Sequence[BaseToNew]
) -> Iterator[tuple[TableCell | str, ...]]:
    members = on_shared_datasets((row.group, row) for row in rows)
    for who in sorted(members, key=lambda one: _place(comparison, one)):
        found = members[who]
        base = statistics.fmean(row.base.mean for row in found)
        new = statistics.fmean(row.new.mean for row in found)
        means = (f"{mean:.1f}" for mean in (base, new, harmonic_mean(base, new)))
        yield (
            f"mean of {len(found)}",
            comparison.marked(who.method),
            str(who.shots or "-"),
            *means,
        )
