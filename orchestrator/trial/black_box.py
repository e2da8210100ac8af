"""The model behind an actor's oracles, in memory or behind HTTP: what a trial needs of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from benchmarks.protocols import Task
from orchestrator.cell import Cell
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.interface import Oracle
from orchestrator.oracle.tables import Table, TableMaker
from orchestrator.pixels.feed import Feed
from orchestrator.pixels.split import ImageSplit


class SplitTables(ABC):
    """Makes tables of images in the form that the oracle of a trial takes."""

    @property
    @abstractmethod
    def make(self) -> TableMaker:
        """Makes the table of any images."""

    @abstractmethod
    def whole(self, digest: str, split: ImageSplit, check: Callable[[], None]) -> Table:
        """The table of a whole split, without augmentation, which trials share.

        Args:
            digest: of the split's images.
            split: the images.
            check: raises if the images have changed meanwhile.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            TrialError: the model's features are not finite.
        """

    @abstractmethod
    def test(self, given: FeatureTable | None, task: Task) -> Table:
        """The table of the whole test split of a task's dataset, of all classes.

        Args:
            given: its features, where they were encoded for all actors.
            task: any task of the dataset.
        """


@dataclass(frozen=True)
class OpenBox:
    """A black box as a trial has it.

    Attributes:
        oracle: answers the trial, with its budget and nothing spent.
        tables: makes tables of images for it.
        beside: makes an oracle of other classes, measured for the same trial and never queried.
    """

    oracle: Oracle
    tables: SplitTables
    beside: Callable[[tuple[str, ...]], Oracle]


class BlackBox(ABC):
    """The model behind the oracles of an actor.

    Attributes:
        device: where the networks compute that methods bring along, as oracles give them images.
        feed: reads images, and gives them where the model computes.
        remarks: what a person should know about the model and where it runs.
    """

    device: torch.device
    feed: Feed
    remarks: tuple[str, ...] = ()

    @abstractmethod
    def open(self, cell: Cell, task: Task, key: str) -> OpenBox:
        """The box for a cell, by its key.

        Raises:
            UserError: the model can't take a class name.
        """

    @abstractmethod
    def provenance(self) -> Mapping[str, Any]:
        """What traces say of the model and where it ran."""

    def encode_test_split(self, task: Task, digest: str, check: Callable[[str], None]) -> None:
        """Stores the features of a task's test images under a digest, if it has any.

        Args:
            task: all classes of a dataset.
            digest: names the features.
            check: raises if that is not the digest that it is given.
        """
        del task, digest, check

    def publishable(self, text: str) -> str:
        """A text as it may be stored for others to read."""
        return text
