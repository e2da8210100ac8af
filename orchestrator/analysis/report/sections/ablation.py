"""What the ablation varied, what that changed, and what the default gives away."""

from collections.abc import Iterator, Sequence

from orchestrator.analysis.ablation import Sweep, intervals
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.regret import regrets_of
from orchestrator.analysis.report.blocks import Block, TableBlock, TableCell, interval_cells
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections.ablation_figures import figures_of

DEFAULT = "*"


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing without an ablation."""
    sweeps = comparison.sweeps
    if sweeps:
        yield from figures_of(sweeps)
        yield _table(sweeps)
        yield from _regrets(sweeps)


def _table(sweeps: Sequence[Sweep]) -> TableBlock:
    datasets = sorted({dataset for sweep in sweeps for dataset in sweep.datasets})
    several = len(datasets) > 1
    titles = _titles(sweeps)
    rows = [
        row
        for sweep, title in zip(sweeps, titles, strict=True)
        for row in _rows(sweep, title, datasets, several=several)
    ]
    caption = (
        f"Test accuracy in percent after the last query; ±: 95 % t-interval over seeds. {DEFAULT}: "
        f"the base's own value. The best value of each field is in bold in each column, however "
        f"little it leads by. "
    )
    if several:
        caption += (
            "Mean: each seed is averaged over the datasets that all values have, so its interval "
            "says what another seed would change, not what other datasets would."
        )
    header = ("field", "value", *datasets, *(["mean"] if several else []))
    return TableBlock("ablation", caption, header, tuple(rows), numeric_from=2)


def _titles(sweeps: Sequence[Sweep]) -> list[str]:
    """What each sweep varies, and of which base if there are several."""
    several = len({sweep.ablation for sweep in sweeps}) > 1
    return [f"{one.ablation}: {one.title}" if several else one.title for one in sweeps]


def _rows(
    sweep: Sweep, title: str, datasets: Sequence[str], *, several: bool
) -> Iterator[tuple[TableCell | str, ...]]:
    columns = [sweep.on(dataset) for dataset in datasets]
    columns += [sweep.mean()] if several else []
    cells = [interval_cells([intervals(c).get(v) for v in sweep.values]) for c in columns]
    for value, *row in zip(sweep.values, *cells, strict=True):
        mark = DEFAULT if value == sweep.default else ""
        yield (title, TableCell(value.text, mark=mark), *row)


def _regrets(sweeps: Sequence[Sweep]) -> Iterator[TableBlock]:
    rows = [
        (
            title,
            dataset,
            f"{sweep.default.text}: {regret.default.mean:.1f}",
            f"{regret.best.text}: {regret.best_accuracy.mean:.1f}",
            interval_text(regret.regret),
            "-" if regret.held_out is None else interval_text(regret.held_out),
            regret.verdict,
        )
        for sweep, title in zip(sweeps, _titles(sweeps), strict=True)
        for dataset, regret in regrets_of(sweep)
        if sweep.default is not None
    ]
    if not rows:
        return
    caption = (
        "Regret: points of accuracy that the default gives away against the best value tried, "
        "paired by seed; ±: 95 % t-interval over seeds. The best is picked on the test accuracies "
        "that it is judged by, so regret is too large rather than too small. On unseen seeds: each "
        "seed's value is picked on the other seeds instead; at or below 0 tuning would not have "
        "helped. Noise: whether the regret's interval reaches 0; with few seeds that proves little."
    )
    header = ("field", "dataset", "default", "best", "regret", "on unseen seeds", "verdict")
    yield TableBlock("ablation_regret", caption, header, tuple(rows), numeric_from=2)
