"""The verb `track`: MLflow rebuilt from the store, whole, and the same again the next time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from orchestrator.plan.plan import PlannedCell
from tests.orchestrator.cli.verbs import Said, fill, plan_of, querycurve, write_spec


def tracked(uri: str, name: str = "small") -> dict[str, Any]:
    """MLflow's runs of an experiment by title."""
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(name)
    assert experiment is not None
    return {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}


def method_first(cell: PlannedCell) -> str:
    """What MLflow calls a cell: as a plan does, but the method before the dataset."""
    dataset, method, *others = cell.title.split(" / ")
    return " / ".join([method, dataset, *others])


@dataclass(frozen=True)
class Tracked:
    """A spec and a store that `track` was run on, with what it said and what MLflow held then."""

    spec: Path
    store: Path
    said: Said
    runs: dict[str, Any]

    @property
    def uri(self) -> str:
        """Where MLflow's runs are."""
        return f"sqlite:///{self.store}/mlflow.db"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Tracked:
    """The first of two runs of `track`."""
    folder = tmp_path_factory.mktemp("track")
    spec, store = write_spec(folder), folder / "store"
    fill(store, spec)
    said = querycurve("track", spec, "--store", store)
    return Tracked(spec, store, said, tracked(f"sqlite:///{store}/mlflow.db"))


def test_everything_is_tracked_and_tracking_again_changes_nothing(first: Tracked) -> None:
    assert (first.said.code, first.said.err) == (0, "")
    said = (
        "8 runs are in MLflow. Compare them in the MLflow UI: querycurve ui "
        f"--store {first.store}\n"
    )
    assert first.said.out == said
    planned = plan_of(first.spec, first.store).cells
    cells = [cell for cell in planned if cell.status in ("done", "failed")]
    kinds = [run.data.tags["kind"] for run in first.runs.values()]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "cell": len(cells), "aggregate": 5, "summary": 1,
    }  # fmt: skip
    shown = {method_first(cell) for cell in cells}
    assert shown <= set(first.runs)
    second = querycurve("track", first.spec, "--store", first.store)
    assert (second.code, second.out, second.err) == (0, said, "")
    after = tracked(first.uri)
    assert {title: run.info.run_id for title, run in after.items()} == {
        title: run.info.run_id for title, run in first.runs.items()
    }
    assert {title: run.data.metrics for title, run in after.items()} == {
        title: run.data.metrics for title, run in first.runs.items()
    }


def test_tags_and_metrics_are_those_of_the_cells(first: Tracked) -> None:
    runs = first.runs
    run = runs["zip / pocket_dots / 16 shots / seed 2"]
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {
        "test_accuracy": 62.0,
        "whole_set_evaluations": 200 * 32 / 128,
        "cost_training": 0.5,
        "cost_measuring": 0.0,
    }
    assert run.data.params["currency"] == "EUR"
    assert run.data.params["budget"] == "200"
    shown = ("dataset", "method", "seed", "shots", "protocol", "kind", "status", "group")
    assert {name: run.data.tags[name] for name in shown} == {
        "dataset": "pocket_dots",
        "method": "zip",
        "seed": "2",
        "shots": "16",
        "protocol": "few_shot",
        "kind": "cell",
        "status": "finished",
        "group": "zip / pocket_dots / 16 shots",
    }
    client = MlflowClient(tracking_uri=first.uri)
    steps = client.get_metric_history(run.info.run_id, "test_accuracy")
    assert [(point.step, point.value) for point in steps] == [(0, 30.0), (200, 62.0)]
    failed = runs["zip / pocket_outlines / 16 shots / seed 2"]
    assert failed.info.status == "FAILED"
    mean = runs["zip / pocket_dots / 16 shots / mean of 2 seeds"]
    assert mean.data.metrics["test_accuracy"] == 61.5
    summary = client.list_artifacts(runs["summary and report of small"].info.run_id)
    assert "report.html" in {file.path for file in summary}


def test_a_new_result_adds_its_cell_and_nothing_else(first: Tracked, tmp_path: Path) -> None:
    store, uri = tmp_path / "store", first.uri  # another store's MLflow, an experiment of its own
    spec = write_spec(tmp_path, name="other", methods=["zero_shot"])
    fill(store, spec)
    querycurve("track", spec, "--store", store, "--tracking-uri", uri)
    before = tracked(uri, "other")
    more = write_spec(tmp_path, name="other", methods=["zero_shot", "zip"], seeds=[1])
    fill(store, more)
    said = querycurve("track", more, "--store", store, "--tracking-uri", uri)
    assert said.out == (
        f"4 runs are in MLflow. Compare them in the MLflow UI: querycurve ui --tracking-uri {uri}\n"
    )
    after = tracked(uri, "other")
    new = set(after) - set(before)
    assert {title for title in new if after[title].data.tags["kind"] == "cell"} == {
        "zip / pocket_dots / 16 shots / seed 1",
        "zip / pocket_outlines / 16 shots / seed 1",
    }
    assert not (store / "mlflow.db").exists()


def test_without_results_nothing_is_tracked(tmp_path: Path) -> None:
    said = querycurve("track", write_spec(tmp_path), "--store", tmp_path)
    assert said.code == 2
    assert "nothing has finished yet" in said.err
    assert not (tmp_path / "mlflow.db").exists()


def test_an_mlflow_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    uri = f"sqlite:///{tmp_path}/file/mlflow.db"
    spec, store = write_spec(tmp_path, methods=["zero_shot"]), tmp_path / "store"
    fill(store, spec)
    said = querycurve("track", spec, "--store", store, "--tracking-uri", uri)
    assert said.code == 2
    assert said.err.startswith("error: MLflow at sqlite:///")
    assert "Results are safe in the store" in said.err
    assert "Traceback" not in said.err
