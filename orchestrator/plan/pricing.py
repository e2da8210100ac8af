"""What a plan costs: queries, images, and time of one actor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestrator.plan.budget import queries_of
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.measured import sets_strings_alone
from orchestrator.plan.measurements import evaluations_of, images_measured
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.store.store import Store, UnreadableTrace


@dataclass(frozen=True)
class Price:
    """The remaining cost of one or more cells.

    Attributes:
        queries: number of queries.
        images: number of images in those queries.
        seconds: seconds of one actor; None if unknown.
    """

    queries: int = 0
    images: int = 0
    seconds: float | None = 0.0

    def __add__(self, other: Price) -> Price:
        both = (self.seconds, other.seconds)
        seconds = None if None in both else sum(s for s in both if s is not None)
        return Price(self.queries + other.queries, self.images + other.images, seconds)


@dataclass(frozen=True)
class Pricing:
    """Computes prices from measurements.

    Attributes:
        costs: seconds of the two towers on this machine, by digest of each model that was measured.
        measured: mean seconds of finished trials by (dataset, label), from the store.
    """

    costs: Mapping[str, TowerCosts]
    measured: Mapping[tuple[str, str], float]

    def price(self, cell: PlannedCell) -> Price:
        """The price of a cell; zero if it is done, can't run, or is the same work as another."""
        if cell.status == "done" or not cell.fits or cell.same_as:
            return Price()
        budget = queries_of(cell)
        batch = min(cell.cell.batch_size, cell.train_images)
        return Price(budget, budget * batch, self._seconds(cell, batch))

    def total(self, cells: Iterable[PlannedCell]) -> Price:
        """The price of several cells together."""
        return sum((self.price(cell) for cell in cells), Price())

    def _seconds(self, cell: PlannedCell, batch: int) -> float | None:
        known = self.measured.get((cell.cell.dataset, cell.label))
        costs = self.costs.get(cell.backbone.digest)
        if known is not None or costs is None:
            return known
        return _query_seconds(cell, batch, costs) + _evaluation_seconds(cell, costs)


def pricing_from(plan: Plan, store: Store, costs: Mapping[str, TowerCosts]) -> Pricing:
    """Prices from the plan's finished cells, and where there are none, from measured towers."""
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    for cell in plan.cells:
        if cell.status != "done":
            continue
        try:
            total = store.finished(cell.key).timing.get("total")
        except UnreadableTrace:
            continue  # the error is raised when the trace itself is needed
        if total is not None:
            seconds[cell.cell.dataset, cell.label].append(total)
    means = {group: sum(values) / len(values) for group, values in seconds.items()}
    return Pricing(costs, means)


def _query_seconds(cell: PlannedCell, batch: int, costs: TowerCosts) -> float:
    """Time of both towers over the budget; plain images are encoded once for all candidates."""
    demand, budget = cell.demand, queries_of(cell)
    if not budget:
        return 0.0
    if demand.touches_images:
        images = budget * batch
    elif cell.cell.augmentation == "none":
        images = cell.train_images
    elif cell.cell.views:
        images = cell.train_images * cell.cell.views
    else:
        images = budget * batch // max(1, demand.candidates)
    sequences = budget * cell.classes if demand.soft_text or sets_strings_alone(cell.cell) else 0
    return images * costs.per_image + sequences * costs.per_sequence


def _evaluation_seconds(cell: PlannedCell, costs: TowerCosts) -> float:
    """Time of all evaluations: text features each time, and images if the prompt changes them."""
    images = images_measured(cell) if cell.demand.touches_images else 0
    return evaluations_of(cell) * cell.classes * costs.per_sequence + images * costs.per_image


def encoding_seconds(plan: Plan, costs: Mapping[str, TowerCosts]) -> float | None:
    """Seconds to encode, once per model, the test splits of datasets with cells to run.

    None if one of these models was not measured. Services encode images by themselves.
    """
    todo = {
        (c.cell.dataset, c.backbone.digest): c.test_images
        for c in plan.cells
        if c.status != "done" and c.fits and c.backbone.remote is None
    }
    if any(digest not in costs for _, digest in todo):
        return None
    return sum(images * costs[digest].per_image for (_, digest), images in todo.items())
