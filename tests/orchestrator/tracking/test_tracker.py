"""MLflow is a view: complete, idempotent, and never in the way of results."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from orchestrator.analysis.curves import band_of
from orchestrator.analysis.report.write import Report, write_report
from orchestrator.analysis.runs import Run
from orchestrator.errors import UserError
from orchestrator.money import Prices
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
from tests.orchestrator.analysis.builders import (
    deployed,
    in_parts,
    make_run,
    needing,
    seeing,
    zero_shot_run,
)
from tests.orchestrator.analysis.report.cases import comparison

ZIP = make_run([(0, 30.0), (10, 40.0), (20, 50.0)])
PAIR = (ZIP, zero_shot_run(44.0))
SPEC = TrackedSpec("demo", "name: demo\n", budget=20)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of `PAIR`."""
    return write_report(comparison(list(PAIR)), tmp_path_factory.mktemp("report"))


def test_a_price_gives_costs_and_no_price_leaves_entries_as_they_were() -> None:
    run, free = deployed(ZIP, 2), cell_entry(ZIP, SPEC)
    priced = replace(SPEC, prices=Prices(per_call=0.5, currency="EUR"))
    entry = cell_entry(run, priced)
    costs = [metric for metric in entry.metrics if metric[0].startswith("cost_")]
    assert costs == [
        ("cost_training", 10.0, 20),
        ("cost_measuring", 0, 20),
        ("cost_deployment", 1000.0, 20),
    ]
    assert entry.parameters["currency"] == "EUR"
    assert entry.fingerprint != cell_entry(run, SPEC).fingerprint
    assert not [metric for metric in free.metrics if metric[0].startswith("cost_")]
    assert "currency" not in free.parameters
    dearer = replace(SPEC, prices=Prices(per_call=0.6))
    assert cell_entry(run, dearer).fingerprint != entry.fingerprint


def test_an_aggregate_has_the_mean_cost_of_its_seeds() -> None:
    priced = replace(SPEC, prices=Prices(per_call=0.5))
    longer = make_run([(0, 30.0), (30, 40.0)], seed=2)
    (entry,) = aggregate_entries([ZIP, longer], priced)
    assert ("cost_training", 12.5, 30) in entry.metrics
    # how it is deployed isn't known
    assert not [metric for metric in entry.metrics if metric[0] == "cost_deployment"]


def test_points_on_a_part_have_its_size_and_aggregates_their_error() -> None:
    run = in_parts(ZIP, 100, 100, 400)
    metrics = cell_entry(run, SPEC).metrics
    sizes = [(value, step) for name, value, step in metrics if name == "test_images"]
    assert sizes == [(100, 0), (100, 10), (400, 20)]
    (entry,) = aggregate_entries([run], SPEC)
    errors = {
        step: value for name, value, step in entry.metrics if name == "interval_95/sampling_error"
    }
    assert errors[0] == pytest.approx(3.97, abs=0.01)
    assert errors[20] == 0
    (whole,) = aggregate_entries([ZIP], SPEC)
    assert not [metric for metric in whole.metrics if metric[0] == "interval_95/sampling_error"]


class View:
    """An experiment of a test's own, and its one writer.

    Args:
        uri: where it lies.
        name: the experiment's.
    """

    def __init__(self, uri: str, name: str) -> None:
        self.uri, self.name, self.client = uri, name, MlflowClient(tracking_uri=uri)
        self.tracker = Tracker(uri, name)

    def log(self, *runs: Run) -> None:
        for run in runs:
            self.tracker.put(cell_entry(run, SPEC))

    def rebuild(self, *runs: Run) -> None:
        self.log(*runs)
        self.tracker.forget_former_labels({cell_entry(run, SPEC).key for run in runs})
        for entry in aggregate_entries(runs, SPEC):
            self.tracker.put(entry)

    def runs(self, kind: str = "") -> list[Any]:
        """Runs of the experiment, or those of one kind."""
        experiment = self.client.get_experiment_by_name(self.name)
        chosen = f"tags.kind = '{kind}'" if kind else ""
        return list(self.client.search_runs([experiment.experiment_id], chosen))

    def history(self, run: Any, metric: str = "test_accuracy") -> list[tuple[int, float]]:
        points = self.client.get_metric_history(run.info.run_id, metric)
        return sorted((p.step, p.value) for p in points)


