"""What a method cost: queries, images and seconds."""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.analysis.runs import Run


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
