"""About how long a run still takes: seconds per query differ a hundredfold between methods."""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from orchestrator.plan.alike import Group, group_of
from orchestrator.plan.budget import queries_of
from orchestrator.plan.measurements import evaluations_of
from orchestrator.plan.plan import PlannedCell

FACTOR = 2.0
"""A time is told as likely only where it can hardly be wrong by more than this factor."""

MOST_AWAITED = 0.5
"""Share of a cell after which its own pace is believed even if nothing was measured meanwhile."""


@dataclass
class _Running:
    """A cell at work.

    Attributes:
        since: when it began.
        fresh: whether it began with its first query, rather than from a checkpoint.
        warms: whether it is the first on its actor, which warms up with it.
        trusted: queries after which its own pace is believed.
        base: when it first told of queries, and how many: before, it loads and is measured.
        queries: how many it told of last.
    """

    since: float
    fresh: bool
    warms: bool
    trusted: float
    base: tuple[float, int] | None = None
    queries: int = 0

    @property
    def learns_from(self) -> tuple[float, int] | None:
        """Since when, and after how many queries, its time is that of any such cell."""
        if self.fresh and (self.base is None or not self.warms):
            return self.since, 0
        return self.base


@dataclass(frozen=True)
class _Guess:
    """Seconds that something takes.

    Attributes:
        least: it hardly takes less.
        likely: it hardly takes twice as long, or half; None where too little is known.
    """

    least: float = 0.0
    likely: float | None = None

    @classmethod
    def known(cls, seconds: float) -> _Guess:
        """It takes about so long."""
        return cls(seconds, seconds)

    def after(self, seconds: float) -> _Guess:
        """What is left of it after so long."""
        likely = None if self.likely is None else max(0.0, self.likely - seconds)
        return _Guess(max(0.0, self.least - seconds), likely)

    def times(self, factor: float) -> _Guess:
        """So many times as long."""
        likely = None if self.likely is None else factor * self.likely
        return _Guess(factor * self.least, likely)


