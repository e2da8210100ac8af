"""How often a planned cell is measured, and on how many images each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.plan.budget import queries_of
from orchestrator.plan.measured import MeasuredSplit
from orchestrator.plan.plan import PlannedCell


@dataclass(frozen=True)
class Measurements:
    """Measurements of a cell that are alike.

    Attributes:
        split: what is measured.
        images: how many of its images, each time.
        times: how often.
    """

    split: MeasuredSplit
    images: int
    times: int


def measurements_of(cell: PlannedCell) -> Iterator[Measurements]:
    """All measurements of a cell: points on the way, perhaps of parts, and the end, of all images.

    Methods that change images change them from the start, so that the start counts as a point on
    the way.
    """
    before_the_end = evaluations_of(cell) - 1
    for split in cell.measured:
        if before_the_end:
            yield Measurements(split, split.on_the_way, before_the_end)
        yield Measurements(split, split.images, 1)


def images_measured(cell: PlannedCell) -> int:
    """Images of all measurements of a cell together, each counted as often as it is measured."""
    return sum(one.images * one.times for one in measurements_of(cell))


def evaluations_of(cell: PlannedCell) -> int:
    """How often it is measured: at the start, and as often as its queries give reason to."""
    budget, spent, evaluation = cell.cell.queries, queries_of(cell), cell.cell.evaluation
    if not budget:
        return 1
    if evaluation.at:
        return 1 + evaluation.count(spent)
    return 1 - (-evaluation.points * spent // budget)