@pytest.fixture
def view(uri: str, request: pytest.FixtureRequest) -> View:
    return View(uri, request.node.name)


def test_metrics_are_stepped_by_queries(view: View) -> None:
    view.log(ZIP)
    (run,) = view.runs()
    assert view.history(run) == [(0, 30.0), (10, 40.0), (20, 50.0)]
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "zip / dots / 16 shots / seed 1"
    assert run.data.tags["dataset"] == "dots"
    assert run.data.params["method.name"] == "zip"
    assert run.data.params["method.rank"] == "5"
    artifacts = view.client.list_artifacts(run.info.run_id)
    assert {a.path for a in artifacts} == {"spec.yaml", "cell.json"}


def test_logging_twice_adds_nothing(view: View) -> None:
    view.log(ZIP)
    view.log(ZIP)
    again = View(view.uri, view.name)
    again.log(ZIP)
    (run,) = view.runs()
    assert len(view.history(run)) == 3


def test_a_run_that_was_cut_short_is_written_anew(view: View) -> None:
    view.log(ZIP)
    (run,) = view.runs()
    view.client.delete_tag(run.info.run_id, "complete")
    View(view.uri, view.name).log(ZIP)
    (rewritten,) = view.runs()
    assert rewritten.info.run_id != run.info.run_id
    assert len(view.history(rewritten)) == 3


def test_a_failed_cell_that_finishes_later_is_replaced(view: View) -> None:
    broken = replace(ZIP.trace, status="failed", points=(), error="Traceback\nValueError: no")
    view.log(replace(ZIP, trace=broken))
    (run,) = view.runs()
    assert run.info.status == "FAILED"
    view.log(ZIP)
    (run,) = view.runs()
    assert run.info.status == "FINISHED"


def test_a_single_measurement_is_drawn_as_a_line_up_to_the_budget(view: View) -> None:
    view.log(zero_shot_run(44.0))
    (run,) = view.runs()
    assert view.history(run) == [(0, 44.0), (20, 44.0)]


def test_rebuilding_gives_what_logging_one_by_one_gave(view: View) -> None:
    runs = [ZIP, zero_shot_run(44.0), make_run([(0, 1.0), (20, 2.0)], seed=2)]
    view.log(runs[0])
    view.rebuild(*runs)
    found = view.runs("cell")
    assert len(found) == 3
    assert {run.info.run_name for run in found} == {
        "zip / dots / 16 shots / seed 1",
        "zip / dots / 16 shots / seed 2",
        "zero_shot / dots",
    }


def test_every_group_of_seeds_has_its_mean_and_interval(view: View) -> None:
    runs = [ZIP, make_run([(0, 40.0), (20, 60.0)], seed=2), zero_shot_run(44.0)]
    view.rebuild(*runs)
    found = {r.data.tags["group"]: r for r in view.runs("aggregate")}
    assert set(found) == {"zip / dots / 16 shots", "zero_shot / dots"}
    band = band_of(runs[:2])
    assert band is not None
    run = found["zip / dots / 16 shots"]
    curves = (
        ("test_accuracy", band.mean),
        ("interval_95/lower", band.lower),
        ("interval_95/upper", band.upper),
    )
    for name, values in curves:
        points = view.history(run, name)
        assert points == list(zip(band.queries, values, strict=True))


def test_rebuilding_again_writes_nothing_new(view: View, report: Report) -> None:
    view.rebuild(*PAIR)
    view.tracker.put(summary_entry(report, PAIR, SPEC))
    ids = {run.info.run_id for run in view.runs()}
    again = View(view.uri, view.name)
    again.rebuild(*PAIR)
    again.tracker.put(summary_entry(report, PAIR, SPEC))
    assert {run.info.run_id for run in view.runs()} == ids
    assert len(ids) == 2 + 2 + 1


