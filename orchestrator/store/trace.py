"""The time series of one trial, queries -> metrics, with a record of how it was made."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

Ending = Literal["finished", "failed", "pruned"]


class Point(NamedTuple):
    """One measurement of a trial; a tuple, as a run reads hundreds for each cell.

    Attributes:
        queries: queries charged to the method when it was taken.
        images: images charged to the method when it was taken.
        metric: what was measured, for example `test_accuracy` (percent) or `train_loss` (nats).
        value: the measurement.
    """

    queries: int
    images: int
    metric: str
    value: float


@dataclass(frozen=True)
class Trace:
    """The record of a trial.

    Attributes:
        key: the cell's key.
        cell: the cell as plain JSON values.
        status: `finished`, `failed` (see `error`), or `pruned`, which means ended early by a search
            and never part of a comparison.
        points: measurements in the order they were taken; queries never decrease. Equal for equal
            keys, interrupted or not.
        ledgers: final numbers of queries and images, of the method and of the observer; of a
            service, also what it has charged (`service_training`, `service_measuring`).
        timing: wall seconds by activity; differs between runs.
        provenance: library versions, hardware, digests.
        error: traceback of a failed trial, else empty.
    """

    key: str
    cell: Mapping[str, Any]
    status: Ending
    points: tuple[Point, ...]
    ledgers: Mapping[str, Mapping[str, int | float]] = field(default_factory=dict)
    timing: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""

    def series(self, metric: str) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Queries and values of one metric, in order."""
        return self._series.get(metric, ((), ()))

    @cached_property
    def _series(self) -> dict[str, tuple[tuple[int, ...], tuple[float, ...]]]:
        """Series by metric, computed once because analyses read the same few again and again."""
        chosen: dict[str, list[Point]] = defaultdict(list)
        for point in self.points:
            chosen[point.metric].append(point)
        return {
            metric: (tuple(p.queries for p in points), tuple(p.value for p in points))
            for metric, points in chosen.items()
        }

    def last(self, metric: str) -> float | None:
        """The final value of a metric; None if it was never measured."""
        _, values = self.series(metric)
        return values[-1] if values else None

    def metrics(self) -> tuple[str, ...]:
        """Names of all metrics measured, in order of first appearance."""
        return tuple(dict.fromkeys(point.metric for point in self.points))
