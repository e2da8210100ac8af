"""Queries to the target, with runs that never reached it."""

from collections.abc import Iterator
from dataclasses import replace

from orchestrator.analysis.charts.chart import BarChart, Bars
from orchestrator.analysis.queries_to_target import QueriesToTarget
from orchestrator.analysis.report.blocks import Block, FigureBlock, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison, in_rows
from orchestrator.analysis.table import Row


def blocks(comparison: Comparison) -> Iterator[Block]:
    """A sentence instead where the spec names no target, or no zero-shot run defines it."""
    reached = [row for row in comparison.rows if row.target is not None]
    if comparison.runs and not reached:
        yield Text(_why_none(comparison), "note")
    if reached and comparison.chosen_target:
        yield Text(comparison.chosen_target, "note")
    crowded = False
    for shots in comparison.shots:
        here = [row for row in reached if row.group.shots == shots]
        if in_rows(len({row.group.method for row in here}), len(comparison.datasets)):
            yield _matrix(comparison, shots, here)
            crowded = True
        elif here:
            yield _figure(comparison, shots, here)
    if reached:
        yield replace(_table(reached), numbers_only=crowded)


def _why_none(comparison: Comparison) -> str:
    if not comparison.question.target_title:
        return (
            "The spec names no target: give `target_gain` (points above zero-shot) or "
            "`target_accuracy` under `report` to see how many queries each method needs."
        )
    return (
        f"The target, {comparison.question.target_title}, is not defined on any dataset: add the "
        f"method zero_shot to the spec, or name an absolute `target_accuracy`."
    )


def _figure(comparison: Comparison, shots: int, rows: list[Row]) -> FigureBlock:
    by_place = {(row.group.dataset, row.group.method): row.target for row in rows}
    datasets = tuple(sorted({dataset for dataset, _ in by_place}))
    methods = tuple(sorted({method for _, method in by_place}))
    bars = []
    for method in methods:
        found = [by_place.get((name, method)) for name in datasets]
        expected = tuple(None if target is None else target.expected for target in found)
        bars.append(Bars(method, comparison.looks[method], expected, tuple(map(_text, found))))
    caption = (
        f"Expected queries until {comparison.question.target_title}{comparison.suffix(shots)}; "
        f"shorter is better. In brackets: runs that reached it, of all runs. A run that never did "
        f"is charged the queries it spent, so the bar is what reaching it once costs when one "
        f"starts anew until it succeeds. No bar: no run reached it."
    )
    chart = BarChart("expected queries until the target", datasets, tuple(bars))
    name = f"queries_to_target{comparison.file_suffix(shots)}"
    return FigureBlock(name, caption, (chart,))


def _matrix(comparison: Comparison, shots: int, rows: list[Row]) -> TableBlock:
    """What the bars say, where they would be too many: methods by dataset."""
    by_place = {(row.group.dataset, row.group.contender): row.target for row in rows}
    datasets = sorted({dataset for dataset, _ in by_place})
    contenders = [who for who in comparison.by_mean(comparison.scores[shots]) if who.shots == shots]
    body = tuple(
        (name, *(_text(by_place.get((name, who))) for who in contenders)) for name in datasets
    )
    caption = (
        f"Expected queries until {comparison.question.target_title}{comparison.suffix(shots)}, and "
        f"in brackets the runs that reached it, of all runs. A run that never did is charged the "
        f"queries it spent, so this is what reaching it once costs when one starts anew until it "
        f"succeeds. There is no picture: it would have {len(rows)} bars."
    )
    return TableBlock(
        f"expected_queries{comparison.file_suffix(shots)}",
        caption,
        ("dataset", *(comparison.marked(who.method) for who in contenders)),
        body,
        column_groups=("", *comparison.column_groups(contenders)),
    ).turned("method")


def _text(target: QueriesToTarget | None) -> str:
    if target is None:
        return "no run"
    if target.expected is None:
        return f"not reached ({target.successes}/{target.runs})"
    return f"{target.expected:,.0f} ({target.successes}/{target.runs})"


def _table(rows: list[Row]) -> TableBlock:
    body = []
    for row in rows:
        target = row.target
        assert target is not None
        known = target.expected is not None
        body.append(
            (
                row.group.dataset,
                row.group.method,
                str(row.group.shots),
                f"{target.target:.1f}",
                f"{target.successes}/{target.runs}",
                f"{target.median:,.0f}" if target.median is not None else "-",
                f"{target.expected:,.0f}" if known else f"> {target.spent:,}",
                f"{row.mean_over_budget:.1f}",
            )
        )
    caption = (
        "Reached: runs that reached the target, of all runs, crashed ones included. Median: over "
        "the runs that did. Expected: queries of all runs until the target, their end or their "
        "crash, over successes; where none succeeded, it is more than all of them spent. Mean over "
        "budget: area under the accuracy curve divided by the budget, in percent; 100 minus it is "
        "the area over the curve."
    )
    header = (
        "dataset",
        "method",
        "shots",
        "target (%)",
        "reached",
        "median queries",
        "expected queries",
        "mean over budget (%)",
    )
    return TableBlock("queries_to_target", caption, header, tuple(body), numeric_from=2)
