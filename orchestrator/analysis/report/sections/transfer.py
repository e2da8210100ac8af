"""Prompts of one source on other datasets."""

from __future__ import annotations

from orchestrator.analysis.report.blocks import Section, TableBlock, TableCell, interval_cells
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.transfer import Transfer, transfers

TITLES = {
    "cross_dataset": "Transfer to other datasets",
    "out_of_distribution": "Out of distribution",
}


def section(comparison: Comparison) -> Section | None:
    """None for protocols that transfer nothing."""
    tables = [
        (found, _table(found, shots, comparison))
        for shots in comparison.shots
        for found in transfers(comparison.at(shots))
    ]
    if not tables:
        return None
    title = TITLES.get(tables[0][0].protocol, "Transfer")
    return Section(title, tuple(table for _, table in tables))


def _table(found: Transfer, shots: int, comparison: Comparison) -> TableBlock:
    who = sorted(found.accuracies)
    rows: list[tuple[TableCell | str, ...]] = [
        (f"{found.source} (source)", *_cells(found, found.source, who))
    ]
    for name in found.targets:
        rows.append((f"→ {name}", *_cells(found, name, who)))
    if len(found.targets) > 1:
        means = interval_cells([found.means.get(contender) for contender in who])
        rows.append((f"mean of {len(found.targets)} targets", *means))
    caption = (
        f"Accuracy in percent{comparison.suffix(shots)}. Prompts were trained on {found.source} "
        f"alone, once for each seed, and tested on the others as they were, with the class names "
        f"of those. Methods with hand-written text take each dataset's own template; so does "
        f"zero_shot. ±: 95 % t-interval over seeds; for the mean, over each seed's mean of the "
        f"targets, so it says what another seed would change, not what other targets would. The "
        f"best of each row is in bold."
    )
    header = ("dataset", *(contender.method for contender in who))
    return TableBlock(
        f"{found.protocol}_{found.source}{comparison.file_suffix(shots)}",
        caption,
        header,
        tuple(rows),
        headline=True,
    )


def _cells(found: Transfer, dataset: str, who: list[Contender]) -> list[TableCell]:
    return interval_cells([found.accuracies[contender].get(dataset) for contender in who])
