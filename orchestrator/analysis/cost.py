"""What a method cost: queries, images, seconds, and money by the price of the black box."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.analysis.runs import Run


@dataclass(frozen=True)
class Tariff:
    """What the owner of the black box charges.

    Attributes:
        per_1000_queries: money for 1,000 queries.
        per_1000_images: money for 1,000 images in queries.
        currency: its name.
    """

    per_1000_queries: float = 0.0
    per_1000_images: float = 0.0
    currency: str = "USD"

    @property
    def known(self) -> bool:
        """Whether anything has a price."""
        return self.per_1000_queries > 0 or self.per_1000_images > 0

    def of(self, queries: float, images: float) -> float:
        """Money for queries with so many images in all."""
        return (queries * self.per_1000_queries + images * self.per_1000_images) / 1000


@dataclass(frozen=True)
class Cost:
    """What runs cost together.

    Attributes:
        runs: how many.
        queries: queries charged to the method.
        images: images in those queries.
        observed_images: images the observer saw to measure; never charged.
        seconds: wall seconds, measuring included.
    """

    runs: int
    queries: int
    images: int
    observed_images: int
    seconds: float


def cost_of(runs: Iterable[Run]) -> Cost:
    """The sum over runs; what a transferred prompt cost is counted where it was trained."""
    listed = list(runs)
    return Cost(
        runs=len(listed),
        queries=sum(run.queries for run in listed),
        images=sum(run.images for run in listed),
        observed_images=sum(r.trace.ledgers.get("observer", {}).get("images", 0) for r in listed),
        seconds=sum(run.seconds for run in listed),
    )
