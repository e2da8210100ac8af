"""The path of pixels before packs: every image is decoded and normalised anew each time.

It stands here so that what is kept now can be measured against it, and compared with it. Four
threads decode, whatever the machine has, and normalise what they have decoded; the next step's
images are prepared while one's are in use; each measurement decodes its whole split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import Tensor

from benchmarks.datasets.interface import Item
from benchmarks.protocols import Task, evaluation_task
from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.oracle.clip import ClipOracle
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.tables import Table
from orchestrator.pixels.split import ImageSplit
from orchestrator.trial.black_box import BlackBox, OpenBox
from orchestrator.trial.data import EvaluationSplit, TrialData
from orchestrator.trial.factory import TrialFactory
from orchestrator.trial.loaded_box import LoadedBox
from tests.performance.cells.old_images import Anew, in_chunks, in_threads
from tests.performance.cells.old_stream import OldStream


class OldEvaluation(EvaluationSplit):
    """A split whose images are all decoded again for each measurement of pixels."""

    def batches(self, *, pixels: bool) -> Iterator[Batch]:
        """See `EvaluationSplit`."""
        if not pixels:
            yield from self.table.batches()
            return
        split, start = self.split, 0
        images = Anew(split.dataset, split.items, split.preprocessing, split.preprocessing)
        for chunk in in_chunks(images.plain, len(split.items)):
            rows = range(start, start + len(chunk))
            start += len(chunk)
            yield Batch(images.labels(rows), images=chunk)


class OldFactory(TrialFactory):
    """Builds trials of newly augmented images as they were built before; nothing else differs.

    Tables of training images as testing sees them are shared by all trials, as they were before.
    """

    @cached_property
    def _plain(self) -> dict[tuple[Item, ...], Table]:
        return {}

    def data(self, cell: Cell, task: Task, box: OpenBox, table: FeatureTable | None) -> TrialData:
        """See `TrialFactory`."""
        data = super().data(cell, task, box, table)
        evaluation: dict[str, EvaluationSplit] = {
            name: OldEvaluation(**{field.name: getattr(one, field.name) for field in fields(one)})
            for name, one in data.evaluation.items()
        }
        stream = None if data.train is None else self._stream(cell, task, box)
        return replace(data, train=stream, evaluation=evaluation)  # type: ignore[arg-type]

    def _stream(self, cell: Cell, task: Task, box: OpenBox) -> OldStream:
        if cell.augmentation == "none" or cell.views:
            raise ValueError("the old path is only here for images that every step augments anew")
        full = preprocessing_of(self._setup.backbone, "none")
        kind = method_class(cell.method.name)
        settings = kind.settings_type.model_validate(cell.method.settings)
        shown = replace(full, size=kind.image_size(box.oracle.space, settings))
        trained = replace(shown, augmentation=cell.augmentation)
        images = Anew(task.dataset, task.train, shown, trained, cell.seed)
        named = ImageSplit(task.dataset, task.train, full, "train")

        def table(image: Callable[[int], Tensor]) -> Table:
            return box.tables.make(partial(in_threads, image), named.labels, named)

        def plain() -> Table:
            if task.train not in self._plain:  # tables hold images in full size
                self._plain[task.train] = table(replace(images, shown=full).plain)
            return self._plain[task.train]

        return OldStream(images, cell.batch_size, plain, table)

    def encode_test_split(self, dataset_name: str, digest: str) -> None:
        """See `TrialFactory`."""
        task = evaluation_task(self._open(dataset_name))
        shown = preprocessing_of(self._setup.backbone, "none")
        images = Anew(task.dataset, task.test, shown, shown)
        oracle = encoding_oracle(self.box, task)
        chunks = in_chunks(images.plain, len(task.test))
        features = torch.cat([oracle.encode_images(c).float().cpu() for c in chunks])
        labels = np.array([item.label for item in task.test], dtype=np.int64)
        self._store.save_features(digest, FeatureTable(features.numpy(), labels).to_bytes())


def encoding_oracle(box: BlackBox, task: Task) -> ClipOracle:
    """Answers nothing; it only encodes images."""
    if not isinstance(box, LoadedBox):
        raise TypeError("the old path is only here for models in memory")
    return ClipOracle(box.clip, task.class_names, Ledger(), Ledger())
