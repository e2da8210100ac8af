"""Stratified bootstrap of means over datasets: seeds are redrawn within each dataset.

Agarwal et al., Deep Reinforcement Learning at the Edge of the Statistical Precipice (NeurIPS
2021), section 4.1, with datasets in the place of tasks. Equal to `scipy.stats.bootstrap`, whose
import takes longer than all that a report computes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.analysis.intervals import LEVEL, Array
from orchestrator.analysis.runs import Contender
from orchestrator.analysis.scores import Scores

RESAMPLES = 2000
SEED = 0


@dataclass(frozen=True)
class BootstrapInterval:
    """A mean over datasets with a 95 % percentile interval.

    Attributes:
        mean: mean over datasets of means over seeds.
        lower: lower end; None if a dataset has a single value, as for methods that don't train.
        upper: upper end, likewise.
    """

    mean: float
    lower: float | None = None
    upper: float | None = None


def mean_over_datasets(scores: Scores, contender: Contender) -> BootstrapInterval:
    """The mean of one method and how much it would vary with other seeds on these datasets.

    Args:
        scores: at least one shared dataset.
        contender: the method.
    """
    samples = [np.array(scores.values[contender][name]) for name in scores.datasets]
    mean = scores.mean(contender)
    if contender.shots == 0 or any(len(sample) < 2 for sample in samples):
        return BootstrapInterval(mean)
    return BootstrapInterval(mean, *_interval(samples))


def _interval(samples: Sequence[Array]) -> tuple[float, float]:
    if all(np.ptp(sample) == 0 for sample in samples):
        mean = float(np.mean([sample.mean() for sample in samples]))
        return mean, mean
    draw = np.random.default_rng(SEED)
    redrawn = [
        sample[draw.integers(0, len(sample), (RESAMPLES, len(sample)))].mean(axis=-1)
        for sample in samples
    ]
    means = np.sort(np.mean(redrawn, axis=0))
    tail = (1 - LEVEL) / 2
    return _quantile(means, tail), _quantile(means, 1 - tail)


def _quantile(ordered: Array, share: float) -> float:
    """Linear between the two nearest values, in the order of operations of scipy."""
    place = share * len(ordered) + (1 - share) - 1
    below = int(place)
    weight = place - below
    return float((1 - weight) * ordered[below] + weight * ordered[below + 1])
