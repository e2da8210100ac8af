"""Training images that a method names, as pixels or as rows of a table; a view never changes."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import augmentation_generator
from methods.interface import Named
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.tables import Table, TableMaker
from orchestrator.pixels.split import ImageSplit

_VIEWS_KEPT = 4
"""Tables of views in memory at once."""


@dataclass
class NamedImages:
    """Gives the images that a method names.

    The table of a view is made of all images at once, whichever are named: so their features are
    equal bit for bit after a resumption, and those who ask about them again and again wait only
    once.

    Attributes:
        split: the training images, with the training transform.
        plain: gives the table of the images as testing would see them.
        make: makes tables of views.
        seed: drives the augmentation of views.
        views: how many different views there are; 0 for no limit, 1 if images aren't augmented.
    """

    split: ImageSplit
    plain: Callable[[], Table]
    make: TableMaker
    seed: int
    views: int = 0
    _tables: OrderedDict[int | None, Table] = field(default_factory=OrderedDict)

    def batch(self, named: Named, *, pixels: bool) -> Batch:
        """Rows of a table, or images `(B, 3, S, S)`, labels and ids of the B named images.

        Args:
            named: which images.
            pixels: whether the prompt changes what the image tower sees, so that it needs images.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            TrialError: the model's features are not finite.
        """
        rows = list(named.examples)
        view = self._view(named.view)
        if not pixels:
            chosen = self._table(view).rows(np.asarray(rows, dtype=np.int64))
            return replace(chosen, examples=torch.tensor(rows))
        images = self._images(view, rows)
        labels = torch.tensor([self.split.items[row].label for row in rows])
        return Batch(labels, images=images, examples=torch.tensor(rows))

    def _view(self, view: int | None) -> int | None:
        """The view that is meant: numbers above the last one begin anew."""
        if view is None or self.split.preprocessing.augmentation == "none":
            return None
        return view % self.views if self.views else view

    def _table(self, view: int | None) -> Table:
        if view not in self._tables:
            self._tables[view] = self.plain() if view is None else self._made(view)
        self._tables.move_to_end(view)
        if len(self._tables) > _VIEWS_KEPT:
            self._tables.popitem(last=False)
        return self._tables[view]

    def _made(self, view: int) -> Table:
        return self.make(partial(self._images, view), self.split.labels, self.split)

    def _images(self, view: int | None, rows: Sequence[int]) -> Tensor:
        """The images in some rows, in one view."""
        if view is None:
            return self.split.some(rows)
        return self.split.some(
            rows, lambda place: augmentation_generator(self.seed, view, rows[place])
        )
