"""Accuracy over queries: the mean over datasets, then every dataset by itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.analysis.at_queries import budget_of
from orchestrator.analysis.charts.chart import PERCENT, Line, LineChart, Single, line_of
from orchestrator.analysis.curves import Band, Curve, band_of, band_over, curve_of, mean_curve
from orchestrator.analysis.queries_to_target import target_on
from orchestrator.analysis.report.blocks import Block, FigureBlock
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.parts import BARS, has_parts, parts_words
from orchestrator.analysis.report.sections import crowded
from orchestrator.analysis.report.sections.crowded import FAINT_WORDS
from orchestrator.analysis.runs import Contender, Run, by_group

QUERIES = "queries spent"
ACCURACY = "test accuracy (%)"

DOTS = "Dots: the last measurement."
ENDS = "Dots: the last measurement; the numbers at the right are the last values."


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
            f"{DOTS if many else ENDS} "
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
    singles = {members[0].contender: _singles(members) for members in by_group(here).values()}
    chart = _chart(comparison, _lines(comparison, found, singles), ACCURACY)
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
    curves = {
        contender: _mean_curves(comparison.at(shots), contender, datasets)
        for contender in sorted(scores.values)
    }
    bands = {contender: band_over(list(mine.values())) for contender, mine in curves.items()}
    found = {contender: band for contender, band in bands.items() if band is not None}
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
    singles = {contender: tuple(_named(mine)) for contender, mine in curves.items()}
    chart = _chart(comparison, _lines(comparison, found, singles), f"mean {ACCURACY}")
    if not comparison.crowded(shots):
        yield FigureBlock(name, f"{caption} {ENDS}", (chart,))
        return
    yield crowded.overview(comparison, shots, chart, name)
    yield crowded.by_group(comparison, shots, chart, name, caption)


def _chart(comparison: Comparison, lines: tuple[Line, ...], y_title: str) -> LineChart:
    return LineChart(QUERIES, y_title, lines, bounds=PERCENT, end=budget_of(comparison.runs))


def _lines(
    comparison: Comparison,
    found: Mapping[Contender, Band],
    singles: Mapping[Contender, tuple[Single, ...]],
) -> tuple[Line, ...]:
    return tuple(
        line_of(who.method, comparison.looks[who.method], band, singles[who])
        for who, band in found.items()
    )


def _singles(runs: Sequence[Run]) -> tuple[Single, ...]:
    """Each seed's own curve, where something was measured."""
    return tuple(_named({run.seed: curve for run in runs if (curve := curve_of(run)).queries}))


def _named(by_seed: Mapping[int, Curve]) -> Iterator[Single]:
    for seed, curve in by_seed.items():
        yield Single(f"seed {seed}", curve.queries, curve.values)


def _mean_curves(
    runs: Sequence[Run], contender: Contender, datasets: Sequence[str]
) -> dict[int, Curve]:
    """Of each seed that has all datasets, the mean over these."""
    seeds: dict[int, dict[str, Run]] = {}
    for run in runs:
        if run.contender == contender:
            seeds.setdefault(run.seed, {})[run.dataset] = run
    return {
        seed: mean_curve([curve_of(found[name]) for name in datasets])
        for seed, found in sorted(seeds.items())
        if set(datasets) <= set(found)
    }


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
