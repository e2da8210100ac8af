"""About how long a run still takes: seconds per query differ a hundredfold between methods."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from orchestrator.plan.budget import queries_of
from orchestrator.plan.plan import PlannedCell

Group = tuple[str, str]
"""Dataset and label, whose cells take about as long as each other."""

TRUSTED = 0.05
"""Share of a cell after which its own pace is believed."""


@dataclass
class _Running:
    """A cell at work: since when, and from which query on, its pace is known."""

    since: float
    base: int | None
    queries: int = 0


class TimeLeft:
    """Estimates the rest of a run from the pace of its cells, and of earlier ones.

    The pace of a cell that hasn't run is that of its dataset and label, else of its label on other
    datasets, else of methods that ask alike, else of any.

    Args:
        cells: all cells of the run.
        paces: seconds per query, or of a whole cell where it spends none, of earlier cells.
        clock: tells the time in seconds.
    """

    def __init__(
        self,
        cells: Sequence[PlannedCell],
        paces: Mapping[Group, float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cells = {cell.key: cell for cell in cells}
        self._waiting = dict(self._cells)
        self._groups = {_group(cell): cell for cell in cells}
        self._sizes = {cell.key: max(1, queries_of(cell)) for cell in cells}
        self._earlier, self._clock = dict(paces), clock
        self._seen: dict[Group, list[float]] = {}
        self._running: dict[str, _Running] = {}
        self._begun: set[str] = set()

    def started(self, cell: PlannedCell) -> None:
        """A cell begins, or goes on from a checkpoint; then its first report says where."""
        fresh = cell.status != "in progress" and cell.key not in self._begun
        self._begun.add(cell.key)
        self._running[cell.key] = _Running(self._clock(), 0 if fresh else None)

    def advanced(self, key: str, queries: int) -> None:
        """A running cell has spent so many queries."""
        running = self._running.get(key)
        if running is None:
            return
        if running.base is None:
            running.since, running.base = self._clock(), queries
        running.queries = queries

    def left(self, key: str) -> None:
        """A cell was left to another run."""
        self._running.pop(key, None)

    def ended(self, key: str, *, ran: bool) -> None:
        """A cell came to its end; `ran` is whether it ran here from where it stood."""
        running, cell = self._running.pop(key, None), self._waiting.pop(key, None)
        if ran and running is not None and cell is not None and running.base is not None:
            done = self._sizes[key] - running.base
            if done > 0:
                pace = (self._clock() - running.since) / done
                self._seen.setdefault(_group(cell), []).append(pace)

    def lefts(self) -> tuple[float | None, dict[str, float | None]]:
        """Seconds that all still takes, on as many actors as work now, and each running cell.

        None where nothing like it is known.
        """
        paces = self._paces()
        each = {key: self._left(key, paces) for key in self._waiting}
        running = {key: each.get(key) for key in self._running}
        known = [left for left in each.values() if left is not None]
        if not each:
            return 0.0, running
        if len(known) < len(each):
            return None, running
        return max(sum(known) / max(1, len(running)), *known), running

    def _left(self, key: str, paces: Mapping[Group, float | None]) -> float | None:
        running, size = self._running.get(key), self._sizes[key]
        done = 0 if running is None else running.queries
        pace = None if running is None else self._own_pace(running, size)
        pace = paces[_group(self._cells[key])] if pace is None else pace
        return None if pace is None else pace * max(0, size - done)

    def _own_pace(self, running: _Running, size: int) -> float | None:
        if running.base is None or running.queries - running.base < max(1, TRUSTED * size):
            return None
        return (self._clock() - running.since) / (running.queries - running.base)

    def _paces(self) -> dict[Group, float | None]:
        """The pace of each group of cells, as far as it is known or can be guessed."""
        seen = {**self._earlier, **{group: fmean(some) for group, some in self._seen.items()}}
        now = dict(self._running_paces(seen))
        known = {**now, **seen}
        alike = {group: cell for group, cell in self._groups.items() if group in known}
        return {group: _guessed(cell, known, alike) for group, cell in self._groups.items()}

    def _running_paces(self, seen: Mapping[Group, float]) -> Iterator[tuple[Group, float]]:
        """Paces of groups of which no cell has ended, but one is at work."""
        for key, running in self._running.items():
            group = _group(self._cells[key])
            own = self._own_pace(running, self._sizes[key])
            if own is not None and group not in seen:
                yield group, own


def _guessed(
    cell: PlannedCell, known: Mapping[Group, float], alike: Mapping[Group, PlannedCell]
) -> float | None:
    """The pace of a cell by those that are known, of which some are of cells of this run."""
    if (own := known.get(_group(cell))) is not None:
        return own
    if same := [pace for (_, label), pace in known.items() if label == cell.label]:
        return fmean(same)
    if not queries_of(cell):
        return 0.0  # next to nothing beside those that spend queries
    others = [
        (other.demand.touches_images, known[group])
        for group, other in alike.items()
        if queries_of(other)
    ]
    asked = [pace for touches, pace in others if touches == cell.demand.touches_images]
    every = asked or [pace for _, pace in others]
    return fmean(every) if every else None


def _group(cell: PlannedCell) -> Group:
    return cell.cell.dataset, cell.label
