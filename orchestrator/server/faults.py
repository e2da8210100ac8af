"""Failures and delays that a service makes on purpose, for tests and demonstrations of clients."""

import random
from typing import Literal

Fault = Literal["error", "error after the charge", "cut after the charge", "too many requests"]
"""500 before anything was done; 500 although it was done and charged; the connection ends in the
middle of the reply; 429 with `Retry-After: 1`."""

FAULTS: tuple[Fault, ...] = (
    "error",
    "error after the charge",
    "cut after the charge",
    "too many requests",
)


class Faults:
    """Draws which requests for scores fail: a share of all, in equal parts by kind.

    Args:
        share: from 0 to 1.
        seed: of the draws; None draws others in each process.
        latency: seconds that are added to each request for scores.
    """

    def __init__(self, share: float = 0.0, seed: int | None = None, latency: float = 0.0) -> None:
        self.share, self.latency = share, latency
        self._drawn = 0
        self._random = random.Random(seed)

    def draw(self) -> Fault | None:
        """How the next request fails; None if it doesn't."""
        if self._random.random() >= self.share:
            return None
        self._drawn += 1
        return FAULTS[(self._drawn - 1) % len(FAULTS)]
