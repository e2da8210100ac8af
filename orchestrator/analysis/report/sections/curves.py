"""Accuracy over queries: the mean over datasets, then every dataset by itself."""

from collections.abc import Iterator, Sequence

from orchestrator.analysis.charts.chart import PERCENT, LineChart, line_of
from orchestrator.analysis.curves import Band, band_of, band_over, curve_of, mean_curve
from orchestrator.analysis.queries_to_target import target_on
from orchestrator.analysis.report.blocks import Block, FigureBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Contender, Run, by_group

QUERIES = "queries"
ACCURACY = "test accuracy (%)"


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when nothing was measured."""
    for shots in comparison.shots:
        yield from _mean_figure(comparison, shots)
    panels = tuple(
        chart
        for dataset in _trained_on(comparison.runs, comparison.datasets)
        for shots in comparison.shots
        for chart in _dataset_chart(comparison, dataset, shots)
    )
    if panels:
        caption = (
            f"Test accuracy over queries on each dataset. {_band_words(comparison.runs)} A step "
            f"shows what had been reached by then; nothing is interpolated ahead. Methods without "
            f"training are level lines. {_target_words(comparison)}"
        )
        yield FigureBlock("curves", caption, panels)


def _dataset_chart(comparison: Comparison, dataset: str, shots: int) -> Iterator[LineChart]:
    here = [run for run in comparison.at(shots) if run.dataset == dataset]
    lines = tuple(
        line_of(group.method, comparison.looks[group.method], band)
        for group, members in sorted(by_group(here).items())
        if (band := band_of(members)) is not None
    )
    if not lines:
        return
    target = target_on(dataset, comparison.question, here)
    levels = () if target is None else (("target", target),)
    title = f"{dataset}{comparison.suffix(shots)}"
    yield LineChart(QUERIES, ACCURACY, lines, levels, PERCENT, title)


def _mean_figure(comparison: Comparison, shots: int) -> Iterator[FigureBlock]:
    """The mean over shared datasets, of which there must be two."""
    scores = comparison.scores[shots]
    datasets = _trained_on(comparison.at(shots), scores.datasets)
    if len(datasets) < 2:
        return
    lines = tuple(
        line_of(contender.method, comparison.looks[contender.method], band)
        for contender in sorted(scores.values)
        if (band := _mean_band(comparison.at(shots), contender, datasets)) is not None
    )
    if not lines:
        return
    name = f"mean_curve{comparison.file_suffix(shots)}"
    caption = (
        f"Mean test accuracy over the {len(datasets)} datasets that all methods "
        f"have{comparison.suffix(shots)}. Each seed is averaged over datasets first; bands are 95 "
        f"% t-intervals over these averages, so they say what another seed would change, not what "
        f"other datasets would. Seeds that lack a dataset are left out."
    )
    chart = LineChart(QUERIES, f"mean {ACCURACY}", lines, bounds=PERCENT)
    yield FigureBlock(name, caption, (chart,))


def _trained_on(runs: Sequence[Run], datasets: Sequence[str]) -> tuple[str, ...]:
    """Datasets with curves: not those that only test what was trained elsewhere."""
    moved = {run.dataset for run in runs if run.transferred}
    return tuple(name for name in datasets if name not in moved)


def _mean_band(runs: Sequence[Run], contender: Contender, datasets: Sequence[str]) -> Band | None:
    seeds: dict[int, dict[str, Run]] = {}
    for run in runs:
        if run.contender == contender:
            seeds.setdefault(run.seed, {})[run.dataset] = run
    whole = [found for _, found in sorted(seeds.items()) if set(datasets) <= set(found)]
    return band_over([mean_curve([curve_of(found[name]) for name in datasets]) for found in whole])


def _band_words(runs: Sequence[Run]) -> str:
    counts = {len(members) for group, members in by_group(runs).items() if group.shots}
    if not counts:
        return ""
    if counts == {1}:
        return "One seed, so no bands."
    words = " or ".join(str(count) for count in sorted(counts))
    return f"Lines: mean over n = {words} seeds; bands: 95 % t-intervals over seeds."


def _target_words(comparison: Comparison) -> str:
    title = comparison.question.target_title
    return f"The dotted line is the target: {title}." if title else ""
