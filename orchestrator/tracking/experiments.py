"""Finds experiments in an MLflow, and the address of their charts; writes nothing.

A SQLite file is read without MLflow, whose import takes seconds.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from orchestrator.store.sqlite_address import sqlite_file
from orchestrator.tracking.database import LOCK_PATIENCE, DatabaseError

WRITTEN = "querycurve.written"
"""Tag of an experiment: when a run or `track` last wrote to it, however little was new."""

DEFAULT_PORT = 5000
"""Of the page that `ui` serves."""

OPENS = "querycurve.opens"
"""Tag of an experiment: the saved view that its page opens with, which has something to show."""

_RUNS = "workflowType=machine_learning&compareRunsMode=CHART"
_FILTERED = "searchFilter=tags.kind%3D'aggregate'"


@dataclass(frozen=True)
class Experiment:
    """One experiment of an MLflow.

    Attributes:
        id: its number there.
        name: the spec's.
        written: when it was last written, as text that sorts; "" where it isn't known.
        view: the saved view that its page opens with; "" where it has none.
    """

    id: str
    name: str
    written: str = ""
    view: str = ""

    def charts(self, server: str) -> str:
        """Where its means over seeds are drawn.

        Args:
            server: where MLflow is served.

        Example:
            >>> Experiment("7", "demo").charts("http://host:5000").partition("?")[0]
            'http://host:5000/#/experiments/7/runs'
        """
        shown = f"viewStateShareKey={self.view}" if self.view else _FILTERED
        return f"{server.rstrip('/')}/#/experiments/{quote(self.id)}/runs?{_RUNS}&{shown}"


def server_of(uri: str) -> str:
    """Where a browser finds the page of an MLflow: its server, or what `ui` serves on this machine.

    Without a name and password that stand in the address, as it is for pages that others read.

    Example:
        >>> server_of("https://me:secret@host/mlflow"), server_of("sqlite:////results/mlflow.db")
        ('https://host/mlflow', 'http://127.0.0.1:5000')
    """
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https"):
        return f"http://127.0.0.1:{DEFAULT_PORT}"
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])).rstrip("/")


def experiments_in(uri: str) -> tuple[Experiment, ...]:
    """The experiments of an MLflow that are not deleted; the one written last comes first.

    Raises:
        DatabaseError: a SQLite file can't be read.
    """
    file = sqlite_file(uri)
    found = _of_client(uri) if file is None else _of_file(str(file))
    return tuple(sorted(found, key=lambda one: one.written, reverse=True))


def _of_file(file: str) -> Iterable[Experiment]:
    try:
        with closing(sqlite3.connect(file, LOCK_PATIENCE)) as database:
            rows = database.execute(
                "SELECT experiment_id, name FROM experiments WHERE lifecycle_stage = 'active'"
            ).fetchall()
            tags = database.execute("SELECT experiment_id, key, value FROM experiment_tags")
            known: dict[tuple[int, str], str] = {(of, key): text for of, key, text in tags}
    except sqlite3.Error as error:
        raise DatabaseError(str(error)) from None
    return [
        _experiment(number, name, {key: text for (of, key), text in known.items() if of == number})
        for number, name in rows
    ]


def _of_client(uri: str) -> Iterable[Experiment]:
    from mlflow.tracking import MlflowClient

    found = MlflowClient(tracking_uri=uri).search_experiments()
    return [_experiment(one.experiment_id, one.name, one.tags) for one in found]


def _experiment(number: Any, name: str, tags: dict[str, str]) -> Experiment:
    return Experiment(str(number), name, tags.get(WRITTEN, ""), tags.get(OPENS, ""))
