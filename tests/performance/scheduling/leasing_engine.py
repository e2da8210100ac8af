"""Ray Tune's light trials, which lease an oracle each from the broker of a search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ray
from ray import tune

from orchestrator.pool.slots import PoolLimits
from orchestrator.search.assignment import Assignment, KeyedCell
from orchestrator.search.broker import OracleBroker
from orchestrator.search.objective import Goal
from orchestrator.search.trainable import ASSIGNMENT, BorrowingTrial
from tests.performance.scheduling.engine import RETRIES, Grid
from tests.performance.scheduling.journal import Journal
from tests.performance.scheduling.null_oracle import NullActors
from tests.performance.scheduling.tuner import fit


class LeasingTrial(BorrowingTrial):
    """A trial of a search, which can be found by a killer."""

    def setup(self, config: dict[str, Any], journal: Path | None = None, **given: Any) -> None:
        super().setup(config, **given)
        if journal is not None:
            Journal(journal).register("trial")


def run(grid: Grid) -> None:
    """Runs each cell as a trial."""
    with _broker(grid) as broker:
        trainable = tune.with_parameters(
            LeasingTrial,
            journal=grid.setup.journal,
            broker=broker,
            goal=Goal(("accuracy",)),
            store=grid.setup.store,
            patience=60.0,
        )
        assigned = [
            Assignment(number, (KeyedCell(cell.cell, cell.key, cell.split),))
            for number, cell in enumerate(grid.cells)
        ]
        space = {ASSIGNMENT: tune.grid_search(assigned)}
        fit(tune.with_resources(trainable, {"cpu": 0, "memory": 1}), space, grid)


@contextmanager
def _broker(grid: Grid) -> Iterator[Any]:
    remote: Any = ray.remote(OracleBroker)
    limits = PoolLimits(actors=grid.slots, crashes=RETRIES)
    broker = remote.options(num_cpus=0).remote(NullActors(grid.setup), limits)
    try:
        yield broker
    finally:
        ray.kill(broker)
