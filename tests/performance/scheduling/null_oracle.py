"""An oracle that answers nothing: it stores a trace of the usual length for every cell."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import ray

from orchestrator.cell import Cell
from orchestrator.oracle.features import FeatureTable
from orchestrator.search.objective import VALIDATION_ACCURACY
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.trial.messages import CellOutcome, Progress, WorkerSetup
from tests.performance.scheduling.journal import Journal

MEASUREMENTS, STEPS = 21, 500


@dataclass(frozen=True)
class NullSetup:
    """What null oracles are like.

    Attributes:
        store: location of the store.
        journal: folder of the journal; None for none.
        setting_up: seconds until an oracle is ready.
        cell: seconds that a cell takes.
    """

    store: str
    journal: Path | None = None
    setting_up: float = 0.0
    cell: float = 0.0


class NullOracle:
    """Runs cells as a worker does, without a model."""

    def __init__(self, setup: NullSetup) -> None:
        time.sleep(setup.setting_up)
        self._seconds, self._store = setup.cell, Store(open_storage(setup.store))
        self._journal = Journal(setup.journal) if setup.journal else None
        if self._journal is not None:
            self._journal.register("oracle")

    def run(self, cell: Cell, key: str) -> CellOutcome:
        """Runs a cell, unless it has a result."""
        if self._journal is None:
            return self._run(cell, key)
        if self._store.is_finished(key):
            return CellOutcome(key, "finished", cell.budget, found=True)
        self._journal.note("begin", key)
        time.sleep(self._seconds)
        outcome = self._run(cell, key)
        self._journal.note("end", key)
        return outcome

    def _run(self, cell: Cell, key: str) -> CellOutcome:
        step = cell.budget // STEPS
        points = [Point(n * step, n * step, "train_loss", 1.0) for n in range(STEPS)]
        for name in ("test_accuracy", "test_loss"):
            points += [Point(n, n, name, 50.0) for n in range(MEASUREMENTS)]
        points.append(Point(cell.budget, cell.budget, VALIDATION_ACCURACY, 50.0))
        spent = {"queries": cell.budget, "images": cell.budget}
        document = cell.model_dump(mode="json")
        self._store.save(Trace(key, document, "finished", tuple(points), {"method": spent}))
        return CellOutcome(key, "finished", cell.budget)


class NullActor(NullOracle):
    """The oracle as an actor of the pool, and of a search's broker."""

    def progress(self) -> Progress:
        return Progress(1000)

    def encode_test_split(self, dataset: str, digest: str) -> None:
        table = FeatureTable(np.zeros((8, 4), np.float32), np.zeros(8, np.int64))
        self._store.save_features(digest, table.to_bytes())

    def run_cell(self, cell: Cell, key: str, table: FeatureTable, split: str) -> CellOutcome:
        return self.run(cell, key)

    def advance_cell(self, cell: Cell, key: str, split: str) -> CellOutcome:
        return self.run(cell, key)


@dataclass(frozen=True)
class NullActors:
    """Makes null actors, as `OracleActorFactory` makes others."""

    setup: NullSetup
    cpus: float = 1
    gpus: float = 0

    def __call__(self) -> Any:
        remote: Any = ray.remote(NullActor)
        options = {"num_cpus": self.cpus, "num_gpus": self.gpus}
        return remote.options(**options, max_restarts=0, max_concurrency=2).remote(self.setup)


def null_actors(setup: NullSetup) -> Callable[[WorkerSetup, float, float], NullActors]:
    """What a driver takes for `OracleActorFactory`."""
    return lambda _, cpus, gpus: NullActors(setup, cpus, gpus)
