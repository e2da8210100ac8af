"""Accuracy over queries: the mean over datasets, then every dataset by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.analysis.at_queries import budget_of
from orchestrator.analysis.charts.chart import PERCENT, Line, LineChart, line_of
from orchestrator.analysis.curves import Band, band_of, band_over, curve_of, mean_curve
from orchestrator.analysis.queries_to_target import target_on
from orchestrator.analysis.report.blocks import Block, FigureBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.parts import BARS, has_parts, parts_words
from orchestrator.analysis.report.sections import crowded
from orchestrator.analysis.report.sections.crowded import FAINT_WORDS
from orchestrator.analysis.runs import Contender, Run, by_group

QUERIES = "queries"
ACCURACY = "test accuracy (%)"


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when nothing was measured."""
    for shots in comparison.shots:
        yield from _mean_figures(comparison, shots)
    panels = tuple(
        chart
        for dataset in comparison.trained_on
        for shots in comparison.shots
        for chart in _dataset_chart(comparison, dataset, shots)
    )
    if panels:
        many = any(map(comparison.crowded, comparison.shots))
        caption = (
            f"Test accuracy over queries on each dataset. {_band_words(comparison.runs)} A step "
            f"shows what had been reached by then; nothing is interpolated ahead. Methods without "
            f"training are level lines, and so are those that stop early from where they stopped. "
            f"{_parts(comparison)} {FAINT_WORDS if many else ''} "
            f"{_target_words(comparison)}"
        )
        yield FigureBlock("curves", " ".join(caption.split()), panels)


def _dataset_chart(comparison: Comparison, dataset: str, shots: int) -> Iterator[LineChart]:
    here = [run for run in comparison.at(shots) if run.dataset == dataset]
    found = {
        members[0].contender: band
        for _, members in sorted(by_group(here).items())
        if (band := band_of(members)) is not None
    }
    if not found:
        return
    target = target_on(dataset, comparison.question, here)
    levels = () if target is None else (("target", target),)
    chart = _chart(comparison, _lines(comparison, found), ACCURACY)
    if comparison.crowded(shots):
        chart = crowded.ahead(comparison, shots, chart)
    title = f"{dataset}{comparison.suffix(shots)}"
    yield replace(chart, levels=levels, title=title)


def _mean_figures(comparison: Comparison, shots: int) -> Iterator[FigureBlock]:
    """The mean over shared datasets, of which there must be two."""
    scores = comparison.scores[shots]
    datasets = tuple(name for name in scores.datasets if name in comparison.trained_on)
    if len(datasets) < 2:
        return
    found = {
        contender: band
        for contender in sorted(scores.values)
        if (band := _mean_band(comparison.at(shots), contender, datasets)) is not None
    }
    if not found:
        return
    name = f"mean_curve{comparison.file_suffix(shots)}"
    caption = (
        f"Mean test accuracy over the {len(datasets)} datasets that all methods "
        f"have{comparison.suffix(shots)}. Each seed is averaged over datasets first; bands are 95 "
        f"% t-intervals over these averages, so they say what another seed would change, not what "
        f"other datasets would. Seeds that lack a dataset are left out. "
        f"{BARS if has_parts(comparison.runs) else ''}"
    ).strip()
    chart = _chart(comparison, _lines(comparison, found), f"mean {ACCURACY}")
    if not comparison.crowded(shots):
        yield FigureBlock(name, caption, (chart,))
        return
    yield crowded.overview(comparison, shots, chart, name)
    yield crowded.by_group(comparison, shots, chart, name, caption)


def _chart(comparison: Comparison, lines: tuple[Line, ...], y_title: str) -> LineChart:
    return LineChart(QUERIES, y_title, lines, bounds=PERCENT, end=budget_of(comparison.runs))


def _lines(comparison: Comparison, found: Mapping[Contender, Band]) -> tuple[Line, ...]:
    return tuple(
        line_of(who.method, comparison.looks[who.method], band) for who, band in found.items()
    )


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


def _parts(comparison: Comparison) -> str:
    words = parts_words(comparison.runs)
    return f"{words} {BARS}" if words else ""


def _target_words(comparison: Comparison) -> str:
    title = comparison.question.target_title
    return f"The dotted line is the target: {title}." if title else ""
