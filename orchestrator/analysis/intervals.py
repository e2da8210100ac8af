"""Means over seeds with Student-t intervals, which say how little three seeds know."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

LEVEL = 0.95


@dataclass(frozen=True)
class MeanInterval:
    """A mean and its 95 % Student-t interval.

    Attributes:
        mean: mean of the values.
        half_width: half the interval's width; None for a single value, which has no interval.
        count: number of values.
    """

    mean: float
    half_width: float | None
    count: int

    @property
    def lower(self) -> float:
        """Lower end; the mean itself for a single value."""
        return self.mean - (self.half_width or 0.0)

    @property
    def upper(self) -> float:
        """Upper end; the mean itself for a single value."""
        return self.mean + (self.half_width or 0.0)


def mean_interval(values: Sequence[float]) -> MeanInterval:
    """Mean and 95 % t-interval of independent values.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("a mean needs at least one value")
    mean = statistics.fmean(values)
    if len(values) == 1:
        return MeanInterval(mean, None, 1)
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1))
    error = statistics.stdev(values) / len(values) ** 0.5
    return MeanInterval(mean, quantile * error, len(values))
