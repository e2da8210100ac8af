"""Reports link to MLflow where a run has written there, and nowhere else."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.cli.run_links import link_to_read, link_to_write
from orchestrator.store.sqlite_address import sqlite_url
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store


@pytest.fixture
def database(tmp_path: Path) -> str:
    """An MLflow that has one experiment, `demo`."""
    file = tmp_path / "mlflow.db"
    with closing(sqlite3.connect(file)) as made, made:
        made.execute("CREATE TABLE experiments (experiment_id, name, lifecycle_stage)")
        made.execute("CREATE TABLE experiment_tags (experiment_id INT, key TEXT, value TEXT)")
        made.execute("INSERT INTO experiments VALUES (7, 'demo', 'active'), (8, 'old', 'deleted')")
    return sqlite_url(file)


def test_what_is_in_mlflow_is_linked_by_its_key(database: str, tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    for link in (link_to_read("demo", database), link_to_write("demo", store, database)):
        assert link is not None
        address = link("ab12")
        assert address is not None
        assert address.startswith("http://127.0.0.1:5000/#/experiments/7/runs?")
        assert address.endswith("tags.key%3D'ab12'")


@pytest.mark.parametrize("name", ["other", "old"])
def test_what_is_not_in_mlflow_is_not_linked(name: str, database: str) -> None:
    assert link_to_read(name, database) is None


def test_reading_makes_no_database_and_asks_no_server(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    assert link_to_read("demo", sqlite_url(file)) is None
    assert not file.exists()
    assert link_to_read("demo", "http://127.0.0.1:9") is None


def test_a_file_that_is_no_database_is_not_linked(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_text("no database, but some text that is long enough to be taken for one" * 20)
    assert link_to_read("demo", sqlite_url(file)) is None


def test_without_mlflow_nothing_is_linked(tmp_path: Path) -> None:
    assert link_to_write("demo", Store(LocalStorage(tmp_path)), None) is None