def test_an_aggregate_follows_its_seeds(view: View) -> None:
    view.rebuild(ZIP)
    view.rebuild(ZIP, make_run([(0, 50.0), (20, 70.0)], seed=2))
    (run,) = view.runs("aggregate")
    assert run.data.tags["seeds"] == "2"
    assert view.history(run, "test_accuracy")[-1] == (20, 60.0)


def test_the_summary_holds_the_report(view: View, report: Report) -> None:
    view.tracker.put(summary_entry(report, PAIR, SPEC))
    (run,) = view.runs("summary")
    assert run.data.metrics == {}
    names = {a.path for a in view.client.list_artifacts(run.info.run_id)}
    assert {"report.html", "results.csv", "figures", "tables", "spec.yaml"} <= names
    tables = {a.path for a in view.client.list_artifacts(run.info.run_id, "tables")}
    assert "tables/accuracy.tex" in tables


def test_many_points_are_written_in_chunks(view: View) -> None:
    points = tuple(Point(q, q, "test_accuracy", float(q)) for q in range(1500))
    view.log(replace(ZIP, trace=replace(ZIP.trace, points=points)))
    (run,) = view.runs()
    assert len(view.history(run)) == 1500


def test_the_thread_writes_everything_before_it_closes(view: View) -> None:
    said: list[str] = []
    thread = TrackingThread(view.tracker, said.append)
    for seed in range(5):
        thread.submit([cell_entry(make_run([(0, 1.0), (20, 2.0)], seed=seed), SPEC)])
    thread.close()
    assert said == []
    assert len(view.runs()) == 5


def test_a_database_that_cannot_be_written_is_a_tracking_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = Tracker(f"sqlite:///{tmp_path}/file/mlflow.db", "demo")
    with pytest.raises(TrackingError, match="Results are safe in the store"):
        broken.put(cell_entry(ZIP, SPEC))


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


def test_an_ablation_is_a_group_by_field_and_value(view: View) -> None:
    curve = [(0, 30.0), (10, 40.0)]
    base = placed(make_run(curve), ROOT, FASTFOOD, base=True)
    view.rebuild(base, *at(ONE, [41, 42]), zero_shot_run(30))
    cells = view.runs("cell")
    tags = {(r.data.tags.get("varied"), r.data.tags.get("value")) for r in cells}
    assert tags == {("clip, projection", "sqrt_dim, fastfood"), ("clip", "1"), (None, None)}
    assert {r.data.tags.get("ablation") for r in cells} == {"zip", None}
    means = view.runs("aggregate")
    assert {r.data.tags.get("value") for r in means} == {"sqrt_dim, fastfood", "1", None}


def test_a_cell_that_joins_an_ablation_is_written_anew(view: View) -> None:
    view.log(ZIP)
    view.log(placed(ZIP, ROOT, base=True))
    (run,) = view.runs()
    assert run.data.tags["varied"] == "clip"


def test_labels_that_a_cell_no_longer_has_are_gone(view: View) -> None:
    a, b = replace(ZIP, method="a"), replace(ZIP, method="b", same_as="a")
    other = make_run([(0, 10.0), (20, 20.0)], seed=7, method="kept")
    view.rebuild(other)
    for labels in ((a, b), (replace(b, same_as=""), replace(a, same_as="b"))):
        view.rebuild(*labels)
        for kind in ("cell", "aggregate"):
            shown = [run.data.tags["method"] for run in view.runs(kind)]
            assert sorted(shown) == ["a", "b", "kept"], "each once, and what is of other cells"
    view.rebuild(replace(ZIP, method="c"))
    assert sorted(run.data.tags["method"] for run in view.runs("aggregate")) == ["c", "kept"]


