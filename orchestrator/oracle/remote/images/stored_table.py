"""Tables of images that a service stores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orchestrator.oracle.interface import Batch
from orchestrator.oracle.remote.description import Capabilities, ImageForm
from orchestrator.oracle.remote.images.image_sets import ImageSet, StoredImages
from orchestrator.oracle.remote.images.pixels import to_bytes
from orchestrator.oracle.remote.images.recent_tensors import RecentTensors
from orchestrator.oracle.remote.service import ServiceError
from orchestrator.oracle.tables import BATCH, Images
from orchestrator.pixels.split import CHUNK, ImageSplit

_HEADER = 1024
"""Bytes of a message beside its images, at most."""


@dataclass(frozen=True)
class StoredTable:
    """Images of a split in order, as places in sets; see `tables.Table`.

    Attributes:
        places: set and row in it of each of the N images.
        labels: `(N,)` int64.
    """

    places: tuple[tuple[ImageSet, int], ...]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """See `tables.Table`."""
        for start in range(0, len(self), size):
            yield self.rows(np.arange(start, min(start + size, len(self))))

    def rows(self, index: NDArray[np.int64]) -> Batch:
        """See `tables.Table`."""
        chosen = StoredImages(tuple(self.places[row] for row in index.tolist()))
        return Batch(labels=torch.from_numpy(self.labels[index]), stored=chosen)

    def part(self, rows: Sequence[int], labels: Sequence[int]) -> StoredTable:
        """See `tables.Table`."""
        chosen = tuple(self.places[row] for row in rows)
        return StoredTable(chosen, np.array(labels, dtype=np.int64))


@dataclass(frozen=True)
class StoredTables:
    """Makes tables of stored images; see `tables.TableMaker`.

    Nothing is sent: a service says which images it lacks when it is asked about them.

    Attributes:
        capabilities: what the service takes.
        recent: keeps images for a while.
    """

    capabilities: Capabilities
    recent: RecentTensors

    def __call__(self, images: Images, labels: Sequence[int], split: ImageSplit) -> StoredTable:
        """The table of all images, in sets of equal size: a service encodes each set at once."""
        source = f"the {split.name} split of {split.dataset.card.name}"
        form, size = self.capabilities.images, _set_size(self.capabilities)
        places: list[tuple[ImageSet, int]] = []
        for start in range(0, len(labels), size):
            rows = range(start, min(start + size, len(labels)))
            one = ImageSet.of(partial(_made, images, rows, form), source, self.recent)
            places += ((one, row) for row in range(len(rows)))
        return StoredTable(tuple(places), np.array(labels, dtype=np.int64))


def _made(images: Images, rows: Sequence[int], form: ImageForm) -> Tensor:
    return to_bytes(images(rows), form)


def _set_size(capabilities: Capabilities) -> int:
    """Images of a set: as many as tables in memory are encoded of, unless the service takes less.

    Raises:
        ServiceError: it doesn't take a single one.
    """
    limits, side = capabilities.limits, capabilities.images.size
    fit = (limits.request_bytes - _HEADER) // (3 * side * side)
    if not fit:
        raise ServiceError(
            f"the service of {capabilities.model!r} takes messages of {limits.request_bytes:,} "
            f"bytes, in which no image of {side} x {side} pixels fits"
        )
    return min(CHUNK, limits.images, fit)
