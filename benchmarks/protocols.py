"""Which classes and images train and test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from benchmarks.datasets.interface import Dataset, DatasetError, Item, Split
from benchmarks.datasets.sampling import ShortClasses, few_shot_split
from benchmarks.naming import did_you_mean


class UnknownProtocol(DatasetError):
    """A name that no protocol has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown protocol {name!r}. {did_you_mean(name, PROTOCOLS)}")


@dataclass(frozen=True)
class Task:
    """Images and classes of one trial.

    Attributes:
        dataset: opens the images.
        class_names: names by label.
        train: training images; empty for methods that don't train.
        val: validation images; may be empty.
        test: test images.
        short_classes: names of classes with fewer training images than shots.
        new: classes that were not trained on, with their test images and labels from 0; None where
            all classes are trained on.
    """

    dataset: Dataset
    class_names: tuple[str, ...]
    train: tuple[Item, ...]
    val: tuple[Item, ...]
    test: tuple[Item, ...]
    short_classes: tuple[str, ...] = ()
    new: Task | None = None

    def items(self, split: Split) -> tuple[Item, ...]:
        """The images of one split."""
        return {"train": self.train, "val": self.val, "test": self.test}[split]


@dataclass(frozen=True)
class Protocol:
    """How a dataset becomes a task.

    Attributes:
        name: the name that specs use.
        classes: what becomes of a task with all classes, once its images are drawn.
        transfers: whether prompts are trained on a source dataset alone, and tested on others.
        same_classes: whether the other datasets show classes of the source.
    """

    name: str
    classes: Callable[[Task], Task] = lambda task: task
    transfers: bool = False
    same_classes: bool = False

    def task(self, dataset: Dataset, shots: int, seed: int, short_classes: ShortClasses) -> Task:
        """The task of one trial.

        Args:
            dataset: where images come from.
            shots: labelled images a class; 0 for nothing to train on.
            seed: draws the training images.
            short_classes: what to do with classes that have fewer images than shots.

        Raises:
            DatasetError: the dataset can't be read, or a class has fewer images than shots.
        """
        if shots == 0:
            return self.classes(evaluation_task(dataset))
        return self.classes(few_shot(dataset, shots, seed, short_classes))

    def check_target(self, source: Dataset, target: Dataset) -> None:
        """Refuses a dataset that prompts of `source` can't be tested on under this protocol.

        Names may be spelled differently here and there, so only a majority of strangers counts.

        Raises:
            DatasetError: most of the target's classes are not the source's, and should be.
        """
        if not self.same_classes:
            return
        known, names = set(source.class_names()), target.class_names()
        foreign = [name for name in names if name not in known]
        if 2 * len(foreign) > len(names):
            raise DatasetError(
                f"dataset {target.card.name}: {self.name} tests on classes of its source "
                f"{source.card.name}, which lacks {len(foreign)} of {len(names)}, such as "
                f"{foreign[0]!r}. Use cross_dataset."
            )


def few_shot(dataset: Dataset, shots: int, seed: int, short_classes: ShortClasses) -> Task:
    """Train on a few images of every class, test on the whole test split.

    Raises:
        DatasetError: the dataset can't be read, or a class has fewer images than shots.
    """
    split = few_shot_split(dataset, shots, seed, short_classes)
    names = dataset.class_names()
    return Task(
        dataset=dataset,
        class_names=names,
        train=dataset.usable(split.train),
        val=dataset.usable(split.val),
        test=tuple(dataset.items("test")),
        short_classes=tuple(names[label] for label in split.short),
    )


def evaluation_task(dataset: Dataset) -> Task:
    """A dataset's whole test split, with nothing to train on.

    Raises:
        DatasetError: the dataset can't be read.
    """
    return Task(dataset, dataset.class_names(), (), (), tuple(dataset.items("test")))


def base_to_new(task: Task) -> Task:
    """The base classes of a task, with the others as `new` (CoOp and CoCoOp).

    In order of label, the first ceil(C / 2) classes are base. Images are drawn before, so base
    classes train on the same ones as in `few_shot`.

    Raises:
        DatasetError: there are not two classes to be told apart.
    """
    if len(task.class_names) < 2:
        raise DatasetError(
            f"dataset {task.dataset.card.name}: base_to_new needs at least 2 classes, got "
            f"{len(task.class_names)}"
        )
    base = -(-len(task.class_names) // 2)
    new_test = [Item(i.reference, i.label - base) for i in task.test if i.label >= base]
    return replace(
        task,
        class_names=task.class_names[:base],
        train=_below(base, task.train),
        val=_below(base, task.val),
        test=_below(base, task.test),
        short_classes=tuple(n for n in task.short_classes if n in task.class_names[:base]),
        new=Task(task.dataset, task.class_names[base:], (), (), tuple(new_test)),
    )


def _below(limit: int, items: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(item for item in items if item.label < limit)


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {
        protocol.name: protocol
        for protocol in (
            Protocol("few_shot"),
            Protocol("base_to_new", classes=base_to_new),
            Protocol("cross_dataset", transfers=True),
            Protocol("out_of_distribution", transfers=True, same_classes=True),
        )
    }
)


def protocol_named(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        UnknownProtocol: no protocol has that name.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise UnknownProtocol(name) from None


def split_digest(task: Task, splits: Iterable[Split]) -> str:
    """SHA-256 over the named splits of a task, as 64 hex digits.

    It covers the dataset's name and revision, the class names, the references and labels of each
    split in order, and then the test images of new classes, where there are any.
    """
    digest = hashlib.sha256()
    dataset = task.dataset
    head = [dataset.card.name, dataset.revision(), list(task.class_names)]
    digest.update(json.dumps(head).encode())
    for split in splits:
        rows = [[item.reference, item.label] for item in task.items(split)]
        digest.update(json.dumps([split, rows]).encode())
    if task.new is not None:
        digest.update(split_digest(task.new, ("test",)).encode())
    return digest.hexdigest()
