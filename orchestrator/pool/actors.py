"""The Ray actor that holds an oracle's model and runs many trials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ray

from orchestrator.cell import Cell
from orchestrator.oracle.features import FeatureTable
from orchestrator.trial.messages import CellOutcome, Progress, WorkerSetup
from orchestrator.trial.worker import Worker


class OracleActor:
    """A worker in a process of its own; answers about its progress while it runs a cell.

    Args:
        setup: what to load and where to store.

    Raises:
        UserError: the model can't be loaded.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        self._worker = Worker(setup)

    def ping(self) -> bool:
        """Answers once the model is loaded."""
        return True

    def progress(self) -> Progress:
        """See `Worker.progress`."""
        return self._worker.progress()

    def stop(self) -> None:
        """See `Worker.stop`; answered while a cell runs."""
        self._worker.stop()

    def encode_test_split(self, dataset: str, digest: str) -> None:
        """See `Worker.encode_test_split`."""
        self._worker.encode_test_split(dataset, digest)

    def run_cell(self, cell: Cell, key: str, table: FeatureTable) -> CellOutcome:
        """See `Worker.run_cell`; `table` lies in the node's shared memory."""
        return self._worker.run_cell(cell, key, table)

    def advance_cell(self, cell: Cell, key: str) -> CellOutcome:
        """See `Worker.advance_cell`."""
        return self._worker.advance_cell(cell, key)


@dataclass(frozen=True)
class OracleActorFactory:
    """Makes oracle actors, for the pool to supervise.

    The second thread of an actor answers `progress` while the first one runs a cell. A dead actor
    is replaced by the pool, never restarted by Ray, which would lose the pending cell.

    Attributes:
        setup: what each actor loads.
        cpus: CPU cores an actor asks of the cluster.
        gpus: GPUs an actor asks of the cluster, fractions to share one.
    """

    setup: WorkerSetup
    cpus: float = 1
    gpus: float = 0

    def __call__(self) -> Any:
        """A handle to a new actor, which loads its model in the background."""
        remote: Any = ray.remote(OracleActor)
        options = {"num_cpus": self.cpus, "num_gpus": self.gpus}
        return remote.options(**options, max_restarts=0, max_concurrency=2).remote(self.setup)
