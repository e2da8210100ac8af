"""The one writer of MLflow, which is a view of the store and can be rebuilt from it at any time.

What is written is in `entries`. Metrics are stepped by queries and carry times that follow
from the step alone, so that writing them twice adds nothing.
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from orchestrator.analysis.runs import Run
from orchestrator.masking import masked
from orchestrator.store.leases import Leases
from orchestrator.store.storage import Storage
from orchestrator.tracking.entries import (
    Entry,
    TrackedSpec,
    aggregate_entries,
    cell_entry,
    summary_entry,
)

if TYPE_CHECKING:
    from orchestrator.analysis.report.write import Report

CHUNK = 1000
"""Metrics in one request; MLflow accepts no more."""

_EPOCH_MS = 1_700_000_000_000
"""Time of step 0. Wall time is in the cell's own trace."""

_COMPLETE = "complete"
_KEY = "key"


class TrackingError(Exception):
    """MLflow can't be written; results are safe in the store, and `track` rebuilds the view."""


class Tracker:
    """Writes finished and failed cells to one MLflow experiment.

    Args:
        uri: tracking URI: a server's, or `sqlite:///` with an absolute path.
        spec: what the runs share.
    """

    def __init__(self, uri: str, spec: TrackedSpec) -> None:
        self._uri = uri
        self._spec = spec
        self._known: dict[str, Any] | None = None

    def log(self, run: Run) -> None:
        """Writes a cell, unless it is there already in full.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        self.put(cell_entry(run, self._spec))

    def put(self, entry: Entry) -> None:
        """Writes a run, in the place of an older one of its key.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        with _translated(self._uri):
            present = self._present()
            old = present.get(entry.key)
            if old is not None:
                if old.data.tags.get(_COMPLETE) == entry.fingerprint:
                    return
                self._client.delete_run(old.info.run_id)
            present[entry.key] = self._write(entry)

    def log_aggregates(self, runs: Sequence[Run]) -> None:
        """Writes a run for every group of seeds.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        for entry in aggregate_entries(runs, self._spec):
            self.put(entry)

    def log_report(self, report: Report, runs: Sequence[Run]) -> None:
        """Writes the summary run, with the report as artifacts.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        self.put(summary_entry(report, runs, self._spec))

    def rebuild(self, runs: Sequence[Run]) -> int:
        """Brings the experiment to what the store holds; returns the number of cells.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        for run in runs:
            self.log(run)
        self.log_aggregates(runs)
        return len({run.trace.key for run in runs})

    @cached_property
    def _client(self) -> Any:
        """Connects; for SQLite this creates the database, which must happen in one process only."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
        # MLflow's own patience would hold up the end of a run for minutes when its server is down.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=self._uri)

    @cached_property
    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._spec.name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                self._client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        location = _artifacts_beside(self._uri)
        return str(self._client.create_experiment(self._spec.name, artifact_location=location))

    def _present(self) -> dict[str, Any]:
        """Runs by key, looked up once; this process is the only writer."""
        if self._known is None:
            self._known = {}
            token: str | None = None
            while True:
                page = self._client.search_runs(
                    [self._experiment], max_results=1000, page_token=token
                )
                self._known |= {found.data.tags.get(_KEY, ""): found for found in page}
                token = page.token
                if not token:
                    break
        return self._known

    def _write(self, entry: Entry) -> Any:
        from mlflow.entities import Metric, Param, RunTag

        created = self._client.create_run(
            self._experiment,
            start_time=_EPOCH_MS + entry.order,
            run_name=entry.title,
            tags={**entry.tags, _KEY: entry.key},
        )
        run_id = created.info.run_id
        parameters = [Param(name, value) for name, value in entry.parameters.items()]
        self._client.log_batch(run_id, params=parameters)
        for start in range(0, len(entry.metrics), CHUNK):
            chunk = [
                Metric(name, value, _EPOCH_MS + step, step)
                for name, value, step in entry.metrics[start : start + CHUNK]
            ]
            self._client.log_batch(run_id, metrics=chunk)
        for name, text in entry.texts.items():
            self._client.log_text(run_id, text, name)
        for path, folder in entry.files.items():
            self._client.log_artifact(run_id, str(path), folder or None)
        # Comes last: a run without it was interrupted, and is written anew.
        self._client.log_batch(run_id, tags=[RunTag(_COMPLETE, entry.fingerprint)])
        ended = "FAILED" if entry.failed else "FINISHED"
        self._client.set_terminated(run_id, ended, end_time=_EPOCH_MS + max(entry.last_step, 1))
        return self._client.get_run(run_id)


class TrackingThread:
    """Writes to MLflow beside the run, so that a slow server holds nothing up.

    After the first error nothing more is written: results are in the store, and the view can be
    rebuilt.

    Args:
        tracker: the writer.
        on_error: told the first error.
    """

    def __init__(self, tracker: Tracker, on_error: Callable[[str], None]) -> None:
        self._tracker = tracker
        self._on_error = on_error
        self._queue: queue.SimpleQueue[Run | Entry | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def submit(self, run: Run | Entry) -> None:
        """Hands over a cell, or an entry that is made already; returns at once."""
        self._queue.put(run)

    def close(self) -> None:
        """Waits until everything handed over is written, or was given up."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        broken = False
        while (run := self._queue.get()) is not None:
            if broken:
                continue
            try:
                self._tracker.put(run) if isinstance(run, Entry) else self._tracker.log(run)
            except TrackingError as error:
                broken = True
                self._on_error(str(error))


@contextmanager
def only_writer(storage: Storage, uri: str) -> Iterator[bool]:
    """Whether no other run on a store writes to this MLflow for as long as the block lasts.

    Args:
        storage: what the runs share.
        uri: tracking URI.
    """
    name = f"tracking-{hashlib.sha256(uri.encode()).hexdigest()[:16]}"
    with Leases.of_process(storage, run=uuid4().hex).held(name) as lease:
        yield lease is not None


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    """Turns whatever MLflow raises into a TrackingError that says what to do."""
    try:
        yield
    except TrackingError:
        raise
    except Exception as error:
        first = (str(error).splitlines() or [""])[0][:300]
        raise TrackingError(
            f"MLflow at {masked(uri)} can't be written ({type(error).__name__}: {masked(first)}). "
            f"Results are safe in the store; rebuild the view with `track` later."
        ) from None  # the cause may quote the address, password and all


def _artifacts_beside(uri: str) -> str | None:
    """For a SQLite file: a folder beside it; a server knows its own place."""
    if not uri.startswith("sqlite:///"):
        return None
    folder = Path(uri.removeprefix("sqlite:///")).absolute().parent / "mlflow-artifacts"
    return folder.as_uri()
