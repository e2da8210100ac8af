"""Time that passes only where somebody waits."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator.oracle.remote.http.retries import Clock

START = 1_700_000_000.0
"""The date at which fake time begins, in seconds since 1970."""


@dataclass
class FakeTime:
    """A clock whose seconds pass in `sleep` alone.

    Attributes:
        now: seconds that have passed.
        slept: all waits.
    """

    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Lets seconds pass at once."""
        self.slept.append(seconds)
        self.now += seconds

    def clock(self, chance: float = 0.0) -> Clock:
        """The clock, whose chance is always the same."""
        return Clock(lambda: self.now, self.sleep, lambda: START + self.now, lambda: chance)
