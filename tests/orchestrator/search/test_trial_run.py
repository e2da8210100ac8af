"""A trial's run: what it reports, in which order, and what it pays."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from orchestrator.search.assignment import Assignment
from orchestrator.search.objective import Goal
from orchestrator.search.trial_run import TrialRun
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from tests.orchestrator.search.toy import ToyOracle, accuracy, cell_of

POINT = {"clip": 22, "rank": 5}
GOAL = Goal(("accuracy",))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path))


def test_each_measurement_is_reported_once_and_the_last_one_with_the_end(store: Store) -> None:
    oracle = ToyOracle(store)
    reports = list(TrialRun(Assignment(0, (cell_of(POINT),)), GOAL, store, oracle).reports())
    assert [report.queries for report in reports] == list(range(0, 101, 10))
    assert [report.state for report in reports] == ["running"] * 10 + ["finished"]
    assert reports[-1].values == {"accuracy": accuracy(POINT, 100)}
    assert oracle.ended == 1


def test_cells_run_one_after_another_and_objectives_are_means_over_them(store: Store) -> None:
    cells = (cell_of(POINT, 100), cell_of({"clip": 220, "rank": 5}, 101))
    reports = list(TrialRun(Assignment(0, cells), GOAL, store, ToyOracle(store)).reports())
    assert [report.queries for report in reports] == [*range(0, 101, 10), *range(100, 201, 10)]
    whole = (accuracy(POINT, 100) + accuracy({"clip": 220, "rank": 5}, 100)) / 2
    assert reports[-1].values["accuracy"] == pytest.approx(whole)
    assert reports[12].values["accuracy"] == pytest.approx(
        (accuracy(POINT, 100) + accuracy({"clip": 220, "rank": 5}, 10)) / 2
    )


def test_a_finished_cell_is_answered_from_the_store(store: Store) -> None:
    assignment = Assignment(0, (cell_of(POINT),))
    first = list(TrialRun(assignment, GOAL, store, ToyOracle(store)).reports())
    oracle = ToyOracle(store)
    second = list(TrialRun(assignment, GOAL, store, oracle).reports())
    assert oracle.paid == {}
    assert second
    assert all(report.stored for report in second)
    assert [r.values for r in second] == [r.values for r in first]


def test_stopping_a_trial_gives_its_oracle_back(store: Store) -> None:
    oracle = ToyOracle(store)
    reports = TrialRun(Assignment(0, (cell_of(POINT),)), GOAL, store, oracle).reports()
    next(reports)
    assert oracle.ended == 0
    reports.close()
    assert oracle.ended == 1


def test_impossible_settings_fail_without_an_oracle(store: Store) -> None:
    oracle = ToyOracle(store)
    (report,) = TrialRun(Assignment(3, (), "rank is too high"), GOAL, store, oracle).reports()
    assert (report.state, report.error, oracle.paid) == ("failed", "rank is too high", {})


def test_a_stored_result_that_was_made_of_no_numbers_is_no_objective(store: Store) -> None:
    cell = cell_of(POINT)
    points = (Point(0, 0, "val_accuracy", 33.3), Point(0, 0, "val_loss", math.nan))
    store.save(Trace(cell.key, cell.cell.model_dump(mode="json"), "finished", points))
    (report,) = TrialRun(Assignment(0, (cell,)), GOAL, store, ToyOracle(store)).reports()
    assert (report.state, report.values) == ("failed", {})
    assert "scores on the val split were not finite" in report.error
