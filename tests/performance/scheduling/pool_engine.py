"""The driver's own pool, as `run` uses it."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from tests.performance.scheduling.engine import RETRIES, Grid
from tests.performance.scheduling.null_oracle import null_actors


def run(grid: Grid) -> None:
    """Runs the cells on the pool."""
    cells = tuple(replace(cell, features="") for cell in grid.cells)
    place, backbone = grid.setup.store, cells[0].backbone
    setup = WorkerSetup(backbone, "fp32", place, str(grid.folder), short_classes="refuse")
    store, limits = Store(open_storage(place)), PoolLimits(actors=grid.slots, crashes=RETRIES)
    with (grid.folder / "log").open("w") as log:
        display = RunDisplay(cells, Console(file=log))
        Driver(cells, store, setup, limits, display, actors=null_actors(grid.setup)).run()