class TimeLeft:
    """Estimates the rest of a run from the pace of its cells, and of earlier ones.

    The pace of a cell that hasn't run is that of cells alike, else of its method on other data,
    where those differ little in what a query encodes. Other methods say nothing of it.

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
        self._waiting = {cell.key: cell for cell in cells}
        self._groups = {cell.key: group_of(cell) for cell in cells}
        self._sizes = {cell.key: max(1, queries_of(cell)) for cell in cells}
        self._earlier, self._clock = dict(paces), clock
        self._seen: dict[Group, list[float]] = {}
        self._running: dict[str, _Running] = {}
        self._begun: set[str] = set()
        self._actors, self._most = 1, 0

    def actors(self, count: int) -> None:
        """So many cells will be at work at a time, also while some actors still start."""
        self._actors = count

    def started(self, cell: PlannedCell) -> None:
        """A cell begins, or goes on from a checkpoint; then its first report says where."""
        fresh = cell.status != "in progress" and cell.key not in self._begun
        self._begun.add(cell.key)
        trusted = self._sizes[cell.key] * min(MOST_AWAITED, 1.2 / max(1, evaluations_of(cell) - 1))
        warms = len(self._running) >= self._most
        self._running[cell.key] = _Running(self._clock(), fresh, warms, trusted)
        self._most = max(self._most, len(self._running))

    def advanced(self, key: str, queries: int) -> None:
        """A running cell has spent so many queries."""
        running = self._running.get(key)
        if running is None:
            return
        if queries < running.queries:  # that was of the cell before, on the same actor
            running.base = None
        if running.base is None and queries:
            running.base = self._clock(), queries
        running.queries = queries

    def left(self, key: str) -> None:
        """A cell was left to another run."""
        self._running.pop(key, None)

    def ended(self, key: str, *, ran: bool) -> None:
        """A cell came to its end; `ran` is whether it ran here from where it stood."""
        running, cell = self._running.pop(key, None), self._waiting.pop(key, None)
        if not ran or running is None or cell is None:
            return
        since, done = running.learns_from or (0.0, math.inf)
        if done < self._sizes[key]:
            pace = (self._clock() - since) / (self._sizes[key] - done)
            self._seen.setdefault(self._groups[key], []).append(pace)

    def lefts(self) -> tuple[float | None, dict[str, float | None]]:
        """Seconds that all still takes, and each running cell.

        None where that could be wrong by more than a factor of 2.
        """
        guesses = self._guesses()
        running = {key: guesses[key].likely for key in self._running if key in guesses}
        likely = {key: guess.likely for key, guess in guesses.items()}
        known = {key: seconds for key, seconds in likely.items() if seconds is not None}
        return (self._together(known) if len(known) == len(likely) else None), running

    def at_least(self) -> float:
        """Seconds that all hardly takes less than: what isn't known takes none."""
        return self._together({key: guess.least for key, guess in self._guesses().items()})

    def _together(self, seconds: Mapping[str, float]) -> float:
        """Seconds of all cells, each begun in turn as an actor gets free."""
        busy = [seconds[key] for key in self._running if key in seconds]
        ends = busy + [0.0] * (max(1, self._actors) - len(busy))
        heapq.heapify(ends)
        for key in self._waiting:
            if key not in self._running:
                heapq.heapreplace(ends, ends[0] + seconds[key])
        return max(ends)

    def _guesses(self) -> dict[str, _Guess]:
        """What each cell that hasn't ended still takes."""
        known = {**self._earlier, **dict(self._running_paces())}
        known |= {group: fmean(some) for group, some in self._seen.items()}
        groups = dict.fromkeys(self._groups[key] for key in self._waiting)
        paces = {group: _guessed(group, known) for group in groups}
        return {key: self._rest(key, paces[self._groups[key]]) for key in self._waiting}

    def _rest(self, key: str, pace: _Guess) -> _Guess:
        """The further a cell is, the more its own pace counts, beside that of cells alike."""
        size, running = self._sizes[key], self._running.get(key)
        if running is None:
            return pace.times(size)
        if not self._groups[key].asks:
            return pace.after(self._clock() - running.since)
        rest, own = max(0, size - running.queries), self._own_pace(running)
        if own is None or pace.likely is None:
            return pace.times(rest)
        share = min(1.0, 2 * running.queries / size)
        return _Guess.known((share * own + (1 - share) * pace.likely) * rest)

    def _running_paces(self) -> Iterator[tuple[Group, float]]:
        """What cells at work will have taken for a query, of those whose pace is believed.

        They were measured meanwhile, which may take as long as the queries.
        """
        for key, running in sorted(self._running.items(), key=lambda item: item[1].queries):
            own, since, size = self._own_pace(running), running.learns_from, self._sizes[key]
            if own is None or since is None or running.base is None:
                continue
            begun, first = running.base
            if running.queries - first >= running.trusted:
                before, done = begun - since[0], since[1]
                yield self._groups[key], (before + own * (size - first)) / (size - done)

    def _own_pace(self, running: _Running) -> float | None:
        """Seconds per query since its first ones, which have to wait for all that comes before."""
        if running.base is None or running.queries <= running.base[1]:
            return None
        begun, first = running.base
        return (self._clock() - begun) / (running.queries - first)


def _guessed(group: Group, known: Mapping[Group, float]) -> _Guess:
    """The pace of a group by those that are known: its own, else the most similar of its method."""
    if (own := known.get(group)) is not None:
        return _Guess.known(own)
    same = [
        (group.beside(other), pace) for other, pace in known.items() if group.is_method_of(other)
    ]
    if same:
        (least, most), pace = min(same, key=lambda found: found[0][1] / found[0][0])
        middle = 1.0 if most <= FACTOR * least else math.sqrt(least * most)
        return _Guess(pace * least / FACTOR, pace * middle if most <= FACTOR**2 * least else None)
    if not group.asks and not group.images:
        return _Guess.known(0.0)  # next to nothing beside those that ask
    return _Guess()
