"""The command line with actors that hold no model and store made-up traces.

`python -m tests.orchestrator.cli.trace_only ARGUMENTS` is for tests of what happens to processes.
Leases, checkpoints, prompts and traces are real. Each value depends on the one before it, so that a
trace is right only if every step was made once, or again from a checkpoint. While there is a file
`hold` in the store, cells whose keys it lists (all, if it is empty) wait after their first step.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray

from orchestrator.cell import Cell
from orchestrator.cli import driving
from orchestrator.cli.main import main
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import Plan
from orchestrator.pool.driver import Driver
from orchestrator.pool.pool import ActorPool
from orchestrator.store.leases import Leases
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.trial.messages import CellOutcome, Progress, WorkerSetup
from tests.orchestrator.cli.runs import Measured

STEPS = 20


class TraceOnlyActor:
    """Answers as an oracle actor does."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._store = Store(open_storage(setup.store))
        self._leases = Leases.of_process(open_storage(setup.store), setup.run)
        self._folder = Path(setup.store)
        self._queries = 0
        self._stopped = False
        mark = self._folder / "actors" / str(os.getpid())
        mark.parent.mkdir(exist_ok=True)
        mark.touch()

    def progress(self) -> Progress:
        return Progress(self._queries)

    def stop(self) -> None:
        self._stopped = True

    def encode_test_split(self, dataset: str, digest: str) -> None:
        table = FeatureTable(np.zeros((8, 4), np.float32), np.zeros(8, np.int64))
        self._store.save_features(digest, table.to_bytes())

    def run_cell(self, cell: Cell, key: str, table: FeatureTable, split: str) -> CellOutcome:
        with self._leases.held(key) as lease:
            if lease is None:
                return CellOutcome(key, "elsewhere", 0)
            if self._store.is_finished(key):
                return CellOutcome(key, "finished", 0, found=True)
            return self._run(cell, key)

    def _run(self, cell: Cell, key: str) -> CellOutcome:
        kept = self._store.checkpoint(key, 0)
        values: list[int] = [] if kept is None else json.loads(kept)
        while len(values) < STEPS:
            values.append(_next(values[-1] if values else _first(key), len(values)))
            self._store.save_checkpoint(key, 0, json.dumps(values).encode())
            self._queries = cell.queries * len(values) // STEPS
            while self._held(key) and not self._stopped:
                time.sleep(0.02)
            if self._stopped:
                return CellOutcome(key, "stopped", self._queries)
        if cell.queries:
            self._store.save_prompt(key, b"made up")
        points, ledgers = _measured(cell, values)
        self._store.save(Trace(key, cell.model_dump(mode="json"), "finished", points, ledgers))
        return CellOutcome(key, "finished", cell.queries)

    def _held(self, key: str) -> bool:
        try:
            keys = (self._folder / "hold").read_text()
        except FileNotFoundError:
            return False
        return not keys or key in keys


def actors(setup: WorkerSetup, cpus: float, gpus: float) -> Callable[[], Any]:
    """As `OracleActorFactory`."""
    remote: Any = ray.remote(TraceOnlyActor)
    options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": 0, "max_concurrency": 2}
    return lambda: remote.options(**options).remote(setup)


def undisturbed(plan: Plan) -> dict[str, Measured]:
    """What each cell of a plan must have measured, whatever happened to its actors."""
    return {
        cell.key: _measured(
            cell.cell, list(accumulate(range(STEPS), _next, initial=_first(cell.key)))[1:]
        )
        for cell in plan.cells
    }


def actors_of(store: Path) -> list[int]:
    """Process ids of the living actors that have worked on a store."""
    pids = [int(mark.name) for mark in (store / "actors").iterdir()]
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def _first(key: str) -> int:
    return int(key[:6], 16)


def _next(value: int, step: int) -> int:
    return (31 * value + step) % 101


def _measured(cell: Cell, values: list[int]) -> Measured:
    queries = [cell.queries * (step + 1) // STEPS for step in range(len(values))]
    points = zip(queries, values, strict=True)
    measured = tuple(Point(q, q, "test_accuracy", min(value, 100.0)) for q, value in points)
    return measured, {"method": {"queries": cell.queries, "images": cell.queries}}


@contextmanager
def trace_only() -> Iterator[None]:
    """While the block lasts, runs in this process make such actors; an interrupt waits for them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ActorPool.stop, "__defaults__", (3600.0,))
        patch.setattr(driving, "Driver", partial(Driver, actors=actors))
        yield


if __name__ == "__main__":
    with trace_only():
        main(sys.argv[1:])
