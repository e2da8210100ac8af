"""Experiments are found without MLflow, described once, and left as a person has changed them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from orchestrator.tracking.database import DatabaseError
from orchestrator.tracking.experiments import Experiment, experiments_in, server_of
from orchestrator.tracking.session import experiment_of
from orchestrator.tracking.tracker import Tracker, only_writer
from orchestrator.tracking.views import CELLS, MEANS, NOTE, OVER_DATASETS, VIEW_TAG, experiment_tags
from tests.conformance.memory_storage import MemoryStorage

DATASETS = ("dots", "shapes")


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


def test_the_experiment_that_was_written_last_comes_first(uri: str) -> None:
    for name, opens in (("one", ""), ("two", ""), ("one", MEANS), ("one", "")):
        Tracker(uri, name).describe(experiment_tags(name, DATASETS[:1]), opens)
    found = experiments_in(uri)
    assert [one.name for one in found] == ["one", "two", "Default"]
    assert [one.view for one in found] == [MEANS, CELLS, ""], "single runs until there are means"
    client = MlflowClient(tracking_uri=uri)
    assert found[0].id == client.get_experiment_by_name("one").experiment_id


def test_a_report_can_link_to_an_experiment_before_anything_is_written_to_it(
    uri: str, tmp_path: Path
) -> None:
    storage = MemoryStorage()
    with only_writer(storage, uri):
        assert experiment_of("new", storage, uri) is None, "it would be written by two"
    made = experiment_of("new", storage, uri)
    assert made in {one.id for one in experiments_in(uri) if one.name == "new"}
    with only_writer(storage, uri):
        assert experiment_of("new", storage, uri) == made
    (tmp_path / "file").write_text("")
    assert experiment_of("new", storage, f"sqlite:///{tmp_path}/file/mlflow.db") is None


def test_a_description_that_somebody_changed_stays(uri: str) -> None:
    client = MlflowClient(tracking_uri=uri)
    Tracker(uri, "mine").describe(experiment_tags("mine", DATASETS[:1]))
    number = client.get_experiment_by_name("mine").experiment_id
    assert "**mine** on dots" in client.get_experiment(number).tags[NOTE]
    Tracker(uri, "mine").describe(experiment_tags("mine", DATASETS))
    assert "**mine** on dots, shapes" in client.get_experiment(number).tags[NOTE]
    client.set_experiment_tag(number, NOTE, "my own words")
    Tracker(uri, "mine").describe(experiment_tags("mine", DATASETS[:1]))
    assert client.get_experiment(number).tags[NOTE] == "my own words"


def test_there_is_a_view_of_means_over_datasets_where_there_are_several() -> None:
    several, one = (experiment_tags("demo", names) for names in (DATASETS, DATASETS[:1]))
    assert set(several) - set(one) == {f"{VIEW_TAG}{OVER_DATASETS}"}
    for name, text in several.items():
        if name.startswith(VIEW_TAG):
            saved = json.loads(text)
            assert isinstance(saved["createdAt"], int)  # or MLflow refuses it
            state = json.loads(saved["state"])
            assert state["orderByKey"] in state["selectedColumns"]


def test_methods_are_sorted_by_what_the_protocol_asks() -> None:
    name = f"{VIEW_TAG}{OVER_DATASETS}"
    state = json.loads(
        json.loads(experiment_tags("demo", DATASETS, new_classes=True)[name])["state"]
    )
    assert state["orderByKey"] == "metrics.`harmonic_mean`"
    shown = [f"metrics.`{metric}`" for metric in ("harmonic_mean", "test_accuracy", "new_accuracy")]
    assert state["selectedColumns"][:3] == shown
    assert name in experiment_tags("demo", DATASETS, source="imagenet")
    assert name not in experiment_tags("demo", DATASETS, source=DATASETS[0]), "one target"


def test_an_address_names_the_saved_view_or_filters_for_means() -> None:
    start = "http://host:5000/#/experiments/7/runs?workflowType=machine_learning"
    shown = Experiment("7", "demo", view=MEANS).charts("http://host:5000")
    assert shown == f"{start}&compareRunsMode=CHART&viewStateShareKey=querycurve-means"
    filtered = Experiment("7", "demo").charts("http://host:5000/")
    assert filtered == f"{start}&compareRunsMode=CHART&searchFilter=tags.kind%3D'aggregate'"


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("words, many of them, and no database at all" * 40)
    with pytest.raises(DatabaseError, match="not a database"):
        experiments_in(f"sqlite:///{tmp_path}/mlflow.db")


def test_a_pages_server_has_no_password() -> None:
    assert server_of("https://me:secret@host:8080/") == "https://host:8080"
    assert server_of("postgresql://me:secret@host/db") == "http://127.0.0.1:5000"
