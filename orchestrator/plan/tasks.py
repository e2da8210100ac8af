"""The datasets and splits of a plan, looked through before anything starts."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable
from benchmarks.datasets.registry import open_dataset
from benchmarks.protocols import Task, evaluation_task, protocol_named, split_digest
from orchestrator.errors import UserError
from orchestrator.plan.transfers import Transfers
from orchestrator.spec.spec import Spec


def opened(name: str, data_root: Path | str, spec: Spec) -> Dataset:
    """A dataset of the spec.

    Raises:
        UserError: one of the user's own is not there.
    """
    try:
        dataset = open_dataset(name, data_root, spec.own_datasets)
    except DatasetError as error:
        raise UserError(str(error)) from None
    missing = dataset.missing()
    if missing is not None and any(name == own.name for own in spec.own_datasets):
        raise UserError(f"dataset {name}: {missing}")
    return dataset


class Tasks:
    """Draws the splits of a plan.

    Args:
        spec: the comparison.
        transfers: which datasets are only tested on.
        blind: refuses datasets without validation images.
    """

    def __init__(self, spec: Spec, transfers: Transfers, *, blind: bool) -> None:
        self._spec = spec
        self._transfers = transfers
        self._blind = blind
        self._checked: set[str] = set()
        self._whole: dict[str, str] = {}

    def task(self, dataset: Dataset, shots: int, seed: int) -> Task:
        """The images and classes of cells.

        Raises:
            DatasetError: the split can't be read, or has too few images.
            UserError: images are missing, or nothing could be searched on them.
        """
        protocol = protocol_named(self._spec.protocol)
        if self._transfers.only_tests(dataset):
            shots = 0
        self._transfers.check(dataset)
        task = protocol.task(dataset, shots, seed, self._spec.short_classes)
        if self._blind and not task.val:
            raise UserError(
                f"dataset {dataset.card.name} has no validation images, so nothing can be searched "
                f"on it. Leave it out of the search."
            )
        self._check_files(task)
        return task

    def _check_files(self, task: Task) -> None:
        """Refuses a task with missing images; a test split is looked at once."""
        dataset = task.dataset
        items = [*task.train, *task.val]
        if dataset.card.name not in self._checked:
            self._checked.add(dataset.card.name)
            items += dataset.items("test")
        absent = dataset.absent(items)
        if absent is not None:
            raise UserError(str(ImageUnreadable(dataset.card.name, absent, "no such file")))

    def whole_test(self, dataset: Dataset) -> str:
        """Digest of a dataset's test split, whichever classes of it a protocol shows."""
        name = dataset.card.name
        if name not in self._whole:
            self._whole[name] = split_digest(evaluation_task(dataset), ("test",))
        return self._whole[name]


def short_note(task: Task, shots: int) -> str:
    """Which classes have fewer images than shots, and give all they have."""
    short = task.short_classes
    names = ", ".join(short[:5]) + (", ..." if len(short) > 5 else "")
    return (
        f"{task.dataset.card.name}: {len(short)} classes have fewer than {shots} images and give "
        f"all they have ({names})"
    )
