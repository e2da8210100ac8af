"""Methods with the one number that a protocol asks of each, the best first."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.harmonic_mean import base_to_new, harmonic_mean
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import (
    NEW_ACCURACY,
    ZERO_SHOT,
    Contender,
    Run,
    by_contender,
    on_shared_datasets,
    seed_means,
)
from orchestrator.analysis.transfer import Transfer, transfers

HARMONIC = "harmonic mean of base and new classes"


@dataclass(frozen=True)
class Standing:
    """One method's number.

    Attributes:
        who: the method.
        value: percent, as the table of the protocol has it.
        by_seed: the same of each seed that has all datasets; of methods that don't train, under
            seed 0.
    """

    who: Contender
    value: float
    by_seed: Mapping[int, float]

    @property
    def name(self) -> str:
        """The method's label; zero-shot as one writes it."""
        return "zero-shot" if self.who.method == ZERO_SHOT else self.who.method

    @property
    def shown(self) -> str:
        """The number as tables show it."""
        return f"{round(self.value, 1) + 0.0:.1f}"


@dataclass(frozen=True)
class Standings:
    """All methods' numbers with one number of shots.

    Attributes:
        shots: labelled images per class.
        found: the methods, the best first.
        datasets: how many datasets a number is the mean of.
        place: the dataset that methods were trained on; empty where they are several.
        note: what a number is, in words, such as `mean of 2 datasets`; empty for an accuracy on
            the place.
        left_out: datasets that are in no number, because some method lacks them.
        final: whether it is the accuracy that the section on accuracy tests.
    """

    shots: int
    found: tuple[Standing, ...]
    datasets: int
    place: str
    note: str
    left_out: tuple[str, ...] = ()
    final: bool = False


def standings_of(comparison: Comparison, shots: int) -> Standings | None:
    """What the protocol asks: accuracy, harmonic mean, or the mean over targets.

    Args:
        comparison: finished runs.
        shots: one of the comparison's numbers of shots.

    Returns:
        None where no number can be given, such as without a dataset that all methods have.
    """
    runs = comparison.at(shots)
    moved = transfers(runs)
    if moved:
        return _of_transfer(moved[0], shots, runs)
    if any(run.trace.last(NEW_ACCURACY) is not None for run in runs):
        return _of_both(shots, runs)
    return _of_accuracy(comparison, shots, runs)


def _of_accuracy(comparison: Comparison, shots: int, runs: Sequence[Run]) -> Standings | None:
    scores = comparison.scores[shots]
    if not scores.datasets or not scores.values:
        return None
    found = [
        Standing(who, scores.mean(who), _mean_by_seed(mine, scores.datasets))
        for who, mine in by_contender(runs).items()
        if who in scores.values
    ]
    count = len(scores.datasets)
    several = count > 1
    return Standings(
        shots=shots,
        found=_best_first(found),
        datasets=count,
        place="" if several else scores.datasets[0],
        note=f"mean of {count} datasets" if several else "",
        left_out=scores.left_out,
        final=True,
    )


def _of_both(shots: int, runs: Sequence[Run]) -> Standings | None:
    rows = base_to_new(runs)
    names = {row.group.dataset for row in rows}
    members = by_contender(runs)
    if len(names) == 1:
        (name,) = names
        found = [
            Standing(who, row.harmonic.mean, _harmonic_by_seed(members[who], (name,)))
            for row in rows
            for who in [row.group.contender]
        ]
        return Standings(shots, _best_first(found), 1, name, HARMONIC)
    shared = on_shared_datasets((row.group, row) for row in rows)
    if not shared:
        return None
    used = sorted({row.group.dataset for mine in shared.values() for row in mine})
    found = [
        Standing(
            who,
            harmonic_mean(
                statistics.fmean(row.base.mean for row in mine),
                statistics.fmean(row.new.mean for row in mine),
            ),
            _harmonic_by_seed(members[who], used),
        )
        for who, mine in shared.items()
    ]
    note = f"{HARMONIC}, mean of {len(used)} datasets"
    left_out = tuple(sorted(names - set(used)))
    return Standings(shots, _best_first(found), len(used), "", note, left_out)


def _of_transfer(moved: Transfer, shots: int, runs: Sequence[Run]) -> Standings | None:
    targets, members = moved.targets, by_contender(runs)
    found = [
        Standing(who, mean.mean, _mean_by_seed(members[who], targets))
        for who, mean in moved.means.items()
    ]
    count = len(targets)
    note = f"mean of {count} targets" if count > 1 else f"on {targets[0]}"
    return Standings(shots, _best_first(found), count, moved.source, note) if found else None


def _best_first(found: Sequence[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(found, key=lambda one: (-one.value, one.who)))


def _mean_by_seed(runs: Sequence[Run], datasets: Sequence[str]) -> dict[int, float]:
    """Each seed's mean over datasets."""
    return seed_means([_accuracies(runs, name) for name in datasets])


def _harmonic_by_seed(runs: Sequence[Run], datasets: Sequence[str]) -> dict[int, float]:
    """Each seed's harmonic mean of its mean base and its mean new accuracy."""
    base = seed_means([_accuracies(runs, name) for name in datasets])
    new = seed_means([_accuracies(runs, name, NEW_ACCURACY) for name in datasets])
    return {seed: harmonic_mean(base[seed], new[seed]) for seed in sorted({*base} & {*new})}


def _accuracies(runs: Sequence[Run], dataset: str, metric: str = "") -> dict[int, float]:
    found = {
        run.seed: run.trace.last(metric) if metric else run.accuracy
        for run in runs
        if run.dataset == dataset
    }
    return {seed: value for seed, value in found.items() if value is not None}
