"""The datasets and splits of a plan, checked before anything runs."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable, Item, Split
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.roll import counted, roll_of
from benchmarks.protocols import SplitTexts, Task, evaluation_task, protocol_named, split_digest
from orchestrator.errors import UserError
from orchestrator.oracle.given_files import given_path
from orchestrator.plan.transfers import Transfers
from orchestrator.spec.spec import Spec


def dataset_of(spec: Spec, name: str, data_root: Path | str) -> Dataset:
    """One of the spec's datasets, opened.

    Raises:
        DatasetError: it is the user's own, and is damaged or can't be looked at.
        UserError: it is the user's own and is missing, or there can be no data at `data_root`.
    """
    try:
        dataset = open_dataset(name, data_root, spec.own_datasets)
    except DatasetError as error:
        raise UserError(str(error)) from None
    paths = [own.path for own in spec.own_datasets if own.name == name]
    missing = dataset.missing() if paths else None
    if missing is not None:
        damaged = any(map(given_path, paths))
        raise (DatasetError if damaged else UserError)(f"dataset {name}: {missing}")
    return dataset


@dataclass(frozen=True)
class DrawnTask:
    """The task of some cells, whose images are hashed once for all of them.

    Attributes:
        task: the task.
        texts: keeps what digests cover of the test split, for the next task.
    """

    task: Task
    texts: SplitTexts
    _digests: dict[tuple[Split, ...], str] = field(default_factory=dict)

    def digest(self, splits: tuple[Split, ...]) -> str:
        """As `split_digest`."""
        if splits not in self._digests:
            self._digests[splits] = split_digest(self.task, splits, self.texts)
        return self._digests[splits]


class Tasks:
    """Draws the splits of a plan, and refuses those that can't be used.

    A blind plan also refuses datasets without validation images.

    Attributes:
        texts: keeps what digests cover of the splits.
    """

    def __init__(self, spec: Spec, transfers: Transfers, *, blind: bool) -> None:
        self._spec = spec
        self._transfers = transfers
        self._blind = blind
        self._checked: set[str] = set()
        self.texts = SplitTexts()
        self._whole: dict[str, tuple[str, int]] = {}

    def task(self, dataset: Dataset, shots: int, seed: int) -> Task:
        """The images and classes of cells; no training images where nothing is trained.

        Args:
            dataset: has the images.
            shots: labelled images per class that prompts are trained with, here or on the source;
                0 for methods that don't train.
            seed: draws the training images.

        Raises:
            DatasetError: the split can't be read, or has too few images.
            UserError: an image is missing, or there are none to train on, to measure on, or for
                a search to validate on.
        """
        if shots:
            self._transfers.check(dataset)
        if self._transfers.only_tests(dataset):
            shots = 0
        protocol = protocol_named(self._spec.protocol)
        task = protocol.task(dataset, shots, seed, self._spec.short_classes)
        if self._blind and not task.val:
            raise UserError(
                f"dataset {dataset.card.name} has no validation images, so nothing can be searched "
                f"on it. Leave it out of the search."
            )
        if not self._blind:
            _check_measurable(task)
        if shots and not task.train:
            raise UserError(
                f"dataset {dataset.card.name}: {protocol.name} trains on {task.class_names[0]!r} "
                f"to {task.class_names[-1]!r}, and none of them has training images. Add some."
            )
        self._check_files(task)
        return task

    def _check_files(self, task: Task) -> None:
        """Refuses a task with missing images; each test split is checked once."""
        dataset = task.dataset
        name, items = dataset.card.name, [*task.train, *task.val]
        if name not in self._checked:
            items += dataset.items("test")
        absent = dataset.absent(items)
        if absent is not None:
            raise UserError(_why_absent(dataset, absent, items))
        self._checked.add(name)

    def whole_test(self, dataset: Dataset) -> tuple[str, int]:
        """Digest and size of a dataset's whole test split, all classes included."""
        name = dataset.card.name
        if name not in self._whole:
            task = evaluation_task(dataset)
            self._whole[name] = split_digest(task, ("test",), self.texts), len(task.test)
        return self._whole[name]


def _why_absent(dataset: Dataset, reference: str, items: Iterable[Item]) -> str:
    """What opening an image says, of which there is no file or there are no bytes."""
    item = next(item for item in items if item.reference == reference)
    try:
        dataset.open(item)
    except ImageUnreadable as error:
        return str(error)
    return str(ImageUnreadable(dataset.card.name, reference, "no such file"))


def _check_measurable(task: Task) -> None:
    """Refuses a task of whose test images none is left: its accuracy would be 0 for no reason.

    Raises:
        UserError: there are no test images, or none of new classes.
    """
    for part in (task, task.new):
        if part is None or part.test:
            continue
        roll, names = roll_of(task.dataset), part.class_names
        of = f"of {shown(names)} " if task.new is not None else ""
        ignored = "".join(f" ({note})" for note in roll.ignored())
        raise UserError(
            f"dataset {roll.dataset}: in {roll.source.text}, there are no readable test images "
            f"{of}to measure accuracy on{ignored}. Add some, or leave the dataset out."
        )


def training_notes(task: Task, shots: int) -> Iterator[str]:
    """Says which classes have fewer images than shots and so give all they have, or have none."""
    name, names = task.dataset.card.name, task.class_names
    trained = {item.label for item in task.train}
    without = [n for label, n in enumerate(names) if label not in trained]
    short = [n for n in task.short_classes if n not in without]
    if short:
        have, give = ("has", "gives") if len(short) == 1 else ("have", "give")
        yield (
            f"{name}: {counted(len(short))} {have} fewer than {shots} images and {give} all "
            f"{'it has' if len(short) == 1 else 'they have'} ({shown(short)})"
        )
    if task.train and without:
        yield (
            f"{name}: trained with 0 images of {counted(len(without))} at {shots} shots: "
            f"{shown(without)}"
        )
