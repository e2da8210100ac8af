"""Prompts of one source on other datasets."""

from collections.abc import Iterator

from orchestrator.analysis.access import TRANSLUCENT_WORDS
from orchestrator.analysis.report.blocks import Block, TableBlock, TableCell, interval_cells
from orchestrator.analysis.report.comparison import Comparison, in_rows
from orchestrator.analysis.transfer import Transfer, transfers


def to_other_datasets(comparison: Comparison) -> Iterator[Block]:
    """Nothing for other protocols."""
    return _tables(comparison, "cross_dataset")


def out_of_distribution(comparison: Comparison) -> Iterator[Block]:
    """Nothing for other protocols."""
    return _tables(comparison, "out_of_distribution")


def _tables(comparison: Comparison, protocol: str) -> Iterator[Block]:
    for shots in comparison.shots:
        for found in transfers(comparison.at(shots)):
            if found.protocol == protocol:
                yield _table(found, shots, comparison)


def _table(found: Transfer, shots: int, comparison: Comparison) -> TableBlock:
    upright = in_rows(len(found.accuracies), 1 + len(found.targets))
    who = comparison.in_order(found.accuracies)
    tracks = [comparison.track(contender.method) for contender in who]
    names = {found.source: f"{found.source} (source)", **{n: f"→ {n}" for n in found.targets}}
    rows: list[tuple[TableCell | str, ...]] = [
        (
            shown,
            *interval_cells([found.accuracies[contender].get(name) for contender in who], tracks),
        )
        for name, shown in names.items()
    ]
    if len(found.targets) > 1:
        means = interval_cells([found.means.get(contender) for contender in who], tracks)
        rows.append((f"mean of {len(found.targets)} targets", *means))
    caption = (
        f"Accuracy in percent{comparison.suffix(shots)}. Prompts were trained on {found.source} "
        f"alone, once for each seed, and tested on the others as they were, with the class names "
        f"of those. Methods with hand-written text take each dataset's own template; so does "
        f"zero_shot. ±: 95 % t-interval over seeds; for the mean, over each seed's mean of the "
        f"targets, so it says what another seed would change, not what other targets would. The "
        f"best of each dataset is in bold."
        f"{f' {TRANSLUCENT_WORDS}' if comparison.several_tracks else ''}"
    )
    name = f"{found.protocol}_{found.source}{comparison.file_suffix(shots)}"
    header = ("dataset", *(comparison.marked(contender.method) for contender in who))
    table = TableBlock(
        name,
        caption,
        header,
        tuple(rows),
        headline=True,
        column_groups=("", *comparison.column_groups(who)),
    )
    return table.turned("method") if upright else table
