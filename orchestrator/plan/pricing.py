"""What a plan costs: queries, images, and time of one actor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestrator.plan.actor_time import ActorTime, mean_time
from orchestrator.plan.budget import queries_of
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.images_read import ImagesRead, read_once, read_to_train
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
        time: of one actor; None if unknown.
    """

    queries: int = 0
    images: int = 0
    time: ActorTime | None = field(default_factory=ActorTime)

    def __add__(self, other: Price) -> Price:
        time = None if self.time is None or other.time is None else self.time + other.time
        return Price(self.queries + other.queries, self.images + other.images, time)

    def times(self, count: int) -> Price:
        """So many times as much."""
        time = None if self.time is None else self.time.times(count)
        return Price(count * self.queries, count * self.images, time)

    @property
    def seconds(self) -> float | None:
        """Seconds of one actor; None if unknown."""
        return None if self.time is None else self.time.total


@dataclass(frozen=True)
class Pricing:
    """Computes prices from measurements.

    Attributes:
        costs: seconds of the two towers on this machine, by digest of each model that was measured.
        measured: mean time of finished trials by (dataset, label), from the store.
        cores: CPU cores of one actor, which read images; None for as many as each of `costs` says.
    """

    costs: Mapping[str, TowerCosts]
    measured: Mapping[tuple[str, str], ActorTime]
    cores: int | None = None

    def price(self, cell: PlannedCell) -> Price:
        """The price of a cell; zero if it is done, can't run, or is the same work as another."""
        if cell.status == "done" or not cell.fits or cell.same_as:
            return Price()
        budget = queries_of(cell)
        batch = min(cell.cell.batch_size, cell.train_images)
        return Price(budget, budget * batch, self._time(cell, batch))

    def total(self, cells: Iterable[PlannedCell]) -> Price:
        """The price of several cells together, without what they share."""
        return sum((self.price(cell) for cell in cells), Price())

    def shared(self, plan: Plan) -> Price:
        """What the cells of a plan share: test images are encoded, and all images read, once."""
        encoding = encoding_seconds(plan, self.costs)
        if encoding is None:
            return Price(time=None)
        reading: float | None = 0.0
        for (dataset, digest), read in read_once(_loaded(plan)).items():
            seconds = self._reading(dataset, self.costs[digest], read)
            reading = None if None in (reading, seconds) else (reading or 0.0) + (seconds or 0.0)
        return Price(time=ActorTime.of_measuring(encoding, reading))

    def _time(self, cell: PlannedCell, batch: int) -> ActorTime | None:
        known = self.measured.get((cell.cell.dataset, cell.label))
        costs = self.costs.get(cell.backbone.digest)
        if known is not None or costs is None:
            return known
        dataset = cell.cell.dataset
        measured = images_measured(cell) if cell.demand.touches_images else 0  # else features are
        training = ActorTime.of_training(
            _query_seconds(cell, batch, costs),
            self._reading(dataset, costs, read_to_train(cell)),
            together=costs.reads_beside,
        )
        return training + ActorTime.of_measuring(
            _evaluation_seconds(cell, measured, costs),
            self._reading(dataset, costs, ImagesRead(cached=measured)),
        )

    def _reading(self, dataset: str, costs: TowerCosts, read: ImagesRead) -> float | None:
        """Seconds of all cores of an actor."""
        if read == ImagesRead():
            return 0.0
        images = costs.images_of(dataset)
        return None if images is None else read.seconds(images) / self.cores_of(costs)

    def cores_of(self, costs: TowerCosts) -> int:
        """CPU cores of one actor, which read images."""
        return self.cores or costs.cores


def pricing_from(
    plan: Plan, store: Store, costs: Mapping[str, TowerCosts], cores: int | None = None
) -> Pricing:
    """Prices from the plan's finished cells, and where there are none, from measured towers."""
    times: dict[tuple[str, str], list[ActorTime]] = defaultdict(list)
    for cell in plan.cells:
        if cell.status != "done":
            continue
        try:
            took = ActorTime.of_trace(store.finished(cell.key).timing)
        except UnreadableTrace:
            continue  # the error is raised when the trace itself is needed
        if took is not None:
            times[cell.cell.dataset, cell.label].append(took)
    return Pricing(costs, {group: mean_time(some) for group, some in times.items()}, cores)


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


def _evaluation_seconds(cell: PlannedCell, images: int, costs: TowerCosts) -> float:
    """Time of all evaluations: text features each time, and images if the prompt changes them."""
    sequences = evaluations_of(cell) * cell.classes
    return sequences * costs.per_sequence + images * costs.per_image


def encoding_seconds(plan: Plan, costs: Mapping[str, TowerCosts]) -> float | None:
    """Seconds to encode, once per model, the test splits of datasets with cells to run.

    None if one of these models was not measured. Services encode images by themselves.
    """
    todo = {(c.cell.dataset, c.backbone.digest): c.test_images for c in _loaded(plan)}
    if any(digest not in costs for _, digest in todo):
        return None
    return sum(images * costs[digest].per_image for (_, digest), images in todo.items())


def _loaded(plan: Plan) -> Iterator[PlannedCell]:
    """The cells that are left of models in memory."""
    return (c for c in plan.cells if c.status != "done" and c.fits and c.backbone.remote is None)
