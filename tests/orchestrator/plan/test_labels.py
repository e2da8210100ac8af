"""Labels with equal settings: run once, and shown under each."""

from __future__ import annotations

from pathlib import Path

from orchestrator.analysis.collect import ANALYSED, comparison_of, finished_runs, stored_runs
from orchestrator.cli.plan_view import show_plan, show_status
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.damaged import set_aside_damaged
from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.plan.pricing import pricing_from
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.tracking.entries import aggregate_entries, cell_entry
from orchestrator.tracking.session import tracked
from tests.orchestrator.cli.verbs import shown

TWINS = "methods=[zero_shot, {name: zip, label: a}, {name: zip, label: b}]"


def planned(folder: Path, *overrides: str) -> tuple[Plan, Store]:
    store = Store(LocalStorage(folder))
    fixed = ("datasets=[pocket_dots]", "seeds=[1, 2]", "budget=100", TWINS)
    return make_plan(load_spec("demo", (*fixed, *overrides)), store, folder), store


def finish(plan: Plan, store: Store) -> None:
    for cell in plan.to_run():
        points = (Point(0, 0, "test_accuracy", 30.0), Point(100, 9, "test_accuracy", 60.0))
        document = cell.cell.model_dump(mode="json")
        store.save(Trace(cell.key, document, "finished", points, {"method": {"queries": 100}}))


def test_they_are_planned_counted_and_priced_once(tmp_path: Path) -> None:
    plan, store = planned(tmp_path)
    assert [(c.label, c.same_as, c.cell.seed) for c in plan.cells] == [
        ("zero_shot", "", 0),
        ("a", "", 1),
        ("b", "a", 1),
        ("a", "", 2),
        ("b", "a", 2),
    ]
    assert plan.counts() == {"new": 3}
    assert len(plan.to_run()) == len({cell.key for cell in plan.to_run()}) == 3
    costs = {plan.backbone.digest: TowerCosts("test", per_image=0.1, per_sequence=0.1)}
    pricing = pricing_from(plan, store, costs)
    assert pricing.total(plan.cells).queries == 200
    text = shown(lambda: show_plan(plan, pricing))
    assert "demo: 3 cells" in text
    assert "same as a" in text
    assert "3 new " in text


def test_a_result_is_that_of_each_label(tmp_path: Path) -> None:
    plan, store = planned(tmp_path)
    finish(plan, store)
    plan, store = planned(tmp_path)
    runs = finished_runs(plan, store)
    assert sorted({run.method for run in runs}) == ["a", "b", "zero_shot"]
    comparison = comparison_of(plan, store)
    shown_rows = {row.group.method: row.accuracy.mean for row in comparison.rows}
    assert shown_rows["a"] == shown_rows["b"] == 60.0
    assert comparison.missing == ()
    assert "3 done" in shown(lambda: show_status(plan, store))


def test_a_failure_is_told_once_and_named_for_the_other(tmp_path: Path) -> None:
    plan, store = planned(tmp_path, "seeds=[1]")
    (cell,) = [cell for cell in plan.to_run() if cell.label == "a"]
    store.save(Trace(cell.key, {}, "failed", (), error="ValueError: no"))
    plan, store = planned(tmp_path, "seeds=[1]")
    text = shown(lambda: show_status(plan, store))
    assert "pocket_dots / a / 16 shots / seed 1: ValueError: no" in text
    assert "pocket_dots / b / 16 shots / seed 1: same as a" in text
    assert "1 failed" in text
    said: list[str] = []
    set_aside_damaged(plan, store, said.append)
    assert said == []


def test_mlflow_has_an_entry_of_each_cell_and_group(tmp_path: Path) -> None:
    plan, store = planned(tmp_path)
    finish(plan, store)
    plan, store = planned(tmp_path)
    runs, spec = finished_runs(plan, store), tracked(plan)
    assert list(stored_runs(plan, store)) == runs
    entries = [cell_entry(run, spec) for run in runs]
    assert len({entry.key for entry in entries}) == len(entries) == 5
    first = {entry.key for entry in entries if entry.tags["method"] == "a"}
    assert first <= {cell.key for cell in plan.cells}, "what was tracked before stays as it was"
    groups = {entry.tags["method"] for entry in aggregate_entries(runs, spec)}
    assert groups == {"zero_shot", "a", "b"}
    light = finished_runs(plan, store, ANALYSED)
    assert aggregate_entries(light, spec) == aggregate_entries(runs, spec)


def test_a_failure_that_went_away_while_it_was_read_is_passed_over(tmp_path: Path) -> None:
    plan, store = planned(tmp_path)
    finish(plan, store)
    a, b, *_ = plan.to_run()
    for cell in (a, b):
        store.storage.delete(f"results/{cell.key}.parquet")
        store.save(Trace(cell.key, {}, "failed", (), error="ValueError: no"))
    runs = (run for run in stored_runs(plan, store) if run.trace.status == "failed")
    first = next(runs)
    (gone,) = {a.key, b.key} - {first.trace.key}
    store.storage.delete(f"failures/{gone}.parquet")
    assert gone not in {run.trace.key for run in runs}


def test_a_cell_is_known_under_all_its_labels(tmp_path: Path) -> None:
    plan, _ = planned(tmp_path)
    for cell in plan.cells:
        assert plan.known_as(cell.key) == tuple(c for c in plan.cells if c.key == cell.key)
    assert max(len(plan.known_as(cell.key)) for cell in plan.cells) == 2
    assert plan.known_as("of nobody") == ()


def test_points_of_an_ablation_join_their_base(tmp_path: Path) -> None:
    ablation = "ablation={base: {name: zip, label: c}, vary: {rank: [5, 3]}}"
    plan, _ = planned(tmp_path, ablation, "seeds=[1]")
    found = {cell.label: (cell.same_as, len(cell.ablation_points)) for cell in plan.cells}
    assert found == {
        "zero_shot": ("", 0),
        "a": ("", 0),
        "b": ("a", 0),
        "c": ("a", 2),  # as the base, and as the point that has its value
        "c[rank=3]": ("", 1),
    }


def test_what_neither_can_run_is_skipped_under_both(tmp_path: Path) -> None:
    plan, store = planned(tmp_path, "shots=[33]")
    assert plan.counts() == {"new": 1, "skipped": 2}
    text = shown(lambda: show_plan(plan, pricing_from(plan, store, {})))
    assert "skipped a, b on pocket_dots: 33 shots asked for" in text
