"""Which classes and images train and test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from benchmarks.datasets.interface import Dataset, DatasetError, Item
from benchmarks.datasets.sampling import ShortClasses, few_shot_split
from benchmarks.naming import did_you_mean

Part = Literal["train", "val", "test"]


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
    """

    dataset: Dataset
    class_names: tuple[str, ...]
    train: tuple[Item, ...]
    val: tuple[Item, ...]
    test: tuple[Item, ...]
    short_classes: tuple[str, ...] = ()

    def part(self, name: Part) -> tuple[Item, ...]:
        """The images of one part."""
        return {"train": self.train, "val": self.val, "test": self.test}[name]


Protocol = Callable[[Dataset, int, int, ShortClasses], Task]
"""From dataset, shots, seed and what to do with short classes to a task."""


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
        train=split.train,
        val=split.val,
        test=tuple(dataset.items("test")),
        short_classes=tuple(names[label] for label in split.short),
    )


def evaluation_task(dataset: Dataset) -> Task:
    """A dataset's whole test split, with nothing to train on.

    Raises:
        DatasetError: the dataset can't be read.
    """
    return Task(dataset, dataset.class_names(), (), (), tuple(dataset.items("test")))


PROTOCOLS: Mapping[str, Protocol] = MappingProxyType({"few_shot": few_shot})


def protocol_named(name: str) -> Protocol:
    """The protocol called `name`.

    Raises:
        UnknownProtocol: no protocol has that name.
    """
    try:
        return PROTOCOLS[name]
    except KeyError:
        raise UnknownProtocol(name) from None


def split_digest(task: Task, parts: Iterable[Part]) -> str:
    """SHA-256 of what the named parts of a task are made of.

    It covers the dataset's name and revision, the class names, and every part's references and
    labels in order.
    """
    digest = hashlib.sha256()
    dataset = task.dataset
    head = [dataset.card.name, dataset.revision(), list(task.class_names)]
    digest.update(json.dumps(head).encode())
    for name in parts:
        rows = [[item.reference, item.label] for item in task.part(name)]
        digest.update(json.dumps([name, rows]).encode())
    return digest.hexdigest()
