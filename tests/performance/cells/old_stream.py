"""Training images as they were made before packs: every step decodes its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from benchmarks.batches import batch_at, batches_per_epoch
from methods.interface import Named
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.tables import Table
from tests.performance.cells.old_images import THREADS, Anew, in_threads


class OldStream:
    """Mini-batches of newly augmented images, with what a trial asks of a `TrainStream`.

    Args:
        images: the training images.
        batch_size: images per mini-batch.
        plain: makes the table of all images as testing sees them.
        table: makes the table of all images in a view.
    """

    def __init__(
        self,
        images: Anew,
        batch_size: int,
        plain: Callable[[], Table],
        table: Callable[[Callable[[int], Tensor]], Table],
    ) -> None:
        self.batch_size = batch_size
        self._images = images
        self._plain = plain
        self._table = table
        self._tables: dict[int | None, Table] = {}
        self._threads = ThreadPoolExecutor(THREADS)
        self._ahead: dict[int, list[Future[Tensor]]] = {}
        self._latest: tuple[int, Batch] | None = None

    @property
    def examples(self) -> int:
        """Number of training images."""
        return len(self._images.items)

    @property
    def batches_per_epoch(self) -> int:
        """Mini-batches in one pass over the training images."""
        return batches_per_epoch(self.examples, self.batch_size)

    def batch(self, step: int, *, pixels: bool) -> Batch:
        """Images `(B, 3, S, S)` of a step, whether or not the prompt changes them."""
        del pixels
        if self._latest is None or self._latest[0] != step:
            ready = self._ahead.pop(step, None) or self._start(step)
            self._ahead = {step + 1: self._start(step + 1)}
            images = torch.stack([image.result() for image in ready])
            self._latest = step, self._batch(self._rows(step), images)
        return self._latest[1]

    def named(self, images: Named, *, pixels: bool) -> Batch:
        """The images that a method names: rows of a table, or images `(B, 3, S, S)`."""
        rows = list(images.examples)
        if pixels:
            return self._batch(rows, in_threads(self._image(images.view), rows))
        if images.view not in self._tables:
            made = self._plain() if images.view is None else self._table(self._image(images.view))
            self._tables[images.view] = made
        table = self._tables[images.view]
        return replace(table.rows(np.array(rows)), examples=torch.tensor(rows))

    def _image(self, view: int | None) -> Callable[[int], Tensor]:
        if view is None:
            return self._images.plain
        return lambda row: self._images.view(view, row, row)

    def _start(self, step: int) -> list[Future[Tensor]]:
        return [
            self._threads.submit(self._images.view, step, place, row)
            for place, row in enumerate(self._rows(step))
        ]

    def _rows(self, step: int) -> list[int]:
        return batch_at(self.examples, self.batch_size, self._images.seed, step)

    def _batch(self, rows: list[int], images: Tensor) -> Batch:
        return Batch(self._images.labels(rows), images=images, examples=torch.tensor(rows))
