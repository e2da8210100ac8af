"""Methods over all datasets, with which MLflow's page opens."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.runs import Run
from orchestrator.tracking.entries import TrackedSpec, aggregate_entries
from orchestrator.tracking.overall_entries import overall_entries
from tests.orchestrator.analysis.builders import make_run, zero_shot_run

SPEC = TrackedSpec("demo", "name: demo\n", budget=20)


def on(run: Run, dataset: str) -> Run:
    return replace(run, dataset=dataset)


RUNS = [
    make_run([(0, 30.0), (20, 50.0)]),
    make_run([(0, 30.0), (20, 60.0)], seed=2),
    on(make_run([(0, 10.0), (20, 75.0)]), "shapes"),
    zero_shot_run(44.0),
    zero_shot_run(40.0, "shapes"),
]


def test_a_mean_over_datasets_is_of_means_over_seeds() -> None:
    found = {entry.tags["method"]: entry for entry in overall_entries(RUNS, SPEC)}
    assert set(found) == {"zip", "zero_shot"}
    zip_ = found["zip"]
    assert zip_.title == "zip / 16 shots / mean of 2 datasets"
    assert zip_.metrics == (("test_accuracy", 20.0, 0), ("test_accuracy", 65.0, 20))
    line = [("test_accuracy", 42.0, 0), ("test_accuracy", 42.0, 20)]
    assert list(found["zero_shot"].metrics) == line


def test_one_dataset_has_no_mean_over_datasets() -> None:
    assert overall_entries(RUNS[:2], SPEC) == []


def test_a_method_has_one_colour_whatever_it_is_averaged_over() -> None:
    means = [*overall_entries(RUNS, SPEC), *aggregate_entries(RUNS, SPEC)]
    colours = {(entry.tags["method"], entry.tags["mlflow.runColor"]) for entry in means}
    assert len(colours) == 2


def test_a_method_that_ends_early_is_drawn_up_to_the_budget() -> None:
    early = make_run([(0, 30.0), (5, 60.0)])
    (entry,) = aggregate_entries([early], SPEC)
    assert entry.metrics[:3] == (
        ("test_accuracy", 30.0, 0),
        ("test_accuracy", 60.0, 5),
        ("test_accuracy", 60.0, 20),
    )


def test_a_single_seed_has_no_interval() -> None:
    one, two = (aggregate_entries(runs, SPEC)[0] for runs in (RUNS[:1], RUNS[:2]))
    assert "interval_95" not in one.parameters
    assert not [name for name, _, _ in one.metrics if name.startswith("interval")]
    assert two.parameters["interval_95"] == "-8.5 to 118.5"
