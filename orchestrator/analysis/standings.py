"""Methods with the one number that a protocol asks of each, the best first."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from orchestrator.analysis.access import hardness
from orchestrator.analysis.harmonic_mean import BaseToNew, base_to_new, harmonic_mean
from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import (
    NEW_ACCURACY,
    ZERO_SHOT,
    Contender,
    Run,
    by_contender,
    seed_means,
)
from orchestrator.analysis.scores import scores_of
from orchestrator.analysis.transfer import Transfer, transfers

HARMONIC = "harmonic mean of base and new classes"

Measure = Literal["accuracy", "harmonic mean", "accuracy on targets"]
"""What a number is."""


@dataclass(frozen=True)
class Standing:
    """One method's number.

    Attributes:
        who: the method.
        number: percent, as the table of the protocol has it; a mean over several datasets that are
            no targets has no interval here.
        by_seed: the same of each seed that has all datasets; of methods that don't train, under
            seed 0.
        runs: those that the number is made of.
        trained: those that trained the prompts elsewhere, of protocols that transfer them.
        beside: what a reader sees beside it, by name: base and new accuracy, or that on the source.
    """

    who: Contender
    number: MeanInterval
    by_seed: Mapping[int, float]
    runs: tuple[Run, ...]
    trained: tuple[Run, ...] = ()
    beside: Mapping[str, MeanInterval] = field(default_factory=dict)

    @property
    def value(self) -> float:
        """The number without its interval."""
        return self.number.mean

    @property
    def name(self) -> str:
        """The method's label; zero-shot as one writes it."""
        return "zero-shot" if self.who.method == ZERO_SHOT else self.who.method

    @property
    def rounded(self) -> float:
        """The value as tables show it: who is level there is level everywhere."""
        return round(self.value, 1) + 0.0

    @property
    def shown(self) -> str:
        """The same as text."""
        return f"{self.rounded:.1f}"


