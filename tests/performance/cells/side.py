"""Runs the same cell on one path of pixels and on another, each with a store of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

import torch

from methods.interface import State
from orchestrator.cell import Source
from orchestrator.oracle.backbone import RANDOM
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.mae_encoder import MaeEncoder
from orchestrator.pixels.cache.pixel_cache import PixelCache
from orchestrator.plan.plan import PlannedCell
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.trial.factory import TrialFactory
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.trained_prompts import load_prompt
from orchestrator.trial.worker import Worker
from tests.performance.cells.clock import Spent, spent
from tests.performance.features import features_of

_ROOM = 20 * 2**30
"""Bytes that packs may take, which is more than there will be."""


@dataclass(frozen=True)
class Ran:
    """How a cell went on one side.

    Attributes:
        trace: its result.
        trained: the state that its method left; None if it trains nothing.
        spent: seconds of the whole cell.
    """

    trace: Trace
    trained: State | None
    spent: Spent

    def equals(self, other: Ran) -> bool:
        """Whether measurements, ledgers and trained prompts are the same to the last digit."""
        mine, theirs = self.trace, other.trace
        same = mine.points == theirs.points and mine.ledgers == theirs.ledgers
        return same and _same_state(self.trained, other.trained)


def _same_state(mine: State | None, theirs: State | None) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    tensors, others = mine.tensors, theirs.tensors
    same = mine.values == theirs.values and tensors.keys() == others.keys()
    return same and all(torch.equal(tensors[name], others[name]) for name in tensors)


@dataclass
class Side:
    """A worker on one path of pixels.

    Attributes:
        name: what tables call it.
        setup: of the worker.
        kind: what builds its trials.
        encoder: makes BlackVIP's own encoder, when it is first needed.
    """

    name: str
    setup: WorkerSetup
    kind: type[TrialFactory]
    encoder: Callable[[], MaeEncoder]
    worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        with patch("orchestrator.trial.factory.TrialFactory", self.kind):
            self.worker = Worker(self.setup)

    @property
    def store(self) -> Store:
        """Where its results are."""
        return Store(LocalStorage(Path(self.setup.store)))

    @property
    def factory(self) -> TrialFactory:
        """Builds its trials."""
        return self.worker._factory

    def keep_in(self, folder: Path) -> None:
        """Keeps pixels in a folder from now on, which is opened anew."""
        self.factory.box.feed.packs = PixelCache(folder, _ROOM)

    def encode(self, planned: PlannedCell) -> Spent:
        """Encodes the test split of a cell's dataset, once for all cells."""
        with spent() as seconds:
            self.worker.encode_test_split(planned.cell.dataset, planned.features)
        return seconds

    def table(self, planned: PlannedCell) -> FeatureTable:
        """The features of the test split.

        Raises:
            RuntimeError: they aren't encoded yet.
        """
        return features_of(self.store, planned)

    def touch(self, planned: PlannedCell) -> None:
        """Builds a cell's method and has it ask once, so that all that it needs is imported."""
        cell, factory = planned.cell, self.factory
        task = factory.task(cell)
        box = factory.open(cell, task, planned.key)
        data = factory.data(cell, task, box, self.table(planned))
        self._bring_encoder(planned)
        factory.method(cell, task, box.oracle, data).ask()

    def run(self, planned: PlannedCell) -> Ran:
        """Runs a cell to its end.

        Raises:
            RuntimeError: it has failed.
        """
        table = self.table(planned)
        self._bring_encoder(planned)
        with spent() as seconds:
            outcome = self.worker.run_cell(planned.cell, planned.key, table, planned.split)
        if outcome.status != "finished":
            trace = self.store.failed(planned.key)
            raise RuntimeError(f"{planned.label} on the {self.name} path: {trace.error}")
        return Ran(self.store.finished(planned.key), self._trained(planned), seconds)

    def _bring_encoder(self, planned: PlannedCell) -> None:
        if planned.demand.encoder is not None:
            self.factory._encoders.setdefault(RANDOM, self.encoder())

    def _trained(self, planned: PlannedCell) -> State | None:
        if not planned.cell.queries:
            return None
        return load_prompt(self.store, Source(dataset=planned.cell.dataset, key=planned.key))
