"""Regret: by how many points of accuracy the best value tried beats the default.

Values are compared seed by seed, since equal seeds share split, order and directions.
"""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.analysis.ablation import BySeed, Sweep
from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.spec.ablation_point import FieldValue


@dataclass(frozen=True)
class Regret:
    """The default beside the best value that was tried.

    Attributes:
        default: accuracy of the default.
        best: the value with the highest mean; the default itself where no other is higher.
        is_default: whether that is the default.
        best_accuracy: its accuracy.
        regret: best minus default, paired by seed. The best is picked after the fact, so this is
            too large rather than too small.
        held_out: the same when each seed's best value is picked on the other seeds: what tuning
            would have gained on a seed that it didn't see. None with a single seed.
    """

    default: MeanInterval
    best: FieldValue
    is_default: bool
    best_accuracy: MeanInterval
    regret: MeanInterval
    held_out: MeanInterval | None

    @property
    def verdict(self) -> str:
        """What the seeds say about the default, in a few words."""
        if self.is_default:
            return "the default is best"
        if self.regret.half_width is None:
            return "one seed, so no interval"
        if self.regret.lower <= 0:
            return "within the seeds' noise"
        return "more than the seeds' noise"


def regrets_of(sweep: Sweep) -> Iterator[tuple[str, Regret]]:
    """Yields `(name, regret)` of the default, for each dataset and for the mean over all of them.

    Yields nothing for conditions such as the budget, where more is better but costs more.
    """
    if sweep.default is None or not sweep.default.tuned:
        return
    places = [(dataset, sweep.on(dataset)) for dataset in sweep.datasets]
    if len(sweep.shared) > 1:
        places.append((f"mean of {len(sweep.shared)}", sweep.mean()))
    for name, found in places:
        regret = regret_of(found, sweep.default)
        if regret is not None:
            yield name, regret


def regret_of(found: Mapping[FieldValue, BySeed], default: FieldValue | None) -> Regret | None:
    """Compares a default with all values, on the seeds that all of them have.

    Args:
        found: accuracies by value, the default's among them.
        default: the base's value.

    Returns:
        None without the default, another value, or a seed that all values have.
    """
    if default is None or default not in found or len(found) < 2:
        return None
    seeds = sorted(set.intersection(*(set(by_seed) for by_seed in found.values())))
    if not seeds:
        return None
    best = _best(found, default, seeds)
    return Regret(
        default=mean_interval([found[default][seed] for seed in seeds]),
        best=best,
        is_default=best == default,
        best_accuracy=mean_interval([found[best][seed] for seed in seeds]),
        regret=mean_interval([found[best][seed] - found[default][seed] for seed in seeds]),
        held_out=_held_out(found, default, seeds) if len(seeds) > 1 else None,
    )


def _best(
    found: Mapping[FieldValue, BySeed], default: FieldValue, seeds: Sequence[int]
) -> FieldValue:
    def mean(value: FieldValue) -> tuple[float, bool]:
        return statistics.fmean(found[value][seed] for seed in seeds), value == default

    return max(found, key=mean)


def _held_out(
    found: Mapping[FieldValue, BySeed], default: FieldValue, seeds: Sequence[int]
) -> MeanInterval:
    gains = []
    for seed in seeds:
        chosen = _best(found, default, [other for other in seeds if other != seed])
        gains.append(found[chosen][seed] - found[default][seed])
    return mean_interval(gains)
