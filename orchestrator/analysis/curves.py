"""Query-efficiency curves: step functions of what had been reached, never interpolated ahead."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.analysis.intervals import Array, column_intervals
from orchestrator.analysis.runs import ACCURACY, Run


@dataclass(frozen=True)
class Curve:
    """A measurement over queries.

    Attributes:
        queries: when it was taken, ascending.
        values: what was measured.
    """

    queries: tuple[int, ...]
    values: tuple[float, ...]

    def at(self, queries: float) -> float | None:
        """The last value measured at or before `queries`; None before the first.

        Example:
            >>> curve = Curve(queries=(0, 100), values=(30.0, 55.0))
            >>> curve.at(99), curve.at(100), curve.at(5000)
            (30.0, 55.0, 55.0)
        """
        place = bisect_right(self.queries, queries)
        return self.values[place - 1] if place else None

    def on(self, grid: Sequence[int] | Array) -> Array:
        """Values `(Q,)` on a grid of queries `(Q,)`; not a number before the first measurement."""
        places = np.searchsorted(np.asarray(self.queries), np.asarray(grid), side="right")
        return np.concatenate([[np.nan], np.asarray(self.values, dtype=float)])[places]


@dataclass(frozen=True)
class Band:
    """Mean and interval over seeds on a grid of queries.

    Attributes:
        queries: the grid.
        mean: mean over seeds.
        lower: lower end of the 95 % t-interval; equals the mean for a single seed.
        upper: upper end.
        seeds: how many runs went into it.
    """

    queries: tuple[int, ...]
    mean: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    seeds: int


def curve_of(run: Run) -> Curve:
    """Accuracy of one run over queries."""
    return Curve(*run.trace.series(ACCURACY))


def band_of(runs: Sequence[Run]) -> Band | None:
    """Mean and t-interval over runs that differ in the seed alone; None when nothing was measured.

    The grid holds every query count at which any run was measured, from where all have a value.
    """
    return band_over([curve for curve in map(curve_of, runs) if curve.queries])


def band_over(curves: Sequence[Curve]) -> Band | None:
    """Mean and t-interval over independent curves; None when there are none."""
    if not curves:
        return None
    grid = _common_grid(curves)
    ends = column_intervals(np.stack([curve.on(grid) for curve in curves]))
    mean, lower, upper = (tuple(end.tolist()) for end in ends)
    return Band(grid, mean, lower, upper, seeds=len(curves))


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean of curves, such as one seed's on several datasets, from where all have a value.

    Args:
        curves: at least one, none of them empty.
    """
    grid = _common_grid(curves)
    mean = np.mean([curve.on(grid) for curve in curves], axis=0)
    return Curve(grid, tuple(mean.tolist()))


def _common_grid(curves: Sequence[Curve]) -> tuple[int, ...]:
    """Every query count at which any curve steps, from where all have a value."""
    start = max(curve.queries[0] for curve in curves)
    return tuple(sorted({q for curve in curves for q in curve.queries if q >= start} | {start}))
