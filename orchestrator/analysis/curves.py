"""Query-efficiency curves: step functions of what had been reached, never interpolated ahead."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.analysis.intervals import mean_interval
from orchestrator.analysis.runs import Run

ACCURACY = "test_accuracy"


@dataclass(frozen=True)
class Curve:
    """A measurement over queries.

    Attributes:
        queries: when it was taken, ascending.
        values: what was measured.
    """

    queries: tuple[int, ...]
    values: tuple[float, ...]

    def at(self, queries: int) -> float | None:
        """The last value measured at or before `queries`; None before the first."""
        place = bisect_right(self.queries, queries)
        return self.values[place - 1] if place else None


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


def curve_of(run: Run, metric: str = ACCURACY) -> Curve:
    """A metric of one run over queries."""
    return Curve(*run.trace.series(metric))


def band_of(runs: Sequence[Run], metric: str = ACCURACY) -> Band | None:
    """Mean and t-interval over runs that differ in the seed alone; None when nothing was measured.

    The grid holds every query count at which any run was measured, from where all have a value.
    """
    curves = [curve for curve in (curve_of(run, metric) for run in runs) if curve.queries]
    if not curves:
        return None
    start = max(curve.queries[0] for curve in curves)
    grid = sorted({q for curve in curves for q in curve.queries if q >= start})
    columns = [mean_interval([v for v in (c.at(q) for c in curves) if v is not None]) for q in grid]
    return Band(
        queries=tuple(grid),
        mean=tuple(c.mean for c in columns),
        lower=tuple(c.lower for c in columns),
        upper=tuple(c.upper for c in columns),
        seeds=len(curves),
    )
