"""Seconds of one actor, by what they go to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class ActorTime:
    """Seconds of one actor, by what they go to.

    Attributes:
        querying: seconds of the model for the methods' queries.
        measuring: seconds of the model for the observer, who measures how far they are.
        reading: seconds of all the actor's cores to decode and transform images; None where that
            isn't known.
        total: all of it, without what isn't known. Less than the sum of the parts where images are
            read while the model computes.
    """

    querying: float = 0.0
    measuring: float = 0.0
    reading: float | None = 0.0
    total: float = 0.0

    def __add__(self, other: ActorTime) -> ActorTime:
        return ActorTime(
            self.querying + other.querying,
            self.measuring + other.measuring,
            None if None in (self.reading, other.reading) else _sum(self.reading, other.reading),
            self.total + other.total,
        )

    def times(self, factor: float) -> ActorTime:
        """So many times as much."""
        reading = None if self.reading is None else factor * self.reading
        return ActorTime(
            factor * self.querying, factor * self.measuring, reading, factor * self.total
        )

    @classmethod
    def of_training(cls, querying: float, reading: float | None, *, together: bool) -> ActorTime:
        """Training on images that are read ahead.

        Args:
            querying: seconds of the model.
            reading: seconds of all cores; None if that isn't known.
            together: whether images are read while the model computes, so that the longer of both
                counts; False where both take the same cores.
        """
        read = reading or 0.0
        total = max(querying, read) if together else querying + read
        return cls(querying, 0.0, reading, total)

    @classmethod
    def of_measuring(cls, measuring: float, reading: float | None) -> ActorTime:
        """Measuring, which waits for its images."""
        return cls(0.0, measuring, reading, measuring + (reading or 0.0))

    @classmethod
    def of_trace(cls, timing: Mapping[str, float]) -> ActorTime | None:
        """What a finished trial took; None if its trace doesn't say.

        Reading is what it waited for training images; what the method itself computes counts as
        querying, and reading test images as measuring.
        """
        total = timing.get("total")
        if total is None:
            return None
        measuring, reading = timing.get("evaluation", 0.0), timing.get("data", 0.0)
        return cls(max(0.0, total - measuring - reading), measuring, reading, total)


def mean_time(times: Iterable[ActorTime]) -> ActorTime:
    """The mean of at least one."""
    listed = list(times)
    return sum(listed, ActorTime()).times(1 / len(listed))


def _sum(*parts: float | None) -> float:
    return sum(part for part in parts if part is not None)
