"""The Ray actor that holds an oracle's model and runs many trials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import ray
from ray.actor import ActorHandle

from orchestrator.cell import Cell
from orchestrator.oracle.features import FeatureTable
from orchestrator.worker import CellOutcome, Worker, WorkerSetup


class OracleActor:
    """A worker in a process of its own; answers about its progress while it runs a cell."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._worker = Worker(setup)

    def ping(self) -> bool:
        """Answers once the model is loaded."""
        return True

    def progress(self) -> int:
        """Queries that the running cell has spent."""
        return self._worker.queries

    def encode_test_split(self, dataset: str, digest: str) -> None:
        """See `Worker.encode_test_split`."""
        self._worker.encode_test_split(dataset, digest)

    def run_cell(self, cell: Cell, key: str, table: FeatureTable) -> CellOutcome:
        """See `Worker.run_cell`; `table` lies in the node's shared memory."""
        return self._worker.run_cell(cell, key, table)


@dataclass(frozen=True)
class ActorResources:
    """What one actor asks of the cluster.

    Attributes:
        cpus: CPU cores; also the threads of its model.
        gpus: GPUs, fractions to share one.
    """

    cpus: float = 1
    gpus: float = 0


def actor_factory(setup: WorkerSetup, resources: ActorResources) -> Callable[[], ActorHandle]:
    """Makes new actors; each loads the model in its constructor.

    The second thread of an actor answers `progress` while the first one runs a cell. A dead actor
    is replaced by the pool, never restarted by Ray, which would lose the pending cell.
    """
    remote = ray.remote(OracleActor)

    def make() -> ActorHandle:
        return remote.options(
            num_cpus=resources.cpus,
            num_gpus=resources.gpus,
            max_restarts=0,
            max_concurrency=2,
        ).remote(setup)

    return make
