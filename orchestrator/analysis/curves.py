"""Query-efficiency curves: step functions of what had been reached, never interpolated ahead."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.analysis.intervals import Array, column_intervals
from orchestrator.analysis.runs import ACCURACY, TEST_IMAGES, Run
from orchestrator.analysis.sampling_error import standard_error


@dataclass(frozen=True)
class Curve:
    """A measurement over queries.

    Attributes:
        queries: when it was taken, ascending.
        values: what was measured.
        errors: standard error of each, where some were measured on parts of a split; empty where
            all were measured on whole splits.
    """

    queries: tuple[int, ...]
    values: tuple[float, ...]
    errors: tuple[float, ...] = ()

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
        return self._on(grid, self.values)

    def errors_on(self, grid: Sequence[int] | Array) -> Array:
        """Standard errors of these values `(Q,)`."""
        return self._on(grid, self.errors or (0.0,) * len(self.values))

    def _on(self, grid: Sequence[int] | Array, values: Sequence[float]) -> Array:
        places = np.searchsorted(np.asarray(self.queries), np.asarray(grid), side="right")
        return np.concatenate([[np.nan], np.asarray(values, dtype=float)])[places]


@dataclass(frozen=True)
class Band:
    """Mean and interval over seeds on a grid of queries.

    Attributes:
        queries: the grid.
        mean: mean over seeds.
        lower: lower end of the 95 % t-interval; equals the mean for a single seed.
        upper: upper end.
        seeds: how many runs went into it.
        errors: standard error of the mean from measuring parts of test splits, which is the same
            for all seeds, so that no interval over seeds shows it; empty where all is measured on
            whole splits.
    """

    queries: tuple[int, ...]
    mean: tuple[float, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    seeds: int
    errors: tuple[float, ...] = ()


def curve_of(run: Run) -> Curve:
    """Accuracy of one run over queries."""
    queries, values = run.trace.series(ACCURACY)
    images = _images_at(run)
    if not images:
        return Curve(queries, values)
    whole = images[queries[-1]]
    pairs = zip(queries, values, strict=True)
    return Curve(queries, values, tuple(standard_error(v, images[q], whole) for q, v in pairs))


def values_on_whole_splits(run: Run) -> tuple[float, ...]:
    """Accuracies of one run that were measured on all test images, in order."""
    queries, values = run.trace.series(ACCURACY)
    images = _images_at(run)
    if not images:
        return values
    whole = images[queries[-1]]
    return tuple(v for q, v in zip(queries, values, strict=True) if images[q] == whole)


def _images_at(run: Run) -> dict[int, int]:
    """Test images of each measurement by queries; empty where all are of the whole split."""
    queries, counts = run.trace.series(TEST_IMAGES)
    return dict(zip(queries, map(int, counts), strict=True))


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
    errors: tuple[float, ...] = ()
    if any(curve.errors for curve in curves):
        errors = tuple(np.mean([curve.errors_on(grid) for curve in curves], axis=0).tolist())
    return Band(grid, mean, lower, upper, seeds=len(curves), errors=errors)


def mean_curve(curves: Sequence[Curve]) -> Curve:
    """The mean of one seed's curves on several datasets, from where all have a value.

    Their standard errors are independent, as the parts of their test splits are.

    Args:
        curves: at least one, none of them empty.
    """
    grid = _common_grid(curves)
    mean = np.mean([curve.on(grid) for curve in curves], axis=0)
    if not any(curve.errors for curve in curves):
        return Curve(grid, tuple(mean.tolist()))
    squares = np.sum([curve.errors_on(grid) ** 2 for curve in curves], axis=0)
    errors = np.sqrt(squares) / len(curves)
    return Curve(grid, tuple(mean.tolist()), tuple(errors.tolist()))


def _common_grid(curves: Sequence[Curve]) -> tuple[int, ...]:
    """Every query count at which any curve steps, from where all have a value."""
    start = max(curve.queries[0] for curve in curves)
    return tuple(sorted({q for curve in curves for q in curve.queries if q >= start} | {start}))
