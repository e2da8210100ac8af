"""The report's figures by themselves: accuracy over queries, and who is ahead at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from benchmarks.naming import did_you_mean
from orchestrator.analysis.bootstrap import mean_over_datasets
from orchestrator.analysis.charts.chart import PERCENT, Line, LineChart, ValueChart
from orchestrator.analysis.report.blocks import FigureBlock, TableBlock, cell_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections import curves, summary
from orchestrator.analysis.runs import Contender
from orchestrator.errors import UserError
from querycurve.figure import Figure
from querycurve.given import SpecGiven, told_plainly
from querycurve.results import Results, load

__all__ = ["Figure", "compare", "curve"]

SPREAD = 0.5
"""How far apart the first and the last method of a dataset stand; datasets are 1 apart."""

_BOLD = "The best of each dataset is in bold. "
"""What is true of the report's table alone."""


@told_plainly
def curve(
    results: Results | str | Path,
    dataset: str | None = None,
    methods: str | Sequence[str] | None = None,
    *,
    shots: int | None = None,
    spec: SpecGiven | None = None,
) -> Figure:
    """Accuracy over queries, as the report draws it: means over seeds with 95 % t-intervals.

    For example:

        qc.curve(results, "pocket_dots", methods=["zip", "bptvlm"])
        qc.curve("results", spec="demo").write_image("curves.png")

    Args:
        results: what `load` or `run` returned; or a store, whose `spec` then says what of it.
        dataset: the dataset; without one, the mean over those that all methods have, or the only
            one.
        methods: labels of the methods to draw, of an ablation too; without any, all that the
            report compares. Where those are more than can be told apart, leaders stand out.
        shots: labelled images per class, where results have several numbers of them.
        spec: where `results` is a store: the spec whose cells are drawn.

    Returns:
        A figure that notebooks show; its `table` has the places of each line.

    Raises:
        UserError: there is no such dataset, method or store, or nothing was measured.
    """
    known, comparison, at = _asked(results, spec, methods, shots)
    chart, caption = _curves(comparison, _one_dataset(comparison, dataset), at)
    lines = tuple(_in_known_look(line, known) for line in chart.lines)
    return Figure(replace(chart, lines=lines), caption, _places(lines))


@told_plainly
def compare(
    results: Results | str | Path,
    methods: str | Sequence[str] | None = None,
    *,
    shots: int | None = None,
    spec: SpecGiven | None = None,
) -> Figure:
    """Accuracy after the last query on every dataset and in the mean, as the report's first table.

    For example:

        figure = qc.compare(results)
        figure.table

    Args:
        results: what `load` or `run` returned; or a store, whose `spec` then says what of it.
        methods: labels of the methods to compare; without any, all that the report compares.
        shots: labelled images per class, where results have several numbers of them.
        spec: where `results` is a store: the spec whose cells are compared.

    Returns:
        A figure that notebooks show; its `table` is the one of the report, and its `caption` says
        how to read both.

    Raises:
        UserError: there is no such method or store, or nothing was measured.
    """
    known, comparison, at = _asked(results, spec, methods, shots)
    table = _summary(comparison, at)
    chart = _final_accuracies(comparison, at)
    lines = tuple(_in_known_look(line, known) for line in chart.lines)
    caption = table.caption.replace(_BOLD, "")
    return Figure(replace(chart, lines=lines), caption, _as_frame(table))


def _asked(
    results: Results | str | Path,
    spec: SpecGiven | None,
    methods: str | Sequence[str] | None,
    shots: int | None,
) -> tuple[Comparison, Comparison, int]:
    """All that is known, what of it is asked for, and with how many shots."""
    if isinstance(results, Results):
        if spec is not None:
            raise UserError(
                f"spec: these are results of {results.name} already; give it to qc.load, or give a "
                f"store in their place."
            )
    elif isinstance(results, str | Path):
        results = load(results, spec)
    else:
        raise UserError(
            f"results: expected what qc.load or qc.run returned, or a store, got "
            f"{type(results).__name__}."
        )
    known = results.comparison
    if not known.finished:
        raise UserError(f"{known.name} has no cell that has finished with an accuracy.")
    _check_apart(known)
    comparison = _of_methods(known, methods)
    if shots is None and len(comparison.shots) == 1:
        return known, comparison, comparison.shots[0]
    if shots not in comparison.shots:
        given = "no number of them" if shots is None else str(shots)
        numbers = ", ".join(map(str, comparison.shots))
        raise UserError(f"shots: expected one of {numbers}, which results have, got {given}.")
    return known, comparison, shots


def _check_apart(comparison: Comparison) -> None:
    """Refuses results of which several have the same place; those of a spec have one each."""
    titles = Counter((run.group, run.seed, run.title) for run in comparison.finished)
    for (_, _, title), count in titles.items():
        if count > 1:
            raise UserError(
                f"{comparison.name} has {count} results of {title}, which differ in protocol or "
                f"source. Load those of one spec, such as qc.load(store, spec='demo')."
            )


