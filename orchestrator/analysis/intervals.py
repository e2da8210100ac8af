"""Means over seeds with 95 % Student-t intervals, which are wide where seeds are few."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95

Array = NDArray[np.floating[Any]]


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

    Example:
        >>> interval_text(mean_interval([60.0, 61.0, 63.0]))
        '61.3 ± 3.8'
        >>> interval_text(mean_interval([60.0]))
        '60.0'
    """
    if not len(values):
        raise ValueError("a mean needs at least one value")
    mean, _, upper = (float(ends[0]) for ends in column_intervals(np.array(values)[:, None]))
    return MeanInterval(mean, upper - mean if len(values) > 1 else None, len(values))


def difference_half_width(ours: MeanInterval, sd: float, count: int) -> float:
    """Half the 95 % interval of the difference between our mean and another independent one.

    Welch's t-interval: both means keep their own standard error, of runs that need not vary alike.

    Args:
        ours: our mean, of 2 runs or more.
        sd: standard deviation of the other's runs.
        count: number of the other's runs, 2 or more.

    Raises:
        ValueError: one of the means has no spread, being of a single run.

    Example:
        >>> ours = mean_interval([60.0, 61.0, 63.0])
        >>> round(ours.half_width, 2), round(difference_half_width(ours, 1.5, 3), 2)
        (3.79, 3.43)
    """
    if ours.half_width is None or count < 2:
        raise ValueError("a difference needs two means of 2 runs or more")
    mine = (ours.half_width / _quantile(ours.count - 1)) ** 2
    theirs = sd**2 / count
    if mine + theirs == 0:
        return 0.0
    freedom = (mine + theirs) ** 2 / (mine**2 / (ours.count - 1) + theirs**2 / (count - 1))
    return _quantile(freedom) * float((mine + theirs) ** 0.5)


def column_intervals(values: Array) -> tuple[Array, Array, Array]:
    """Means and 95 % t-intervals of columns.

    Args:
        values: `(S, Q)`, of S independent runs.

    Returns:
        Means, lower ends and upper ends, each `(Q,)`; all the same for a single run.
    """
    count = len(values)
    mean = values.mean(axis=0)
    if count == 1:
        return mean, mean, mean
    half_width = _quantile(count - 1) * values.std(axis=0, ddof=1) / count**0.5
    return mean, mean - half_width, mean + half_width


def interval_text(value: MeanInterval) -> str:
    """`46.1 ± 2.5`, or the mean alone where there is no interval."""
    mean = round(value.mean, 1) + 0.0  # without the sign of a zero
    if value.half_width is None:
        return f"{mean:.1f}"
    return f"{mean:.1f} ± {value.half_width:.1f}"


@cache
def _quantile(freedom: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, (1 + LEVEL) / 2))
