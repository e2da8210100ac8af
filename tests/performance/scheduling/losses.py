"""What a run under kills has lost, by its journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tests.performance.scheduling.journal import Line


@dataclass(frozen=True)
class Losses:
    """What became of the cells and slots of a run.

    Attributes:
        lost: cells without a result at the end, or when the run was given up.
        begun_again: cells that were begun more than once, as their oracle was killed.
        run_twice: cells that were run to their end more than once.
        before: cells per second before the first kill.
        after: cells per second once the last killed process could have been replaced; None if too
            little was left to run by then.
        slots_before: oracles that worked before the first kill.
        slots_after: oracles that worked at that later time; None as above.
    """

    lost: int
    begun_again: int
    run_twice: int
    before: float
    after: float | None
    slots_before: int
    slots_after: int | None


@dataclass(frozen=True)
class Window:
    """A stretch of time in which all slots should work, in seconds of the monotonic clock."""

    start: float
    end: float

    def ends(self, lines: Sequence[Line]) -> list[Line]:
        """The ends of cells in it."""
        return [x for x in lines if x.what == "end" and self.start <= x.time < self.end]

    def rate(self, lines: Sequence[Line]) -> float:
        """Cells per second."""
        return len(self.ends(lines)) / (self.end - self.start)

    def slots(self, lines: Sequence[Line]) -> int:
        """Oracles that ended cells."""
        return len({line.process for line in self.ends(lines)})


def losses_of(
    lines: Sequence[Line],
    keys: Collection[str],
    finished: Collection[str],
    kills: Sequence[float],
    recovery: float,
) -> Losses:
    """Counts what was lost.

    Args:
        lines: of the journal, in order of time.
        keys: of the cells that were to run.
        finished: keys of the cells with a result.
        kills: times of the kills, at least one.
        recovery: seconds after the last kill within which its process should be replaced.
    """
    begun = Counter(line.key for line in lines if line.what == "begin")
    ended = Counter(line.key for line in lines if line.what == "end")
    first = {}
    for line in lines:
        first.setdefault(line.process, line.time)
    started = [time for time in first.values() if time < kills[0]]
    before = Window(max(started), kills[0])
    # While the last cells run, slots are idle because nothing is left.
    last = max(line.time for line in lines if line.what == "begin")
    after = Window(kills[-1] + recovery, last)
    left = after.end - after.start >= 1.0
    return Losses(
        lost=len(set(keys) - set(finished)),
        begun_again=sum(count > 1 for count in begun.values()),
        run_twice=sum(count > 1 for count in ended.values()),
        before=before.rate(lines),
        after=after.rate(lines) if left else None,
        slots_before=before.slots(lines),
        slots_after=after.slots(lines) if left else None,
    )
