"""Runs that take no time: made-up methods on made-up actors, by a made-up clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.time_left import TimeLeft

TICK = 0.5
"""Seconds between two reports, as of a real pool."""


@dataclass(frozen=True)
class Work:
    """What a cell does.

    Attributes:
        cell: the cell.
        loading: seconds before its first measurement.
        training: seconds of all its queries.
        measuring: seconds of each measurement: at the start, and after each of equal parts.
        parts: how many parts.
        queries: how many queries.
    """

    cell: PlannedCell
    loading: float
    training: float
    measuring: float
    parts: int
    queries: int

    @property
    def seconds(self) -> float:
        """All that it takes."""
        return self.loading + self.measuring * (1 + self.parts) + self.training

    def spent(self, seconds: float) -> int:
        """Queries that it has spent after some seconds; while it is measured, none come."""
        gone = max(0.0, seconds - self.loading - self.measuring)
        part = self.training / self.parts
        whole, rest = divmod(gone, part + self.measuring)
        return int(self.queries * min(1.0, (whole + min(1.0, rest / part)) / self.parts))


@dataclass
class Actor:
    """One that starts at a time, and warms up in its first cell."""

    ready: float
    warm_up: float
    work: Work | None = None
    begun: float = 0.0


@dataclass(frozen=True)
class Told:
    """What was told at a time.

    Attributes:
        now: the time.
        likely: about how long it still takes, if that is told.
        least: how long it takes at least.
        moved: whether a cell has begun or ended since it was told last.
        running: seconds that each running cell truly still takes.
        ended: methods of which a cell has ended.
    """

    now: float
    likely: float | None
    least: float
    moved: bool
    running: tuple[float, ...]
    ended: frozenset[str]


@dataclass
class MadeUpRun:
    """Does all work in order, and keeps what is told of it at every tick."""

    works: Sequence[Work]
    actors: Sequence[Actor]
    now: float = 0.0
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._todo, self._ended = list(self.works), set[str]()
        self._left = TimeLeft([work.cell for work in self.works], {}, lambda: self.now)
        self._left.actors(len(self.actors))

    def run(self) -> float:
        """Runs to the end; returns when that is."""
        while True:
            moved = [self._look(actor) for actor in self.actors]
            if not self._todo and not any(actor.work for actor in self.actors):
                return self.now
            likely, _ = self._left.lefts()
            least, rests = self._left.at_least(), tuple(self._rests())
            ended = frozenset(self._ended)
            self.told.append(Told(self.now, likely, least, any(moved), rests, ended))
            self.now += TICK

    def _rests(self) -> Iterator[float]:
        for actor in self.actors:
            if actor.work is not None:
                yield actor.begun + actor.work.seconds - self.now

    def _look(self, actor: Actor) -> bool:
        """What happened on an actor; returns whether a cell began or ended."""
        moved = False
        if actor.work is not None:
            gone = self.now - actor.begun
            if gone < actor.work.seconds:
                self._left.advanced(actor.work.cell.key, actor.work.spent(gone))
            else:
                self._left.ended(actor.work.cell.key, ran=True)
                self._ended.add(actor.work.cell.label)
                actor.work, moved = None, True
        if actor.work is None and self._todo and self.now >= actor.ready:
            actor.work, actor.begun = self._todo.pop(0), self.now + actor.warm_up
            actor.warm_up, moved = 0.0, True
            self._left.started(actor.work.cell)
        return moved
