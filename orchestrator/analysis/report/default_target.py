"""A target for reports whose spec names none, chosen from the results themselves."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import replace

from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.queries_to_target import zero_shot_accuracy
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Contender, Run, by_contender

SHARE = 0.5
"""Of the best method's gain: near the start all methods reach it, near the end only one does."""

AFTERWARDS = (
    "It was chosen after the results were seen, so it shows where methods differ and is nothing to "
    "claim: name `target_gain` or `target_accuracy` under `report` before a run for that."
)


def with_target(comparison: Comparison) -> Comparison:
    """The same, with a target where the spec names none and one can be found.

    It is half of what the best method gains over zero-shot, on the mean of its datasets, in
    points above zero-shot. Where that is no gain, or without zero-shot, it is the accuracy half
    way from where runs started on the mean to where the best method ended, if that is above.
    Methods of inner layers, which are ranked apart, count only where there are no others.
    """
    asked = comparison.question
    if asked.target_title:
        return comparison
    gain = _gain(comparison)
    if gain is not None:
        points, label = gain
        chosen = asked.model_copy(update={"target_gain": points})
        words = (
            f"The spec names no target, so this report takes half of the highest gain over "
            f"zero-shot, which {label} has: {points:g} {'point' if points == 1 else 'points'}. "
            f"{AFTERWARDS}"
        )
        return replace(comparison, question=chosen, chosen_target=words)
    half = _half_way(comparison)
    if half is None:
        return comparison
    accuracy, label = half
    chosen = asked.model_copy(update={"target_accuracy": accuracy})
    why = "no method ends above zero-shot" if any(_gains(comparison)) else "zero-shot has not run"
    words = (
        f"The spec names no target, and {why}, so this report takes the accuracy half way from "
        f"where runs started to where {label} ended, means over all datasets: {accuracy:g} %. "
        f"{AFTERWARDS}"
    )
    return replace(comparison, question=chosen, chosen_target=words)


def _gain(comparison: Comparison) -> tuple[float, str] | None:
    """Half of the highest mean gain in points, and whose it is; None without one."""
    gains = [(gain, who.method) for who, gain in _gains(comparison)]
    if not gains:
        return None
    gain, label = max(gains)
    points = round(SHARE * gain, 1)
    return (points, label) if points > 0 else None


def _gains(comparison: Comparison) -> Iterator[tuple[Contender, float]]:
    starts = {name: zero_shot_accuracy(comparison.runs, name) for name in comparison.datasets}
    for who, runs in by_contender(_trained(comparison)).items():
        above = [
            run.accuracy - start
            for run in runs
            if run.accuracy is not None and (start := starts[run.dataset]) is not None
        ]
        if above:
            yield who, statistics.fmean(above)


def _half_way(comparison: Comparison) -> tuple[float, str] | None:
    """The accuracy in percent, and the best method; None where nothing trains."""
    trained = _trained(comparison)
    ends = {
        who.method: statistics.fmean(run.accuracy for run in runs if run.accuracy is not None)
        for who, runs in by_contender(trained).items()
    }
    starts = [curve.values[0] for curve in map(curve_of, trained) if curve.values]
    if not ends or not starts:
        return None
    best = max(ends, key=lambda label: ends[label])
    start = statistics.fmean(starts)
    accuracy = round(start + SHARE * (ends[best] - start), 1)
    rises = accuracy > start  # else each run would have reached it before its first query
    return (accuracy, best) if rises and accuracy <= 100 else None


def _trained(comparison: Comparison) -> list[Run]:
    runs = [run for run in comparison.runs if run.trains and run.accuracy is not None]
    return [run for run in runs if comparison.track(run.method) == "plain box"] or runs
