"""What planning and scheduling of a grid cost on the pool.

Cells of the pocket go through the real planner, driver, pool, store and Ray; only the actors are
null. Prints milliseconds per cell, and the driver's memory (PSS) after each fifth of the grid,
which must stay below 500 MB up to 10,000 cells; nothing is asserted, since machines differ.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from orchestrator.plan.apart import apart
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.pool.cluster import connected
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from tests.performance.scheduling.many_cells import plan_of_many_cells
from tests.performance.scheduling.memory import megabytes
from tests.performance.scheduling.null_oracle import NullSetup, null_actors


@dataclass
class Meter:
    """The driver's memory while cells come back.

    Attributes:
        cells: how many there are.
    """

    cells: int

    def __post_init__(self) -> None:
        self.seen = 0
        self.megabytes = [megabytes()]

    def note(self, _: PlannedCell) -> None:
        """Called for every cell."""
        self.seen += 1
        if self.seen % max(1, self.cells // 5) == 0:
            self.megabytes.append(megabytes())


def measure_grids(sizes: list[int]) -> None:
    """Measures each number of cells, in one cluster."""
    with connected(cpus=2):
        for cells in sizes:
            with tempfile.TemporaryDirectory() as folder:
                _measure(cells, Path(folder))


def _measure(cells: int, folder: Path) -> None:
    store = Store(open_storage(str(folder / "store")))
    start = time.perf_counter()
    plan = apart(plan_of_many_cells, cells, store.storage.location)
    planned = time.perf_counter() - start
    count = len(plan.cells)
    print(f"{count:,} cells: planned in {planned:.1f} s, {1e3 * planned / count:.2f} ms a cell")
    seconds, busy, meter = _run(plan, store, folder)
    growth = ", ".join(f"{m:.0f}" for m in meter.megabytes)
    print(
        f"  scheduled in {seconds:.1f} s, {1e3 * seconds / count:.2f} ms a cell, of which the "
        f"driver worked {1e3 * busy / count:.2f} ms"
    )
    print(f"  driver's memory (PSS) before and after each fifth: {growth} MB")
    start = time.perf_counter()
    again = apart(plan_of_many_cells, cells, store.storage.location)
    replanned = time.perf_counter() - start
    print(f"  planned again over {again.counts()['done']:,} results in {replanned:.1f} s")


def _run(plan: Plan, store: Store, folder: Path) -> tuple[float, float, Meter]:
    (backbone,) = {cell.backbone.digest: cell.backbone for cell in plan.cells}.values()
    location = store.storage.location
    setup = WorkerSetup(backbone, "fp32", location, str(folder), short_classes="refuse")
    meter = Meter(len(plan.cells))
    todo = plan.to_run()
    display = RunDisplay(todo, Console(file=(folder / "log").open("w")))
    actors = null_actors(NullSetup(location))
    driver = Driver(todo, store, setup, PoolLimits(), display, meter.note, actors)
    start, worked = time.perf_counter(), time.process_time()
    failed = driver.run()
    seconds, busy = time.perf_counter() - start, time.process_time() - worked
    if failed or meter.seen != len(plan.cells):
        raise SystemExit(f"{len(failed)} of {meter.seen} cells failed, of {len(plan.cells)}")
    return seconds, busy, meter
