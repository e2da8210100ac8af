"""Which pieces of work fit into the minutes that a benchmark may take.

Every piece says what it should take on this machine. They are looked at in order of worth: one that
doesn't fit into what is left is left out, and cheaper ones after it may still fit. What the work
before really took corrects what is expected of the next. The first piece is always done, in the
largest of its sizes that fits, or in the smallest.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Work = TypeVar("Work")


@dataclass(frozen=True)
class Size(Generic[Work]):
    """A piece of work in one of its sizes.

    Attributes:
        work: what to do.
        seconds: what it should take, where nothing else runs.
        note: what is less than was asked for; empty for the whole.
    """

    work: Work
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class LeftOut:
    """A piece of work that did not fit.

    Attributes:
        title: its name.
        seconds: what it would have taken, by what the work before it took.
    """

    title: str
    seconds: float

    def __str__(self) -> str:
        return f"{self.title}: about {_duration(self.seconds)}"


@dataclass
class Allowance:
    """A span of time, and what is left of it.

    Attributes:
        seconds: the whole span, from now on.
        pace: how many seconds work takes for each that is expected of it.
        clock: seconds from any start.
    """

    seconds: float
    pace: float = 1.0
    clock: Callable[[], float] = time.monotonic
    _start: float = field(init=False)
    _expected: float = 0.0
    _taken: float = 0.0

    def __post_init__(self) -> None:
        self._start = self.clock()

    @property
    def left(self) -> float:
        """Seconds that are left; less than none if more was taken."""
        return self.seconds - (self.clock() - self._start)

    def likely(self, seconds: float) -> float:
        """What work takes of which `seconds` are expected, by what was seen so far."""
        return seconds * self.pace

    def fits(self, seconds: float) -> bool:
        """Whether such work likely ends within what is left."""
        return self.likely(seconds) <= self.left

    def took(self, expected: float, taken: float) -> None:
        """Notes what work took in truth; the pace follows all work so far."""
        self._expected += expected
        self._taken += taken
        if self._expected > 0:
            self.pace = self._taken / self._expected


@dataclass(frozen=True)
class Piece(Generic[Work]):
    """A piece of work.

    Attributes:
        title: its name.
        sizes: the whole first, then smaller ones that may stand in for it.
    """

    title: str
    sizes: tuple[Size[Work], ...]


@dataclass
class Fitting(Generic[Work]):
    """Goes through pieces of work, the most valuable first, as long as there is time.

    Attributes:
        pieces: in order of worth; smaller sizes stand in for the first piece alone.
        allowance: the time that there is.
        left_out: what did not fit, as far as it was looked at.
    """

    pieces: Sequence[Piece[Work]]
    allowance: Allowance
    left_out: list[LeftOut] = field(default_factory=list)

    def __iter__(self) -> Iterator[Size[Work]]:
        """What to do next; it is timed until the following is asked for."""
        for number, piece in enumerate(self.pieces):
            size = self._chosen(piece.sizes, must=number == 0)
            if size is None:
                seconds = self.allowance.likely(piece.sizes[0].seconds)
                self.left_out.append(LeftOut(piece.title, seconds))
                continue
            start = self.allowance.clock()
            yield size
            self.allowance.took(size.seconds, self.allowance.clock() - start)

    def _chosen(self, sizes: tuple[Size[Work], ...], *, must: bool) -> Size[Work] | None:
        offered = sizes if must else sizes[:1]
        fitting = (size for size in offered if self.allowance.fits(size.seconds))
        return next(fitting, sizes[-1] if must else None)


def said(left_out: Iterable[LeftOut], minutes: float) -> str:
    """What a person should know of what was left out; empty if nothing was."""
    named = [str(one) for one in left_out]
    if not named:
        return ""
    return f"left out, as {minutes:g} minutes have no room for them: {'; '.join(named)}"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} minutes"
