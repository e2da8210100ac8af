"""The verb `ui`: what it prints and opens, and the command that builds MLflow anew."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.cli import browser
from orchestrator.cli.mlflow_page import Page
from orchestrator.cli.track_command import track_command
from orchestrator.store.storage import LocalStorage
from orchestrator.tracking.address import tracking_address
from orchestrator.tracking.tracker import only_writer
from tests.orchestrator.cli.verbs import fill, querycurve, write_spec

TABLES = """
CREATE TABLE experiments (experiment_id INTEGER, name TEXT, lifecycle_stage TEXT,
                          artifact_location TEXT);
CREATE TABLE experiment_tags (experiment_id INTEGER, key TEXT, value TEXT);
INSERT INTO experiments VALUES (0, 'Default', 'active', ''), (1, 'demo', 'active', ''),
                               (2, 'few_shot', 'active', ''), (3, 'gone', 'deleted', '');
INSERT INTO experiment_tags VALUES (1, 'querycurve.written', '2026-01-02'),
                                   (2, 'querycurve.written', '2026-01-01'),
                                   (3, 'querycurve.written', '2026-01-03'),
                                   (1, 'querycurve.opens', 'querycurve-means');
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with what `ui` reads of an MLflow; no server starts."""
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        database.executescript(TABLES)
    monkeypatch.setattr(os, "execv", lambda *_: None)
    for name in ("MLFLOW_BACKEND_STORE_URI", "MLFLOW_LOGGING_LEVEL", "PYTHONWARNINGS"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_address_of_what_was_written_last_is_printed(store: Path) -> None:
    port = free_port()
    said = querycurve("ui", "--store", store, "--port", str(port))
    assert said.code == 0
    assert said.out.splitlines()[-1] == (
        f"http://127.0.0.1:{port}/#/experiments/1/runs?workflowType=machine_learning"
        f"&compareRunsMode=CHART&viewStateShareKey=querycurve-means"
    )


@pytest.mark.parametrize("name", ["few_shot", "specs/few_shot.yaml"])
def test_another_spec_can_be_asked_for(store: Path, name: str) -> None:
    said = querycurve("ui", "--store", store, "--port", str(free_port()), "--experiment", name)
    assert "/#/experiments/2/runs?" in said.out
    assert said.out.endswith("searchFilter=tags.kind%3D'aggregate'\n"), "it has no saved view"


def test_a_spec_that_was_not_tracked_is_refused_with_those_that_were(store: Path) -> None:
    said = querycurve("ui", "--store", store, "--experiment", "fewshot")
    assert said.code == 2
    assert "only of demo, few_shot. Did you mean 'few_shot'?" in said.err


def test_a_free_port_is_suggested_where_one_is_taken(store: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = querycurve("ui", "--store", store, "--port", str(port))
    assert said.code == 2
    suggested = int(said.err.partition("a free port with --port ")[2].split(",")[0])
    assert suggested != port


def test_a_browser_opens_on_a_screen_alone(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(subprocess, "Popen", lambda words, **_: started.append(words))
    monkeypatch.setattr("orchestrator.cli.mlflow_page._has_browser", lambda _: True)
    words = ("ui", "--store", store, "--port", str(free_port()))
    querycurve(*words, "--no-open")
    assert started == []
    querycurve(*words)
    assert started[0][1:3] == ["-m", "orchestrator.cli.browser"]
    assert "/#/experiments/1/" in started[0][4]


def test_the_browser_waits_for_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(browser.webbrowser, "open", opened.append)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        browser.open_when_served(f"http://127.0.0.1:{server.getsockname()[1]}", "the page")
    assert opened == ["the page"]


def test_a_page_for_everybody_is_shown_with_an_address_to_go_to() -> None:
    assert Page("0.0.0.0", 5000).server == "http://127.0.0.1:5000"
    assert Page("::1", 5000).server == "http://[::1]:5000"


def test_a_run_beside_another_ends_with_the_command_that_tracks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    spec, store = write_spec(tmp_path, methods=["zero_shot"]), tmp_path / "store"
    fill(store, spec)
    with only_writer(LocalStorage(store), tracking_address(None, str(store))) as alone:
        assert alone
        said = querycurve("run", spec, "--store", store)
    assert said.code == 0
    assert "another run on this store writes to MLflow" in said.out
    assert said.out.splitlines()[-1].endswith(f"querycurve track {spec} --store {store}")


def test_the_command_to_track_is_what_was_typed_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUERYCURVE_DATA", raising=False)
    monkeypatch.setenv("QUERYCURVE_STORE", "s3://bucket/all")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://me:secret@host")
    plain = track_command("demo", None, "s3://bucket/all", "data", "http://me:secret@host")
    assert plain == "querycurve track demo"
    overrides = ["budget=500", "methods.zip.clip=none, 1"]
    whole = track_command("my spec.yaml", overrides, "my store", "/d", "http://other")
    assert whole == (
        "querycurve track 'my spec.yaml' --set budget=500 --set 'methods.zip.clip=none, 1' "
        "--store 'my store' --data /d --tracking-uri http://other"
    )
