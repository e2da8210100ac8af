"""Blind cells are measured on validation images alone, and can be paused at every measurement."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.datasets.interface import Item, Split
from benchmarks.pocket.datasets import PocketDots
from orchestrator.errors import UserError
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from orchestrator.trial.worker import Worker

OVERRIDES = (
    "methods=[zip]",
    "datasets=[pocket_dots]",
    "seeds=[1]",
    "budget=60",
    "evaluation.points=3",
)


class Blind:
    """A worker, and the one blind cell of a small spec."""

    def __init__(self, folder: Path, *overrides: str) -> None:
        self.folder = folder
        self.store = Store(LocalStorage(folder))
        spec = load_spec("demo", (*OVERRIDES, *overrides))
        self.plan = make_plan(spec, self.store, folder, blind=True)
        self.worker = self.new_worker()

    @property
    def cell(self) -> PlannedCell:
        (cell,) = self.plan.cells
        return cell

    def new_worker(self) -> Worker:
        return Worker(
            WorkerSetup(self.plan.backbone, "fp32", str(self.folder), str(self.folder), "refuse")
        )

    def advance(self) -> CellOutcome:
        return self.worker.advance_cell(self.cell.cell, self.cell.key)

    def run(self) -> list[CellOutcome]:
        outcomes = [self.advance()]
        while outcomes[-1].status == "paused":
            outcomes.append(self.advance())
        return outcomes


@pytest.fixture
def test_split_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = PocketDots.items

    def without_test(self: PocketDots, split: Split) -> Sequence[Item]:
        assert split != "test", "the test split was read"
        return whole(self, split)

    monkeypatch.setattr(PocketDots, "items", without_test)


@pytest.mark.usefixtures("test_split_refused")
def test_a_blind_cell_never_reads_the_test_split(tmp_path: Path) -> None:
    blind = Blind(tmp_path)
    assert blind.run()[-1].status == "finished"
    trace = blind.store.finished(blind.cell.key)
    assert trace.series("val_accuracy")[0] == (0, 20, 40, 60)
    assert not [metric for metric in trace.metrics() if "test" in metric]


def test_blind_and_seeing_cells_have_different_keys(tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    seeing = make_plan(load_spec("demo", OVERRIDES), store, tmp_path).cells[0]
    assert seeing.key != Blind(tmp_path).cell.key
    assert "blind" not in seeing.cell.model_dump(mode="json")


def test_a_blind_cell_waits_at_every_measurement(tmp_path: Path) -> None:
    blind = Blind(tmp_path)
    outcomes = blind.run()
    assert [outcome.queries for outcome in outcomes] == [0, 20, 40, 60, 60]
    assert [outcome.status for outcome in outcomes] == [*["paused"] * 4, "finished"]


def test_pauses_and_other_workers_change_nothing(tmp_path: Path) -> None:
    whole, halved = Blind(tmp_path / "whole"), Blind(tmp_path / "halved")
    whole.run()
    halved.advance()
    waiting = halved.advance()
    halved.worker = halved.new_worker()
    # What the checkpoint has measured is reported before another query is spent.
    assert halved.advance().points == waiting.points
    assert halved.run()[-1].status == "finished"
    key = whole.cell.key
    assert halved.store.finished(key).points == whole.store.finished(key).points


def test_a_dataset_without_validation_images_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = PocketDots.items
    monkeypatch.setattr(
        PocketDots, "items", lambda self, split: () if split == "val" else whole(self, split)
    )
    with pytest.raises(UserError, match="pocket_dots has no validation images"):
        Blind(tmp_path)
