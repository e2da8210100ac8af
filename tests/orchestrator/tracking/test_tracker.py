"""MLflow is a view: complete, idempotent, and never in the way of results."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from orchestrator.analysis.curves import band_of
from orchestrator.analysis.report.write import write_report
from orchestrator.analysis.runs import Run
from orchestrator.store.trace import Point
from orchestrator.tracking.entries import (
    Entry,
    TrackedSpec,
    aggregate_entries,
    cell_entry,
    summary_entry,
)
from orchestrator.tracking.tracker import Tracker, TrackingError, TrackingThread, only_writer
from tests.conformance.memory_storage import MemoryStorage
from tests.orchestrator.analysis.ablation_builders import FASTFOOD, ONE, ROOT, at, placed
from tests.orchestrator.analysis.builders import make_run, zero_shot_run
from tests.orchestrator.analysis.report.cases import comparison

ZIP = make_run([(0, 30.0), (10, 40.0), (20, 50.0)])
SPEC = TrackedSpec("demo", "name: demo\n", budget=20)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture
def tracker(uri: str, request: pytest.FixtureRequest) -> Iterator[Tracker]:
    yield Tracker(uri, request.node.name)


def runs_of(uri: str, name: str, kind: str = "") -> list[Any]:
    """Runs of an experiment, or those of one kind."""
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(name)
    chosen = f"tags.kind = '{kind}'" if kind else ""
    return list(client.search_runs([experiment.experiment_id], chosen)) if experiment else []


def log(tracker: Tracker, *runs: Run) -> None:
    for run in runs:
        tracker.put(cell_entry(run, SPEC))


def rebuild(tracker: Tracker, runs: Sequence[Run]) -> None:
    log(tracker, *runs)
    for entry in aggregate_entries(runs, SPEC):
        tracker.put(entry)


def history(uri: str, run: Any, metric: str = "test_accuracy") -> list[tuple[int, float]]:
    client = MlflowClient(tracking_uri=uri)
    points = client.get_metric_history(run.info.run_id, metric)
    return sorted((p.step, p.value) for p in points)


def test_metrics_are_stepped_by_queries(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    log(tracker, ZIP)
    (run,) = runs_of(uri, request.node.name)
    assert history(uri, run) == [(0, 30.0), (10, 40.0), (20, 50.0)]
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "dots / zip / 16 shots / seed 1"
    assert run.data.tags["dataset"] == "dots"
    assert run.data.params["method.name"] == "zip"
    assert run.data.params["method.rank"] == "5"
    artifacts = MlflowClient(tracking_uri=uri).list_artifacts(run.info.run_id)
    assert {a.path for a in artifacts} == {"spec.yaml", "cell.json"}


def test_logging_twice_adds_nothing(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    log(tracker, ZIP)
    log(tracker, ZIP)
    again = Tracker(uri, request.node.name)
    log(again, ZIP)
    (run,) = runs_of(uri, request.node.name)
    assert len(history(uri, run)) == 3


def test_a_run_that_was_cut_short_is_written_anew(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    log(tracker, ZIP)
    client = MlflowClient(tracking_uri=uri)
    (run,) = runs_of(uri, request.node.name)
    client.delete_tag(run.info.run_id, "complete")
    log(Tracker(uri, request.node.name), ZIP)
    (rewritten,) = runs_of(uri, request.node.name)
    assert rewritten.info.run_id != run.info.run_id
    assert len(history(uri, rewritten)) == 3


def test_a_failed_cell_that_finishes_later_is_replaced(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    broken = replace(ZIP.trace, status="failed", points=(), error="Traceback\nValueError: no")
    log(tracker, replace(ZIP, trace=broken))
    (run,) = runs_of(uri, request.node.name)
    assert run.info.status == "FAILED"
    log(tracker, ZIP)
    (run,) = runs_of(uri, request.node.name)
    assert run.info.status == "FINISHED"


def test_a_single_measurement_is_drawn_as_a_line_up_to_the_budget(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    log(tracker, zero_shot_run(44.0))
    (run,) = runs_of(uri, request.node.name)
    assert history(uri, run) == [(0, 44.0), (20, 44.0)]


def test_rebuilding_gives_what_logging_one_by_one_gave(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    runs = [ZIP, zero_shot_run(44.0), make_run([(0, 1.0), (20, 2.0)], seed=2)]
    log(tracker, runs[0])
    rebuild(tracker, runs)
    found = runs_of(uri, request.node.name, "cell")
    assert len(found) == 3
    assert {run.info.run_name for run in found} == {run.title for run in runs}


def test_every_group_of_seeds_has_its_mean_and_interval(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    runs = [ZIP, make_run([(0, 40.0), (20, 60.0)], seed=2), zero_shot_run(44.0)]
    rebuild(tracker, runs)
    found = {r.data.tags["group"]: r for r in runs_of(uri, request.node.name, "aggregate")}
    assert set(found) == {"dots / zip / 16 shots", "dots / zero_shot"}
    band = band_of(runs[:2])
    assert band is not None
    run = found["dots / zip / 16 shots"]
    for name, values in (("", band.mean), ("_lower", band.lower), ("_upper", band.upper)):
        points = history(uri, run, f"test_accuracy{name}")
        assert points == list(zip(band.queries, values, strict=True))


def test_rebuilding_again_writes_nothing_new(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    runs = [ZIP, zero_shot_run(44.0)]
    report = write_report(comparison(runs), tmp_path)
    rebuild(tracker, runs)
    tracker.put(summary_entry(report, runs, SPEC))
    ids = {run.info.run_id for run in runs_of(uri, request.node.name)}
    again = Tracker(uri, request.node.name)
    rebuild(again, runs)
    again.put(summary_entry(report, runs, SPEC))
    assert {run.info.run_id for run in runs_of(uri, request.node.name)} == ids
    assert len(ids) == 2 + 2 + 1


def test_an_aggregate_follows_its_seeds(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    rebuild(tracker, [ZIP])
    rebuild(tracker, [ZIP, make_run([(0, 50.0), (20, 70.0)], seed=2)])
    (run,) = runs_of(uri, request.node.name, "aggregate")
    assert run.data.tags["seeds"] == "2"
    assert history(uri, run, "test_accuracy")[-1] == (20, 60.0)


def test_the_summary_holds_the_report(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    runs = [ZIP, zero_shot_run(44.0)]
    tracker.put(summary_entry(write_report(comparison(runs), tmp_path), runs, SPEC))
    (run,) = runs_of(uri, request.node.name, "summary")
    assert run.data.metrics == {}
    client = MlflowClient(tracking_uri=uri)
    names = {a.path for a in client.list_artifacts(run.info.run_id)}
    assert {"report.html", "results.csv", "figures", "tables", "spec.yaml"} <= names
    tables = {a.path for a in client.list_artifacts(run.info.run_id, "tables")}
    assert "tables/accuracy.tex" in tables


def test_many_points_are_written_in_chunks(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    points = tuple(Point(q, q, "test_accuracy", float(q)) for q in range(2500))
    log(tracker, replace(ZIP, trace=replace(ZIP.trace, points=points)))
    (run,) = runs_of(uri, request.node.name)
    assert len(history(uri, run)) == 2500


def test_the_thread_writes_everything_before_it_closes(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    said: list[str] = []
    thread = TrackingThread(tracker, said.append)
    for seed in range(5):
        thread.submit([cell_entry(make_run([(0, 1.0), (20, 2.0)], seed=seed), SPEC)])
    thread.close()
    assert said == []
    assert len(runs_of(uri, request.node.name)) == 5


def test_a_database_that_cannot_be_written_is_a_tracking_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = Tracker(f"sqlite:///{tmp_path}/file/mlflow.db", "demo")
    with pytest.raises(TrackingError, match="Results are safe in the store"):
        log(broken, ZIP)


def test_of_runs_on_one_store_only_one_writes_to_an_mlflow() -> None:
    storage = MemoryStorage()
    with (
        only_writer(storage, "http://one") as first,
        only_writer(storage, "http://one") as second,
        only_writer(storage, "http://two") as other,
    ):
        assert (first, second, other) == (True, False, True)
    with only_writer(storage, "http://one") as later:
        assert later


def test_the_thread_reports_the_first_error_and_goes_on_quietly() -> None:
    class Down:
        calls = 0

        def put(self, entry: Entry) -> None:
            self.calls += 1
            raise TrackingError("down")

    said: list[str] = []
    down: Any = Down()
    thread = TrackingThread(down, said.append)
    for _ in range(3):
        thread.submit([cell_entry(ZIP, SPEC)])
    thread.close()
    assert said == ["down"]
    assert down.calls == 1


def test_an_ablation_is_a_group_by_field_and_value(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    curve = [(0, 30.0), (10, 40.0)]
    base = placed(make_run(curve), ROOT, FASTFOOD, base=True)
    rebuild(tracker, [base, *at(ONE, [41, 42]), zero_shot_run(30)])
    cells = runs_of(uri, request.node.name, "cell")
    tags = {(r.data.tags.get("varied"), r.data.tags.get("value")) for r in cells}
    assert tags == {("clip, projection", "sqrt_dim, fastfood"), ("clip", "1"), (None, None)}
    assert {r.data.tags.get("ablation") for r in cells} == {"zip", None}
    means = runs_of(uri, request.node.name, "aggregate")
    assert {r.data.tags.get("value") for r in means} == {"sqrt_dim, fastfood", "1", None}


def test_a_cell_that_joins_an_ablation_is_written_anew(
    uri: str, tracker: Tracker, request: pytest.FixtureRequest
) -> None:
    log(tracker, ZIP)
    log(tracker, placed(ZIP, ROOT, base=True))
    (run,) = runs_of(uri, request.node.name)
    assert run.data.tags["varied"] == "clip"