def test_access_and_deployment_are_tags_and_columns(view: View) -> None:
    probe = needing(deployed(replace(ZIP, method="probe"), 8, readout=True), readout=True)
    deep = needing(make_run([(0, 30.0), (20, 50.0)], method="deep"), "inner layers")
    view.rebuild(probe, deep, zero_shot_run(44))
    for kind in ("cell", "aggregate"):
        tags = {run.data.tags["method"]: run.data.tags for run in view.runs(kind)}
        assert tags["zero_shot"]["access"] == "strings"
        assert (tags["zero_shot"]["track"], tags["zero_shot"]["readout"]) == ("plain box", "no")
        assert (tags["deep"]["track"], tags["probe"]["readout"]) == ("translucent box", "yes")
        parameters = {run.data.tags["method"]: run.data.params for run in view.runs(kind)}
        assert parameters["probe"]["queries_per_image"] == "8"
        assert "queries_per_image" not in parameters["zero_shot"], "older traces don't say"


def test_restricted_answers_are_a_column_in_words(view: View) -> None:
    other = make_run([(0, 30.0), (20, 50.0)], method="other")
    view.rebuild(ZIP, seeing(other, kind="top", top=5, digits=2))
    for kind in ("cell", "aggregate"):
        parameters = {run.data.tags["method"]: run.data.params for run in view.runs(kind)}
        assert parameters["other"]["answers"] == "top 5, 2 digits"
        assert not [name for name in parameters["zip"] if name.startswith("answers")]


def test_whole_set_evaluations_are_a_metric_at_the_last_query(view: View) -> None:
    known = replace(ZIP, trace=replace(ZIP.trace, provenance={"train_images": 128}))
    other = make_run([(0, 40.0), (20, 60.0)], seed=2)
    view.rebuild(known, replace(other, trace=replace(other.trace, provenance={"train_images": 64})))
    found = {r.data.tags.get("seed"): r for r in (*view.runs("cell"), *view.runs("aggregate"))}
    name = "whole_set_evaluations"
    assert view.history(found["1"], name) == [(20, 20.0)]
    assert view.history(found["2"], name) == [(20, 40.0)]
    assert view.history(found[None], name) == [(20, 30.0)]


def test_a_store_that_cannot_be_read_is_told_and_the_rest_is_left() -> None:
    def unreadable() -> Iterator[Entry]:
        raise UserError("the store did not answer")
        yield cell_entry(ZIP, SPEC)

    said: list[str] = []
    thread = TrackingThread(
        Tracker("sqlite:////nowhere/mlflow.db", "demo"), said.append, unreadable()
    )
    thread.submit([cell_entry(ZIP, SPEC)])
    thread.close()
    assert said == ["the store did not answer"]


def test_an_error_that_nobody_expects_is_told_and_the_rest_is_left() -> None:
    def damaged() -> Iterator[Entry]:
        raise OSError("no such column, at https://me:secret@host")
        yield cell_entry(ZIP, SPEC)

    said: list[str] = []
    thread = TrackingThread(Tracker("sqlite:////nowhere/mlflow.db", "demo"), said.append, damaged())
    thread.submit([cell_entry(ZIP, SPEC)])
    thread.close()
    (text,) = said
    assert "can't be made (OSError: no such column" in text
    assert "Results are safe in the store" in text
    assert "secret" not in text


def test_entries_are_made_when_they_are_written_not_when_they_are_handed_over() -> None:
    made_by: list[str] = []
    put: list[Entry] = []

    class Kept:
        def put(self, entry: Entry) -> None:
            put.append(entry)

    def entries() -> Iterator[Entry]:
        made_by.append(threading.current_thread().name)
        yield cell_entry(ZIP, SPEC)

    kept: Any = Kept()
    thread = TrackingThread(kept, pytest.fail)
    thread.submit(entries())
    thread.submit(entries())
    thread.close()
    assert made_by == ["tracking", "tracking"]
    assert put == [cell_entry(ZIP, SPEC)] * 2
