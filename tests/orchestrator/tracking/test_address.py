"""What may be given as MLflow's address."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.errors import UserError
from orchestrator.tracking.address import tracking_address


@pytest.mark.parametrize(
    ("store", "folder"),
    [
        ("results", Path("results").absolute()),
        ("~/results", Path.home() / "results"),
        ("s3://bucket/x", Path.cwd()),
    ],
)
def test_the_database_is_in_the_store_or_here(store: str, folder: Path) -> None:
    assert tracking_address(None, store) == f"sqlite:///{folder}/mlflow.db"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("http://host:5000", "http://host:5000"),
        ("postgresql+psycopg://me:secret@host/db", "postgresql+psycopg://me:secret@host/db"),
        ("sqlite:///~/mine.db", f"sqlite:///{Path.home()}/mine.db"),
        ("sqlite:////x/y.db?timeout=9", "sqlite:////x/y.db?timeout=9"),
        ("sqlite:///here.db", f"sqlite:///{Path.cwd()}/here.db"),
    ],
)
def test_what_mlflow_opens_is_taken(given: str, meant: str) -> None:
    assert tracking_address(given, "results") == meant


@pytest.mark.parametrize(
    "given",
    [
        "",
        "ftp://host/x",
        "http://",
        "http:/host",
        "mlruns",
        "file:///x",
        "sqlite://",
        "http://[::1",
    ],
)
def test_what_it_cannot_open_is_refused_before_anything_runs(given: str) -> None:
    with pytest.raises(UserError, match=r"--tracking-uri: .* http://HOST:PORT, or sqlite:////"):
        tracking_address(given, "results")


def test_a_folder_is_answered_with_the_database_that_could_be_there() -> None:
    with pytest.raises(UserError, match=r"For a database there: sqlite:////x/mlflow\.db"):
        tracking_address("file:///x", "results")
