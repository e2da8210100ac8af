"""How many images the cells of a plan read, by what it takes to read one.

Decoded training images and squared test images are kept once per machine (`orchestrator.pixels`),
so cells that read the same images share the first time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, partial

from benchmarks.preprocessing import Preprocessing
from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.plan.budget import queries_of
from orchestrator.plan.image_costs import ImageCosts
from orchestrator.plan.plan import PlannedCell


@dataclass(frozen=True)
class ImagesRead:
    """Numbers of images.

    Attributes:
        decoded: files that are decoded.
        augmented: decoded images that are cropped and flipped anew for training.
        squared: decoded images that are made square, as for testing.
        cached: squared images that are taken from where they are kept.
    """

    decoded: int = 0
    augmented: int = 0
    squared: int = 0
    cached: int = 0

    def __add__(self, other: ImagesRead) -> ImagesRead:
        return ImagesRead(
            self.decoded + other.decoded,
            self.augmented + other.augmented,
            self.squared + other.squared,
            self.cached + other.cached,
        )

    def seconds(self, costs: ImageCosts) -> float:
        """Seconds of one core."""
        return (
            self.decoded * costs.decode
            + self.augmented * costs.augment
            + self.squared * costs.square
            + self.cached * costs.cached
        )


def read_to_train(cell: PlannedCell) -> ImagesRead:
    """Images that a cell's steps read, beyond those that are read once for several cells."""
    queries = queries_of(cell)
    if not queries:
        return ImagesRead()
    steps_images = queries * _batch(cell) // max(1, cell.demand.candidates)
    touches = cell.demand.touches_images
    if cell.cell.augmentation == "none":
        return ImagesRead(cached=steps_images if touches else 0)
    if cell.cell.views and not touches:
        return ImagesRead(augmented=cell.train_images * cell.cell.views)
    return ImagesRead(augmented=steps_images)


def read_once(cells: Iterable[PlannedCell]) -> dict[tuple[str, str], ImagesRead]:
    """Images that are read the first time, by dataset and digest of the model.

    What several cells share counts once, for the first of them.

    Args:
        cells: those that will run, on models in memory.
    """
    found: dict[tuple[object, ...], tuple[tuple[str, str], ImagesRead]] = {}
    plain = cache(partial(preprocessing_of, augmentation="none"))
    for cell in cells:
        name, model = cell.cell.dataset, cell.backbone.digest
        shown = replace(plain(cell.backbone), size=cell.demand.image_size)
        for what, read in _first_times(cell, shown).items():
            found.setdefault((name, *what), ((name, model), read))
    total: dict[tuple[str, str], ImagesRead] = {}
    for place, read in found.values():
        total[place] = total.get(place, ImagesRead()) + read
    return total


def _first_times(cell: PlannedCell, shown: Preprocessing) -> dict[tuple[object, ...], ImagesRead]:
    """Images of a dataset that a cell reads unless others have, by what they are read for.

    Args:
        cell: the cell.
        shown: how images are made square for its method.
    """
    model, touches = cell.backbone.digest, cell.demand.touches_images
    split = (cell.cell.shots, cell.cell.seed)
    found: dict[tuple[object, ...], ImagesRead] = {}
    if queries_of(cell):
        if cell.cell.augmentation != "none":
            found["train", *split] = ImagesRead(decoded=cell.train_images)
        elif touches:
            found["square train", *split, shown] = _squared(cell.train_images)
        else:
            found["train features", *split, model] = _squared(cell.train_images)
    if not cell.cell.blind:
        found["test features", model] = _squared(cell.test_images)
        if touches:
            found["square test", shown] = _squared(cell.test_images)
    return found


def _squared(images: int) -> ImagesRead:
    return ImagesRead(decoded=images, squared=images)


def _batch(cell: PlannedCell) -> int:
    return min(cell.cell.batch_size, cell.train_images)