def _of_methods(known: Comparison, methods: str | Sequence[str] | None) -> Comparison:
    """What is known of some methods; without any, of those that the report compares."""
    if methods is None:
        return known if known.runs else replace(known, runs=known.ablated, ablated=())
    asked = (methods,) if isinstance(methods, str) else tuple(methods)
    if not asked:
        raise UserError("methods: expected one label at least; leave it out for all of them.")
    longer = known.search.longer if known.search else ()  # which the report's tables leave out
    finished = (*known.finished, *longer)
    labels = dict.fromkeys(run.method for run in finished)
    for label in asked:
        _check_known("methods", label, labels)
    chosen = tuple(run for run in finished if run.method in asked)
    return replace(known, runs=chosen, ablated=(), failures=(), unsound=())


def _check_known(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise UserError(f"{what}: results have no {name!r}. {did_you_mean(name, known)}")


def _one_dataset(comparison: Comparison, dataset: str | None) -> str | None:
    """The dataset that is asked for; None for the mean."""
    known = comparison.trained_on
    if dataset is not None:
        _check_known("dataset", dataset, known)
        return dataset
    return known[0] if len(known) == 1 else None


def _curves(comparison: Comparison, dataset: str | None, shots: int) -> tuple[LineChart, str]:
    """The report's chart of a dataset, or of the mean over those that all methods have."""
    found = {
        (block.name, chart.title): (chart, block.caption)
        for block in curves.blocks(comparison)
        if isinstance(block, FigureBlock)
        for chart in block.charts
        if isinstance(chart, LineChart)
    }
    if dataset is None:
        drawn = found.get((f"mean_curve{comparison.file_suffix(shots)}", ""))
    else:
        drawn = found.get(("curves", f"{dataset}{comparison.suffix(shots)}"))
    if drawn is None:
        names = ", ".join(comparison.trained_on)
        raise UserError(
            f"dataset: methods share no two datasets to average over. Give one: {names}."
        )
    return drawn


def _summary(comparison: Comparison, shots: int) -> TableBlock:
    name = f"accuracy{comparison.file_suffix(shots)}"
    blocks = summary.blocks(comparison)
    return next(one for one in blocks if isinstance(one, TableBlock) and one.name == name)


def _final_accuracies(comparison: Comparison, shots: int) -> ValueChart:
    """The numbers of the report's first table: one place on the axis for each of its rows."""
    scores = comparison.scores[shots]
    contenders = comparison.by_mean(scores)
    datasets = sorted({name for values in scores.values.values() for name in values})
    rows = {(row.group.dataset, row.group.contender): row.accuracy for row in comparison.rows}
    points: dict[Contender, list[tuple[float, float, float, float]]] = {}
    for number, who in enumerate(contenders):
        aside = SPREAD * (number / max(len(contenders) - 1, 1) - 0.5)
        for place, name in enumerate(datasets):
            if (found := rows.get((name, who))) is not None:
                ends = (found.mean, found.lower, found.upper)
                points.setdefault(who, []).append((place + aside, *ends))
        if len(scores.datasets) > 1:
            mean = mean_over_datasets(scores, who)
            low, high = (mean.mean if end is None else end for end in (mean.lower, mean.upper))
            points.setdefault(who, []).append((len(datasets) + aside, mean.mean, low, high))
    lines = []
    for who, found_points in points.items():
        x, y, lower, upper = zip(*found_points, strict=True)
        lines.append(Line(who.method, comparison.looks[who.method], x, y, lower, upper))
    ticks = [(float(place), name) for place, name in enumerate(datasets)]
    if len(scores.datasets) > 1:
        ticks.append((float(len(datasets)), f"mean of {len(scores.datasets)}"))
    return ValueChart(
        "dataset", "test accuracy (%)", tuple(lines), tuple(ticks), joined=False, bounds=PERCENT
    )


def _in_known_look(line: Line, known: Comparison) -> Line:
    """The line as the report draws it, also where it is drawn among fewer."""
    return replace(line, look=known.looks.get(line.label, line.look))


def _places(lines: Sequence[Line]) -> pd.DataFrame:
    """What lines are drawn from, one row a step."""
    rows = [
        (line.label, x, y, low, high)
        for line in lines
        for x, y, low, high in zip(
            line.x, line.y, line.lower or line.y, line.upper or line.y, strict=True
        )
    ]
    return pd.DataFrame(rows, columns=["label", "queries", "accuracy", "lower", "upper"])


def _as_frame(table: TableBlock) -> pd.DataFrame:
    """A table as the report shows it."""
    rows = [[cell_of(cell).shown for cell in row] for row in table.rows]
    return pd.DataFrame(rows, columns=list(table.header)).set_index(table.header[0])
