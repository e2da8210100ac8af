"""Actors that run cells at the same time: processes of Ray's that share a GPU, or threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import ray

from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.actors import OracleActorFactory
from orchestrator.pool.cluster import connected
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from orchestrator.trial.worker import Worker
from tests.performance.gpu.setting import Setting


class Crew(Protocol):
    """Some actors that hold the same model."""

    def encode(self, cell: PlannedCell) -> None:
        """Encodes the test split of a cell's dataset, with one of them."""

    def run(self, cells: Sequence[PlannedCell], table: FeatureTable) -> None:
        """Runs as many cells as there are actors, one on each, to their ends.

        Raises:
            RuntimeError: a cell has failed.
        """


@contextmanager
def crew_of(setting: Setting, setup: WorkerSetup, actors: int) -> Iterator[Crew]:
    """Actors whose models are loaded; they end with the block."""
    if not setting.actors:
        with ThreadPoolExecutor(actors) as threads:
            yield _Threads(tuple(Worker(setup) for _ in range(actors)), threads)
        return
    gpus = 0 if setting.device.type == "cpu" else 10_000 // actors / 10_000
    with connected("local", cpus=max(setting.cores, actors)):
        factory = OracleActorFactory(setup, cpus=1, gpus=gpus)
        handles = [factory() for _ in range(actors)]
        refusals = [one.__ray_call__.remote(_refusal) for one in handles]
        for refusal in ray.get(refusals, timeout=_STARTING):
            if refusal:
                raise RuntimeError(refusal)
        yield _Processes(handles)


@dataclass(frozen=True)
class _Threads:
    workers: tuple[Worker, ...]
    threads: ThreadPoolExecutor

    def encode(self, cell: PlannedCell) -> None:
        self.workers[0].encode_test_split(cell.cell.dataset, cell.features)

    def run(self, cells: Sequence[PlannedCell], table: FeatureTable) -> None:
        pairs = zip(self.workers, cells, strict=True)
        running = [
            self.threads.submit(one.run_cell, cell.cell, cell.key, table, cell.split)
            for one, cell in pairs
        ]
        _check([one.result() for one in running])


@dataclass(frozen=True)
class _Processes:
    handles: Sequence[Any]

    def encode(self, cell: PlannedCell) -> None:
        ray.get(self.handles[0].encode_test_split.remote(cell.cell.dataset, cell.features))

    def run(self, cells: Sequence[PlannedCell], table: FeatureTable) -> None:
        given = ray.put(table)
        pairs = zip(self.handles, cells, strict=True)
        running = [
            one.run_cell.remote(cell.cell, cell.key, given, cell.split) for one, cell in pairs
        ]
        _check(ray.get(running))


_STARTING = 300.0
"""Seconds in which actors must have loaded their models."""


def _refusal(actor: Any) -> str:
    return str(getattr(actor, "refusal", ""))


def _check(outcomes: Sequence[CellOutcome]) -> None:
    for outcome in outcomes:
        if outcome.status != "finished" or outcome.found:
            raise RuntimeError(outcome.error or f"a cell ended as {outcome.status}")
