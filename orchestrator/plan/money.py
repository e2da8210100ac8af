"""What the cells of a plan cost in money, before they run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orchestrator.money import TEST_IMAGES, Prices, Use, calls_for
from orchestrator.oracle.tables import BATCH
from orchestrator.pixels.split import CHUNK
from orchestrator.plan.budget import queries_of
from orchestrator.plan.measurements import measurements_of
from orchestrator.plan.plan import PlannedCell


@dataclass(frozen=True)
class Estimate:
    """Money that cells will cost: at most, unless it is only about so much.

    Attributes:
        training: for the queries of the methods.
        measuring: for the queries of the observer, who measures how far they are.
        about: whether something in it isn't counted but assumed: texts that a method finds only
            when it runs, or the size of a dataset that isn't here.
    """

    training: float = 0.0
    measuring: float = 0.0
    about: bool = False

    def __add__(self, other: Estimate) -> Estimate:
        return Estimate(
            self.training + other.training,
            self.measuring + other.measuring,
            self.about or other.about,
        )

    def times(self, count: int) -> Estimate:
        """So many times as much."""
        return Estimate(count * self.training, count * self.measuring, self.about and count > 0)

    @property
    def total(self) -> float:
        """Training and measuring together."""
        return self.training + self.measuring


@dataclass(frozen=True)
class Costing:
    """Computes what planned cells cost, from the counts that a plan has of them.

    Attributes:
        prices: of the black box, be it in memory or a service.
    """

    prices: Prices

    def left(self, cells: Iterable[PlannedCell]) -> Estimate:
        """What cells still cost; nothing if done, misfit, or the same work as another.

        A cell that has begun counts whole.
        """
        todo = (c for c in cells if c.status != "done" and c.fits and not c.same_as)
        return self.whole(todo)

    def whole(self, cells: Iterable[PlannedCell]) -> Estimate:
        """What cells cost from their beginning."""
        return sum(map(self._of, cells), Estimate())

    def deployment(self, cell: PlannedCell) -> float:
        """Money for the answers to some test images, each asked about by itself."""
        use = _query(cell, 1, cell.tokens)
        return self.prices.of(use.times(TEST_IMAGES * cell.demand.deployed))

    def is_about(self, cell: PlannedCell) -> bool:
        """Whether something is assumed of a cell rather than counted."""
        if not cell.key:
            return True
        return self.prices.reads and not cell.texts_known

    def _of(self, cell: PlannedCell) -> Estimate:
        return Estimate(
            self.prices.of(_training(cell)), self.prices.of(_measuring(cell)), self.is_about(cell)
        )


def _training(cell: PlannedCell) -> Use:
    batch = min(cell.cell.batch_size, cell.train_images)
    return _query(cell, batch, cell.tokens).times(queries_of(cell))


def _measuring(cell: PlannedCell) -> Use:
    """The observer asks about splits, or parts of them, in large batches."""
    batch, total = CHUNK if cell.demand.touches_images else BATCH, Use()
    for one in measurements_of(cell):
        full, rest = divmod(one.images, batch)
        once = _query(cell, batch, one.split.tokens, measuring=True).times(full)
        once += _query(cell, rest, one.split.tokens, measuring=True) if rest else Use()
        total += once.times(one.times)
    return total.times(cell.demand.deployed)


def _query(cell: PlannedCell, images: int, tokens: float | None, *, measuring: bool = False) -> Use:
    """One query; every call of it reads all texts."""
    calls = calls_for(images, _at_once(cell, images, measuring=measuring))
    return Use(calls, images, calls * (tokens or 0.0))


def _at_once(cell: PlannedCell, images: int, *, measuring: bool) -> int | None:
    """Images that the box takes in a call; None for any number.

    A service of our own protocol takes as many as its limits allow. What doesn't fit is halved
    until it does.
    """
    if cell.backbone.remote is None or not images:
        return None
    able = cell.backbone.remote.capabilities
    if able.images_per_call is not None:
        return able.images_per_call
    if measuring and able.stores_images and not cell.demand.touches_images:
        return able.limits.stored_images
    pixel = 4 if cell.demand.touches_images and able.float_pixels else 1
    each = 3 * able.images.size**2 * pixel
    most = min(images, able.limits.images)
    while most > 1 and most * each > able.limits.request_bytes:
        most = -(-most // 2)
    return most
