"""Methods over all datasets, with which MLflow's page opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from orchestrator.analysis.runs import Run
from orchestrator.store.trace import Trace
from orchestrator.tracking.entries import Entry, TrackedSpec, aggregate_entries
from orchestrator.tracking.overall_entries import OVERALL, overall_entries
from orchestrator.tracking.tracker import Tracker
from tests.orchestrator.analysis.builders import make_run, moved_run, zero_shot_run
from tests.orchestrator.analysis.report.cases import CASES

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


def ends(entry: Entry) -> dict[str, float]:
    """What each metric ends with."""
    return {name: value for name, value, _ in entry.metrics}


def transfer(*targets: str) -> list[Run]:
    """Zero-shot and prompts of a source where they reach much more than on targets."""
    runs = [make_run([(0, 30.0), (20, 90.0)], dataset="imagenet"), zero_shot_run(80, "imagenet")]
    for place, name in enumerate(targets):
        runs += [moved_run(name, 40 + place, 1), zero_shot_run(50, name)]
    return runs


def test_a_source_is_a_tag_and_in_no_mean() -> None:
    first, second = overall_entries(transfer("dots", "letters"), SPEC)
    assert [entry.title for entry in (first, second)] == [
        "zero_shot / mean of 2 targets",
        "zip / 16 shots / mean of 2 targets",
    ]
    assert [ends(entry) for entry in (first, second)] == [
        {"test_accuracy": 50.0},
        {"test_accuracy": 40.5},
    ]
    assert {entry.tags["source"] for entry in (first, second)} == {"imagenet"}
    assert second.tags["datasets"] == "dots, letters"
    assert "source" not in overall_entries(RUNS, SPEC)[0].tags


def test_one_target_has_no_mean_over_targets() -> None:
    assert overall_entries(transfer("dots"), SPEC) == []


def test_a_target_that_lacks_a_seed_leaves_that_seed_out() -> None:
    more = [*transfer("dots", "letters"), moved_run("dots", 99, 2)]
    assert ends(overall_entries(more, SPEC)[1]) == {"test_accuracy": 40.5}, "as in the report"


def test_new_classes_and_harmonic_mean_are_where_the_curve_of_base_classes_ends() -> None:
    runs = [
        make_run([(0, 30.0), (10, base)], dataset=name, new_accuracy=new)
        for name, base, new in (("dots", 80.0, 50.0), ("letters", 60.0, 34.0))
    ]
    (entry,) = overall_entries(runs, SPEC)
    assert entry.metrics == (
        ("test_accuracy", 30.0, 0),
        ("test_accuracy", 70.0, 10),
        ("test_accuracy", 70.0, 20),
        ("new_accuracy", 42.0, 20),
        ("harmonic_mean", 52.5, 20),
    )


@pytest.mark.parametrize("case", ["whole", "incomplete", "accesses", "transfer", "base to new"])
def test_runs_end_with_the_numbers_of_the_report(case: str) -> None:
    comparison = CASES[case]
    standings = comparison.standings[16]
    assert standings is not None
    metric = "harmonic_mean" if case == "base to new" else "test_accuracy"
    entries = overall_entries(comparison.finished, SPEC)
    assert {entry.tags["method"]: ends(entry)[metric] for entry in entries} == {
        one.who.method: pytest.approx(one.value) for one in standings.found
    }


def test_runs_of_an_earlier_release_are_replaced_once(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    client = MlflowClient(tracking_uri=uri)

    def track(entries: Sequence[Entry]) -> dict[str, str]:
        """Ids by title after writing them all, as the verb does."""
        tracker = Tracker(uri, "demo")
        tracker.keep_only(OVERALL, [entry.key for entry in entries])
        for entry in entries:
            tracker.put(entry)
        runs = client.search_runs([tracker.experiment()])
        return {run.info.run_name: run.info.run_id for run in runs}

    runs = transfer("dots", "letters")
    with_source = [replace(r, trace=without_source(r)) for r in runs]  # all alike, as they were
    before = track(overall_entries(with_source, SPEC))
    now = overall_entries(runs, SPEC)
    after = track(now)
    assert set(before) == {"zero_shot / mean of 3 datasets", "zip / 16 shots / mean of 3 datasets"}
    assert set(after) == {entry.title for entry in now}
    assert track(now) == after


def without_source(run: Run) -> Trace:
    cell = {name: value for name, value in run.trace.cell.items() if name != "source"}
    return replace(run.trace, cell=cell)


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
