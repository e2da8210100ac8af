"""Tables of images that are given to an oracle again and again, and need not be made anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

    from orchestrator.oracle.interface import Batch
    from orchestrator.pixels.split import ImageSplit

BATCH = 4096
"""Rows of a table that are measured at once."""

Images = Callable[[Sequence[int]], "Tensor"]
"""Normalised images `(n, 3, S, S)` of some rows of a table, each time the same."""


class Table(Protocol):
    """Images of a split in order, in whatever form an oracle takes them."""

    @property
    def labels(self) -> NDArray[np.int64]:
        """Class indices `(N,)`."""

    def __len__(self) -> int:
        """Number of rows N."""

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """The whole table in order, `size` rows at a time."""

    def rows(self, index: NDArray[np.int64]) -> Batch:
        """The rows with numbers `index` `(B,)` as one batch of B images."""

    def part(self, rows: Sequence[int], labels: Sequence[int]) -> Self:
        """The rows with numbers `rows` as a new table with new `labels`."""


class TableMaker(Protocol):
    """Makes tables in the form that an oracle takes."""

    def __call__(self, images: Images, labels: Sequence[int], split: ImageSplit) -> Table:
        """The table of N images.

        Args:
            images: gives images by their rows in the table.
            labels: the N labels.
            split: where the images come from.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            TrialError: the model's features are not finite.
        """