@dataclass(frozen=True)
class Standings:
    """All methods' numbers.

    Attributes:
        shots: labelled images per class; where methods differ, the most of any.
        found: the methods, the best first; of those that are level, what needs least comes first.
        datasets: names of those that a number is the mean of, sorted.
        measure: what a number is.
        source: the dataset that prompts were trained on, of protocols that test them on others.
        left_out: datasets that are in no number, because some method lacks them.
    """

    shots: int
    found: tuple[Standing, ...]
    datasets: tuple[str, ...]
    measure: Measure = "accuracy"
    source: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The dataset that methods were trained on; empty where they are several."""
        return self.source or (self.datasets[0] if len(self.datasets) == 1 else "")

    @property
    def note(self) -> str:
        """What a number is, such as `mean of 2 datasets`; empty for an accuracy on the place."""
        alone = len(self.datasets) == 1 and not self.source
        over = "" if alone else over_words(self.measure, self.datasets)
        return ", ".join(filter(None, (harmonic_words(self.measure), over)))


def harmonic_words(measure: Measure) -> str:
    """Names a harmonic mean; empty for what is an accuracy."""
    return HARMONIC if measure == "harmonic mean" else ""


def over_words(measure: Measure, datasets: Sequence[str]) -> str:
    """What a number is over, such as `mean of 2 targets` or `on dots`."""
    if len(datasets) == 1:
        return f"on {datasets[0]}"
    what = "targets" if measure == "accuracy on targets" else "datasets"
    return f"mean of {len(datasets)} {what}"


def standings_of(runs: Sequence[Run]) -> Standings | None:
    """What the protocol asks: accuracy, harmonic mean, or the mean over targets.

    Args:
        runs: finished ones whose accuracies were all measured, all of one protocol.

    Returns:
        None where no number can be given, such as without a dataset that all methods have.
    """
    moved = transfers(runs)
    if moved:
        return _of_transfer(moved[0], runs)
    if any(run.trace.last(NEW_ACCURACY) is not None for run in runs):
        return _of_both(runs)
    return _of_accuracy(runs)


def nothing_words(runs: Sequence[Run]) -> str:
    """Why such runs have no standings."""
    if transfers(runs):
        return "no method has results on all targets yet"
    return "no dataset has results of all methods yet"


def _of_accuracy(runs: Sequence[Run]) -> Standings | None:
    scores = scores_of(runs)
    names = scores.datasets
    if not names or not scores.values:
        return None

    def number(who: Contender) -> MeanInterval:
        if len(names) == 1:
            return mean_interval(scores.values[who][names[0]])
        return MeanInterval(scores.mean(who), None, len(names))

    found = [
        Standing(who, number(who), _mean_by_seed(mine, names), _on(mine, names))
        for who, mine in by_contender(runs).items()
        if who in scores.values
    ]
    return Standings(_shots(runs), _best_first(found), names, left_out=scores.left_out)


def _of_both(runs: Sequence[Run]) -> Standings | None:
    """Of runs with both accuracies, on the datasets that all their methods have."""
    both = [run for run in runs if None not in (run.accuracy, run.trace.last(NEW_ACCURACY))]
    rows: dict[Contender, dict[str, BaseToNew]] = {}
    for row in base_to_new(both):
        rows.setdefault(row.group.contender, {})[row.group.dataset] = row
    everywhere = set[str]().union(*rows.values())
    names = tuple(sorted(everywhere.intersection(*rows.values())))
    if not names:
        return None
    found = [
        _both(who, [rows[who][name] for name in names], _on(mine, names), names)
        for who, mine in by_contender(both).items()
    ]
    return Standings(
        shots=_shots(runs),
        found=_best_first(found),
        datasets=names,
        measure="harmonic mean",
        left_out=tuple(sorted(everywhere.difference(names))),
    )


def _both(
    who: Contender, rows: Sequence[BaseToNew], runs: tuple[Run, ...], names: Sequence[str]
) -> Standing:
    """The number of one dataset, or that of the mean base and new accuracies, as CoCoOp has it."""
    base, new = _mean(rows, lambda row: row.base), _mean(rows, lambda row: row.new)
    number = rows[0].harmonic
    if len(rows) > 1:
        number = MeanInterval(harmonic_mean(base.mean, new.mean), None, len(rows))
    by_seed = _harmonic_by_seed(runs, names)
    return Standing(who, number, by_seed, runs, beside={"base": base, "new": new})


def _mean(rows: Sequence[BaseToNew], part: Callable[[BaseToNew], MeanInterval]) -> MeanInterval:
    if len(rows) == 1:
        return part(rows[0])
    return MeanInterval(statistics.fmean(part(row).mean for row in rows), None, len(rows))


def _of_transfer(moved: Transfer, runs: Sequence[Run]) -> Standings | None:
    members = by_contender(runs)
    found = []
    for who, number in moved.means.items():
        by_seed = _mean_by_seed(members[who], moved.targets)
        tested = [run for run in _on(members[who], moved.targets) if run.seed in by_seed]
        trained = _on(members[who], (moved.source,))
        source = moved.accuracies[who].get(moved.source)
        beside = {} if source is None else {"source": source}
        found.append(Standing(who, number, by_seed, tuple(tested), trained, beside))
    if not found:
        return None
    return Standings(
        shots=_shots(runs),
        found=_best_first(found),
        datasets=moved.targets,
        measure="accuracy on targets",
        source=moved.source,
    )


def _best_first(found: Sequence[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(found, key=_order))


def _order(one: Standing) -> tuple[object, ...]:
    return (-one.rounded, hardness(one.runs[0].access), one.who.method, one.who.shots)


def _shots(runs: Sequence[Run]) -> int:
    return max((run.shots for run in runs), default=0)


def _on(runs: Sequence[Run], datasets: Sequence[str]) -> tuple[Run, ...]:
    return tuple(run for run in runs if run.dataset in datasets)


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
