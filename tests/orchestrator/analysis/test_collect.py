"""What a report is given: read from the store, each cell in its place."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.analysis.collect import ANALYSED, comparison_of
from orchestrator.cli.report import report_folder, write_plan_report
from orchestrator.money import Use
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from tests.orchestrator.analysis.builders import make_run

SPEC = (
    "methods=[zero_shot, zip]",
    "datasets=[pocket_dots]",
    "report.reference=zip",
    "report.gains=[2, 4]",
    "report.price.per_1000_queries=3",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Of four cells: zero-shot finished, one seed finished, one failed, one not there."""
    store = Store(LocalStorage(tmp_path))
    plan = make_plan(load_spec("demo", SPEC), store, Path("data"))
    zero_shot, first, second, _ = plan.cells
    for planned in (zero_shot, first, second):
        points = (
            Point(0, 0, "test_accuracy", 40.0),
            Point(10, 10, "train_loss", 1.0),
            Point(10, 10, "test_loss", math.nan),
        )
        cell = planned.cell.model_dump(mode="json")
        trace = Trace(planned.key, cell, "finished", points)
        if planned is second:
            trace = replace(trace, status="failed", points=(), error="ValueError: no")
        store.save(trace)
    return store


def test_every_planned_cell_is_somewhere(store: Store) -> None:
    plan = make_plan(load_spec("demo", SPEC), store, Path("data"))
    found = comparison_of(plan, store)
    assert len(found.runs) == 2
    assert len(found.failures) == 1
    assert len(found.missing) == 1
    assert found.missing[0].startswith("pocket_dots / zip / 16 shots / seed")


def test_only_what_is_analysed_and_what_is_no_number_is_kept(store: Store) -> None:
    plan = make_plan(load_spec("demo", SPEC), store, Path("data"))
    for run in comparison_of(plan, store).runs:
        assert set(run.trace.metrics()) == {"test_accuracy", "test_loss"}
        whole = store.finished(run.trace.key)
        assert set(whole.metrics()) == {"test_accuracy", "test_loss", "train_loss"}
        assert run.trace.last("test_accuracy") == whole.last("test_accuracy")
    assert "train_loss" not in ANALYSED


def test_the_spec_says_what_is_asked(store: Store) -> None:
    plan = make_plan(load_spec("demo", SPEC), store, Path("data"))
    whole = comparison_of(plan, store)
    asked, prices = whole.question, whole.prices
    assert (asked.target_gain, asked.gains, asked.reference) == (5, (2, 4), "zip")
    assert prices is not None
    assert prices.of(Use(calls=1000)) == 3


def test_methods_are_compared_where_the_spec_measures_or_where_its_report_says(
    store: Store,
) -> None:
    def steps(*more: str) -> tuple[int, ...]:
        plan = make_plan(load_spec("demo", (*SPEC, *more)), store, Path("data"))
        one = comparison_of(plan, store)
        runs = tuple(make_run([(0, 30), (400, 50)], method="zip") for _ in (1, 2))
        return replace(one, runs=runs).at_queries

    assert steps() == (100, 250, 400)
    assert steps("evaluation.at=[50, 200]") == (50, 200)
    assert steps("evaluation.at=[50, 200]", "report.at=[100]") == (100,)
    assert steps("evaluation.at=[50, 600]") == (50,), "beyond what anything spent there is nothing"


def test_the_report_lies_beside_the_results(store: Store, tmp_path: Path) -> None:
    plan = make_plan(load_spec("demo", SPEC), store, Path("data"))
    assert report_folder(plan, store) == tmp_path / "reports" / "demo"
    report = write_plan_report(plan, store, None)
    text = report.page.read_text(encoding="utf-8")
    assert "ValueError: no" in text
    assert "test_loss is not a number from query 10" in text


def test_a_report_never_shows_the_password_of_a_searchs_study(store: Store) -> None:
    search = "{method: zip, space: {rank: {int: [1, 5]}}, storage: 'postgresql://me:hidden@db/s'}"
    plan = make_plan(load_spec("demo", (*SPEC, f"search={search}")), store, Path("data"))
    shown = comparison_of(plan, store).spec_yaml
    assert "postgresql://me:***@db/s" in shown
    assert "hidden" not in shown


@pytest.mark.parametrize(
    ("measured", "compared"),
    [
        (("evaluation.points=8",), (500, 1000, 2000)),
        (("evaluation.points=20",), (250, 500, 1000, 2000)),
        (("evaluation.points=1",), (100, 250, 500, 1000, 2000)),  # all but the end is the start
        (("evaluation={at: [70, 300]}",), (70, 300)),
    ],
)
def test_methods_are_compared_where_they_are_measured_well(
    measured: tuple[str, ...], compared: tuple[int, ...], store: Store
) -> None:
    plan = make_plan(load_spec("demo", (*SPEC, *measured)), store, Path("data"))
    found = comparison_of(plan, store, lambda *_: None)
    assert (found.measured_at or (100, 250, 500, 1000, 2000)) == compared
