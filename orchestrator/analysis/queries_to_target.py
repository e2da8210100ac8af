"""How many queries until a target accuracy: right-censored, failed runs charged in full."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.runs import ACCURACY, ZERO_SHOT, Run
from orchestrator.spec.spec import ReportSpec


@dataclass(frozen=True)
class QueriesToTarget:
    """How quickly runs reached a target.

    Attributes:
        target: accuracy in percent.
        successes: runs that reached it.
        runs: all runs, crashed ones included.
        median: median queries of the successful runs; None without any.
        expected: queries of all runs until their target, end or crash, over successes: the expected
            running time of restarting until success (Hansen et al., COCO, 2021); None without any.
        spent: queries of all runs until their target, end or crash: what is known when none
            reached it is that one success takes more than this.
    """

    target: float
    successes: int
    runs: int
    median: float | None
    expected: float | None
    spent: int


def zero_shot_accuracy(runs: Sequence[Run], dataset: str) -> float | None:
    """Zero-shot accuracy on a dataset, in percent; None when it was not run."""
    reached = (
        run.trace.last(ACCURACY)
        for run in runs
        if run.dataset == dataset and run.method_name == ZERO_SHOT
    )
    return next((value for value in reached if value is not None), None)


def target_on(dataset: str, asked: ReportSpec, runs: Sequence[Run]) -> float | None:
    """The accuracy in percent that a spec wants reached on a dataset.

    Args:
        dataset: its name.
        asked: names an accuracy, or a gain above zero-shot on the same dataset.
        runs: the runs of the comparison, zero-shot among them.

    Returns:
        None without a target, or without the zero-shot run that a gain counts from.
    """
    if asked.target_accuracy is not None:
        return asked.target_accuracy
    if asked.target_gain is None:
        return None
    start = zero_shot_accuracy(runs, dataset)
    return None if start is None else start + asked.target_gain


def first_reaching(run: Run, target: float) -> int | None:
    """Queries at the first measurement at or above the target; None if there is none."""
    curve = curve_of(run)
    pairs = zip(curve.queries, curve.values, strict=True)
    return next((queries for queries, value in pairs if value >= target), None)


def queries_to_target(
    runs: Sequence[Run], target: float, crashed: Sequence[Run] = ()
) -> QueriesToTarget:
    """Successes, median and expected running time over runs that differ in the seed alone.

    A run that never reached the target is charged the queries that it has spent itself, which may
    be fewer than the budget. So is one that crashed: nothing but its queries is known.
    """
    reached = [first_reaching(run, target) for run in runs]
    hits = [queries for queries in reached if queries is not None]
    spent = sum(
        run.queries if queries is None else queries
        for run, queries in zip(runs, reached, strict=True)
    ) + sum(run.queries for run in crashed)
    return QueriesToTarget(
        target=target,
        successes=len(hits),
        runs=len(runs) + len(crashed),
        median=statistics.median(hits) if hits else None,
        expected=spent / len(hits) if hits else None,
        spent=spent,
    )
