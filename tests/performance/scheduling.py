"""What planning and scheduling cost: `python -m tests.performance.scheduling [CELLS ...]`.

Cells of the pocket go through the real planner, driver, pool, store and Ray; only the actors are
null: they store a trace of the usual length and do nothing else. Prints milliseconds per cell, and
the driver's memory (PSS) after each fifth of the grid, which must stay below 500 MB; nothing is
asserted, since machines differ.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import ray
from rich.console import Console

from orchestrator.cell import Cell
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.apart import apart
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.pool.cluster import connected
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.trial.messages import CellOutcome, Progress, WorkerSetup
from tests.performance.many_cells import plan_of_many_cells

MEASUREMENTS, STEPS = 21, 500


class NullActor:
    """Stores a trace of the usual length for every cell, without an oracle."""

    def __init__(self, setup: WorkerSetup) -> None:
        self._store = Store(open_storage(setup.store))

    def progress(self) -> Progress:
        return Progress(1000)

    def encode_test_split(self, dataset: str, digest: str) -> None:
        table = FeatureTable(np.zeros((8, 4), np.float32), np.zeros(8, np.int64))
        self._store.save_features(digest, table.to_bytes())

    def run_cell(self, cell: Cell, key: str, table: FeatureTable, split: str) -> CellOutcome:
        step = cell.budget // STEPS
        points = [Point(n * step, n * step, "train_loss", 1.0) for n in range(STEPS)]
        for name in ("test_accuracy", "test_loss"):
            points += [Point(n, n, name, 50.0) for n in range(MEASUREMENTS)]
        spent = {"queries": cell.budget, "images": cell.budget}
        document = cell.model_dump(mode="json")
        self._store.save(Trace(key, document, "finished", tuple(points), {"method": spent}))
        return CellOutcome(key, "finished", cell.budget)


def null_actors(setup: WorkerSetup, cpus: float, gpus: float) -> Callable[[], Any]:
    """As `OracleActorFactory`."""
    remote: Any = ray.remote(NullActor)
    options = {"num_cpus": cpus, "num_gpus": gpus, "max_restarts": 0, "max_concurrency": 2}
    return lambda: remote.options(**options).remote(setup)


@dataclass
class Meter:
    """The driver's memory while cells come back.

    Attributes:
        cells: how many there are.
    """

    cells: int

    def __post_init__(self) -> None:
        self.seen = 0
        self.megabytes = [_megabytes()]

    def note(self, _cell: PlannedCell, _trace: Trace) -> None:
        """Called for every cell."""
        self.seen += 1
        if self.seen % (self.cells // 5) == 0:
            self.megabytes.append(_megabytes())


def main(sizes: list[int]) -> None:
    """Measures each size, in one cluster."""
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
    setup = WorkerSetup(
        backbone, "fp32", store.storage.location, str(folder), short_classes="refuse"
    )
    meter = Meter(len(plan.cells))
    todo = plan.to_run()
    display = RunDisplay(todo, Console(file=(folder / "log").open("w")))
    driver = Driver(todo, store, setup, PoolLimits(), display, meter.note, null_actors)
    start, worked = time.perf_counter(), time.process_time()
    failed = driver.run()
    seconds, busy = time.perf_counter() - start, time.process_time() - worked
    if failed or meter.seen != len(plan.cells):
        raise SystemExit(f"{len(failed)} of {meter.seen} cells failed, of {len(plan.cells)}")
    return seconds, busy, meter


def _megabytes() -> float:
    """Memory of this process now: its own pages, and its share of those that others have too."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [1_000, 10_000])
