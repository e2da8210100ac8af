"""Which classes and images a trial trains and tests on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.interface import Dataset, DatasetError, Item, Split
from benchmarks.datasets.sampling import ShortClasses, few_shot_split
from benchmarks.naming import did_you_mean


class UnknownProtocol(DatasetError):
    """A name that no protocol has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown protocol {name!r}. {did_you_mean(name, PROTOCOLS)}")
        self._name = name

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Exceptions are otherwise made again of their message."""
        return UnknownProtocol, (self._name,)


@dataclass(frozen=True)
class Task:
    """Images and classes of one trial.

    Attributes:
        dataset: opens the images.
        class_names: names by label.
        train: training images; may be empty.
        val: validation images; may be empty.
        test: test images.
        short_classes: names of classes with fewer training images than shots.
        new: the classes that are not trained on, with their test images and labels from 0; None if
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
        classes: turns a task with all classes into the protocol's, after images are drawn.
        transfers: whether prompts are trained on one source dataset, and tested on others.
        same_classes: whether the other datasets must have classes of the source.
        splits_classes: whether prompts are trained on some classes, and tested on the others too.
    """

    name: str
    classes: Callable[[Task], Task] = lambda task: task
    transfers: bool = False
    same_classes: bool = False
    splits_classes: bool = False

    def task(self, dataset: Dataset, shots: int, seed: int, short_classes: ShortClasses) -> Task:
        """The task of one trial.

        Args:
            dataset: has the images.
            shots: labelled images per class; 0 draws no training images.
            seed: draws the training images.
            short_classes: what to do with classes that have fewer images than shots.

        Raises:
            DatasetError: the dataset can't be read, or a class has fewer images than shots.
        """
        if shots == 0:
            return self.classes(evaluation_task(dataset))
        return self.classes(few_shot(dataset, shots, seed, short_classes))

    def check_target(self, source: Dataset, target: Dataset) -> None:
        """Refuses a dataset that the prompts of `source` can't be tested on under this protocol.

        A few unknown names are allowed, because datasets spell names differently.

        Raises:
            DatasetError: the protocol needs classes of the source, and most are not.
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
    """The task that trains on a few images per class and tests on the whole test split.

    Raises:
        DatasetError: the dataset can't be read, or a class has fewer images than shots, or none
            that can be read.
    """
    split = few_shot_split(dataset, shots, seed, short_classes)
    names = dataset.class_names()
    train = tuple(dataset.usable(split.train))
    if short_classes == "refuse" or not train:
        _refuse_unreadable_classes(dataset, split.train, train)
    return Task(
        dataset=dataset,
        class_names=names,
        train=train,
        val=tuple(dataset.usable(split.val)),
        test=tuple(dataset.items("test")),
        short_classes=tuple(names[label] for label in split.short),
    )


def _refuse_unreadable_classes(
    dataset: Dataset, drawn: Iterable[Item], train: Iterable[Item]
) -> None:
    lost = {item.label for item in drawn} - {item.label for item in train}
    if lost:
        names = shown(repr(dataset.class_names()[label]) for label in sorted(lost))
        raise DatasetError(
            f"dataset {dataset.card.name}: none of the training images that were drawn of "
            f"{names} can be read. Mend the images, ask for more shots, or set short_classes: "
            f"take_all to train without such classes."
        )


def evaluation_task(dataset: Dataset) -> Task:
    """The task that tests on the whole test split, and trains on nothing.

    Raises:
        DatasetError: the dataset can't be read.
    """
    return Task(dataset, dataset.class_names(), (), (), tuple(dataset.items("test")))


def base_to_new(task: Task) -> Task:
    """Splits the classes of a task: half to train and test on, the others in `new` (CoCoOp).

    Of C classes, the first ceil(C / 2) by label are base classes. Images were drawn before, so base
    classes train on the same images as in `few_shot`.

    Raises:
        DatasetError: there are fewer than two classes.
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


PROTOCOLS: Mapping[str, Protocol] = {
    protocol.name: protocol
    for protocol in (
        Protocol("few_shot"),
        Protocol("base_to_new", classes=base_to_new, splits_classes=True),
        Protocol("cross_dataset", transfers=True),
        Protocol("out_of_distribution", transfers=True, same_classes=True),
    )
}


def protocol_named(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        UnknownProtocol: no protocol has that name.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise UnknownProtocol(name) from None


class SplitTexts:
    """What digests cover of splits, as text; the last one is kept for the next task that has it.

    Only for a dataset that gives the same fingerprints each time, as a `SteadyView` does.
    """

    def __init__(self) -> None:
        self._last: tuple[Dataset, tuple[Item, ...], bytes] | None = None

    def of_test(self, dataset: Dataset, items: tuple[Item, ...]) -> bytes:
        """The text of a test split, which most tasks of a dataset share."""
        last = self._last
        if last is not None and last[0] is dataset and last[1] is items:
            return last[2]
        text = _text(dataset, "test", items)
        self._last = dataset, items, text
        return text


def split_digest(task: Task, splits: Iterable[Split], texts: SplitTexts | None = None) -> str:
    """SHA-256 over the named splits of a task, as 64 hex digits.

    It covers the dataset's name and revision, the class names, the references, labels and
    fingerprints of each split in order, and then the test images of new classes, where there are
    any. Fingerprints, and whether images are turned upright, are left out where there are none and
    they aren't.

    Args:
        task: the task.
        splits: names of its splits.
        texts: keeps the text of a large split from one call to the next; None for none.
    """
    kept = texts or SplitTexts()
    digest = hashlib.sha256()
    dataset = task.dataset
    head = [dataset.card.name, dataset.revision(), list(task.class_names)]
    digest.update(json.dumps([*head, "upright"] if dataset.upright else head).encode())
    for split in splits:
        items = task.items(split)
        test = split == "test"
        digest.update(kept.of_test(dataset, items) if test else _text(dataset, split, items))
    if task.new is not None:
        digest.update(split_digest(task.new, ("test",)).encode())
    return digest.hexdigest()


def _text(dataset: Dataset, split: Split, items: Sequence[Item]) -> bytes:
    return json.dumps([split, _rows(dataset, items)]).encode()


def _rows(dataset: Dataset, items: Sequence[Item]) -> list[list[str | int]]:
    found = zip(items, dataset.fingerprints(items), strict=True)
    return [
        [item.reference, item.label, *([fingerprint] if fingerprint else [])]
        for item, fingerprint in found
    ]
