"""Images that a service keeps: sent once, in sets, and named by their digests afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import torch
from torch import Tensor

from orchestrator.errors import UserError
from orchestrator.oracle.remote.images.recent_tensors import RecentTensors
from orchestrator.oracle.remote.protocol.lone_tensors import image_digest
from orchestrator.oracle.remote.request import StoredRows

MEMORY = 256 * 2**20
"""Bytes of images that an actor keeps, in case that a service asks for them."""


@dataclass(frozen=True)
class ImageSet:
    """Images that are sent together.

    Attributes:
        digest: names them; see `lone_tensors.image_digest`.
        make: makes them anew, `(N, 3, S, S)` uint8.
        source: where they come from, for messages.
        recent: keeps them for a while.
    """

    digest: str
    make: Callable[[], Tensor] = field(compare=False)
    source: str = field(compare=False)
    recent: RecentTensors = field(compare=False)

    @classmethod
    def of(cls, make: Callable[[], Tensor], source: str, recent: RecentTensors) -> ImageSet:
        """The set of what `make` makes, which is called for its digest."""
        images = make()
        digest = image_digest(images)
        recent.put(digest, images)
        return cls(digest, make, source, recent)

    def images(self) -> Tensor:
        """Its images `(N, 3, S, S)` uint8.

        Raises:
            UserError: they are others now.
            ImageUnreadable: one is missing or corrupt.
        """
        known = self.recent.get(self.digest)
        if known is None:
            known = self.make()
            if image_digest(known) != self.digest:
                raise UserError(
                    f"the images of {self.source} have changed since this cell began: start the "
                    f"run again."
                )
            self.recent.put(self.digest, known)
        return known


@dataclass(frozen=True)
class StoredImages:
    """Images of sets, in order.

    Attributes:
        places: set and row in it of each image.
    """

    places: tuple[tuple[ImageSet, int], ...]

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, some: slice) -> StoredImages:
        """Some of them."""
        return StoredImages(self.places[some])

    @property
    def rows(self) -> tuple[StoredRows, ...]:
        """What a question names them by: the rows of one set after another."""
        return tuple(StoredRows(of.digest, rows) for of, rows in self._runs())

    @property
    def sets(self) -> dict[str, ImageSet]:
        """Their sets by digest."""
        return {of.digest: of for of, _ in self.places}

    def images(self) -> Tensor:
        """The images themselves, `(B, 3, S, S)` uint8; raises as `ImageSet.images`."""
        return torch.cat([of.images()[list(rows)] for of, rows in self._runs()])

    def _runs(self) -> Iterator[tuple[ImageSet, tuple[int, ...]]]:
        """Rows that stand together in one set."""
        for _, run in groupby(self.places, key=lambda place: place[0].digest):
            places = list(run)
            yield places[0][0], tuple(row for _, row in places)
