"""What the driver passes on of what its actors say."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.pool import Outcome, PoolTask
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import CellOutcome, Progress, WorkerSetup
from tests.orchestrator.plan.test_planner import plan_of


class Lines(RunDisplay):
    """Keeps what it was told."""

    def __init__(self) -> None:
        super().__init__((), Console(quiet=True))
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def driver_of(folder: Path, lines: Lines, cells: tuple[PlannedCell, ...] = ()) -> Driver:
    pocket = resolve_backbone(Backbone(model="pocket"))
    setup = WorkerSetup(pocket, "fp32", str(folder), str(folder), "refuse")
    return Driver(cells, Store(LocalStorage(folder)), setup, PoolLimits(), lines)


def test_remarks_of_many_actors_are_told_once_and_notices_each_time(tmp_path: Path) -> None:
    lines = Lines()
    driver = driver_of(tmp_path, lines)
    for cell in ("first", "second"):
        said = Progress(1, notices=("the store is away",), remarks=("the model is slow",))
        driver._progressed(PoolTask(cell, lambda _: None), said)
    assert lines.said == ["the store is away", "the model is slow", "the store is away"]


def test_remarks_are_told_of_a_cell_that_ended_before_it_was_asked(tmp_path: Path) -> None:
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", "methods=[zero_shot]")
    lines = Lines()
    driver = driver_of(tmp_path, lines, plan.cells)
    (cell,) = plan.cells
    driver._queue._given[cell.key] = cell
    task = PoolTask(cell.key, lambda _: None)
    ended = CellOutcome(cell.key, "stopped", 0, remarks=("the model is slow",))
    driver._handle(Outcome(task, ended))
    driver._handle(Outcome(task, ended))
    assert lines.said.count("the model is slow") == 1
