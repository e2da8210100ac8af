"""Which cells take about as long as each other, and how far others of their method may differ."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.plan.budget import queries_of
from orchestrator.plan.measurements import evaluations_of, images_measured
from orchestrator.plan.plan import PlannedCell


@dataclass(frozen=True)
class Group:
    """Cells that take about as long as each other.

    Attributes:
        dataset: their dataset.
        label: their method's name in reports.
        asks: whether they spend queries; those that test another cell's prompt spend none.
        images: images that the model encodes for a query, with its share of measurements.
        texts: texts that it encodes likewise.
    """

    dataset: str
    label: str
    asks: bool
    images: float
    texts: float

    def is_method_of(self, other: Group) -> bool:
        """Whether both are of the same method and do the same with it, be it on other data."""
        return (self.label, self.asks) == (other.label, other.asks)

    def beside(self, known: Group) -> tuple[float, float]:
        """How many times as long as a query of `known` one of these takes, at least and at most.

        It isn't known which part of the time goes to images, to texts, or to neither.
        """
        shares = [1.0]
        if self.images and known.images:
            shares.append(self.images / known.images)
        if self.texts and known.texts:
            shares.append(self.texts / known.texts)
        return min(shares), max(shares)


def group_of(cell: PlannedCell) -> Group:
    """The group of a cell."""
    queries, demand = queries_of(cell), cell.demand
    each, batch = max(1, queries), min(cell.cell.batch_size, cell.train_images)
    measured = evaluations_of(cell) / each
    texts = cell.classes * (measured + (1 if queries and demand.soft_text else 0))
    images = 0.0
    if demand.touches_images:
        images = (images_measured(cell) + queries * batch) / each
    elif queries and cell.cell.augmentation != "none" and not cell.cell.views:
        images = batch / max(1, demand.candidates)
    return Group(cell.cell.dataset, cell.label, queries > 0, images, texts)
