"""What the driver passes on of what its actors say."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.datasets.interface import ImageUnreadable
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool import queue as cell_queue
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.pool import ActorPool, Outcome, PoolTask
from orchestrator.pool.quota import Standing
from orchestrator.pool.run_gate import RunGate
from orchestrator.pool.slots import ActorSlots, PoolLimits
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


class Waiting(RunGate):
    """A gate at which somebody waits."""

    def standing(self) -> Standing:
        return Standing(3, 12.0)


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


def test_how_many_actors_are_expected_is_told_with_each_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(Lines, "actors", lambda _, count: told.append(count))
    monkeypatch.setattr(ActorSlots, "expected", 3)
    driver = driver_of(tmp_path, Lines())
    driver._pool = ActorPool(lambda: None)
    driver._progressed(PoolTask("first", lambda _: None), Progress(1))
    assert told == [3]


def test_that_requests_wait_for_a_quota_is_shown(tmp_path: Path) -> None:
    out = io.StringIO()
    driver = driver_of(tmp_path, Lines())
    driver.setup = replace(driver.setup, gate=Waiting(None))
    driver.display = RunDisplay((), Console(file=out, width=80), interval=0)
    driver._progressed(PoolTask("first", lambda _: None), Progress(1))
    assert out.getvalue() == "0/0 cells, waits for the service's quota (12 s); running: nothing\n"


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


def test_a_bad_test_image_is_told_at_once_and_fails_every_cell_of_its_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cell_queue.ray, "put", lambda table: table)
    plan, _ = plan_of(tmp_path, "datasets=[pocket_dots]", "methods=[zero_shot, zip]", "seeds=[1]")
    lines = Lines()
    driver = driver_of(tmp_path, lines, plan.cells)
    encoding = driver._queue.next_task()
    assert encoding is not None
    said = str(ImageUnreadable("pocket_dots", "a.png", "it is cut short"))
    traceback = f"Traceback ...\nbenchmarks.datasets.interface.ImageUnreadable: {said}"
    driver._handle(Outcome(encoding, error=traceback))
    first, second = plan.cells
    assert lines.said == [
        f"failed   {first.title}: {said}",
        f"failed   {second.title}: for the same reason",
    ]
    assert "unreadable: skip" in lines.said[0]
    assert driver._failed == [(first, said), (second, said)]
    assert driver._queue.exhausted()
    assert driver.store.failed(second.key).error == traceback
