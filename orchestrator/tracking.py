"""The one writer of MLflow, which is a view of the store and can be rebuilt from it at any time.

One flat run a cell, since the UI charts flat runs and not nested ones. Metrics are stepped by
queries and carry times that follow from the step alone, so that writing them twice adds nothing.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orchestrator.analysis.runs import Run

CHUNK = 1000
"""Metrics in one request; MLflow accepts no more."""

LONGEST_PARAMETER = 250
_EPOCH_MS = 1_700_000_000_000
"""Time of step 0. Wall time is in the cell's own trace."""

_COMPLETE = "complete"
_KEY = "key"


class TrackingError(Exception):
    """MLflow can't be written; results are safe in the store, and `track` rebuilds the view."""


@dataclass(frozen=True)
class TrackedSpec:
    """What all runs of a spec share.

    Attributes:
        name: the experiment's name.
        yaml: the whole spec.
        budget: the largest budget; single measurements are drawn as lines up to it.
    """

    name: str
    yaml: str
    budget: int


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
        with _translated(self._uri):
            present = self._present()
            old = present.get(run.trace.key)
            if old is not None:
                if old.data.tags.get(_COMPLETE) == _fingerprint(run):
                    return
                self._client.delete_run(old.info.run_id)
            present[run.trace.key] = self._write(run)

    def rebuild(self, runs: Iterable[Run]) -> int:
        """Brings the experiment to what the store holds; returns the number of cells.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        keys = set()
        for run in runs:
            self.log(run)
            keys.add(run.trace.key)
        return len(keys)

    @cached_property
    def _client(self) -> Any:
        """Connects; for SQLite this creates the database, which must happen in one process only."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        from mlflow.tracking import MlflowClient  # noqa: PLC0415 - takes seconds to import

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

    def _write(self, run: Run) -> Any:
        from mlflow.entities import Metric, Param, RunTag  # noqa: PLC0415 - see `_client`

        created = self._client.create_run(
            self._experiment,
            start_time=_EPOCH_MS,
            run_name=_title(run),
            tags={name: str(value) for name, value in _tags(run).items()},
        )
        run_id = created.info.run_id
        parameters = [Param(name, value) for name, value in _parameters(run.trace.cell).items()]
        self._client.log_batch(run_id, params=parameters)
        points = list(_metric_points(run, self._spec.budget))
        for start in range(0, len(points), CHUNK):
            chunk = [
                Metric(name, value, _EPOCH_MS + step, step)
                for name, value, step in points[start : start + CHUNK]
            ]
            self._client.log_batch(run_id, metrics=chunk)
        self._client.log_text(run_id, self._spec.yaml, "spec.yaml")
        self._client.log_text(run_id, json.dumps(run.trace.cell, indent=1), "cell.json")
        if run.trace.error:
            self._client.log_text(run_id, run.trace.error, "traceback.txt")
        # Comes last: a run without it was interrupted, and is written anew.
        mark = RunTag(_COMPLETE, _fingerprint(run))
        self._client.log_batch(run_id, tags=[mark])
        ended = "FINISHED" if run.trace.status == "finished" else "FAILED"
        budget = run.trace.ledgers.get("method", {}).get("queries", 0)
        self._client.set_terminated(run_id, ended, end_time=_EPOCH_MS + max(budget, 1))
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
        self._queue: queue.SimpleQueue[Run | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def submit(self, run: Run) -> None:
        """Hands over a cell; returns at once."""
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
                self._tracker.log(run)
            except TrackingError as error:
                broken = True
                self._on_error(str(error))


class _Translation:
    """Turns whatever MLflow raises into a TrackingError that says what to do."""

    def __init__(self, uri: str) -> None:
        self._uri = uri

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, Exception) and not isinstance(error, TrackingError):
            first = (str(error).splitlines() or [""])[0][:300]
            raise TrackingError(
                f"MLflow at {self._uri} can't be written ({type(error).__name__}: {first}). "
                f"Results are safe in the store; rebuild the view with `track` later."
            ) from error


def _translated(uri: str) -> _Translation:
    return _Translation(uri)


def _artifacts_beside(uri: str) -> str | None:
    """For a SQLite file: a folder beside it; a server knows its own place."""
    if not uri.startswith("sqlite:///"):
        return None
    folder = Path(uri.removeprefix("sqlite:///")).absolute().parent / "mlflow-artifacts"
    return folder.as_uri()


def _title(run: Run) -> str:
    if not run.shots:
        return f"{run.dataset} / {run.method}"
    return f"{run.dataset} / {run.method} / {run.shots} shots / seed {run.seed}"


def _tags(run: Run) -> dict[str, object]:
    return {
        "dataset": run.dataset,
        "method": run.method,
        "shots": run.shots,
        "seed": run.seed,
        "protocol": run.trace.cell.get("protocol", ""),
        "status": run.trace.status,
        _KEY: run.trace.key,
    }


def _fingerprint(run: Run) -> str:
    return f"{run.trace.status}:{len(run.trace.points)}"


def _parameters(cell: Mapping[str, Any]) -> dict[str, str]:
    """The cell's fields by dotted name, each short."""
    flat: dict[str, str] = {}

    def add(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                add(f"{prefix}.{name}" if prefix else str(name), inner)
        else:
            flat[prefix] = str(value)[:LONGEST_PARAMETER]

    add("", cell)
    return {name.replace("method.settings.", "method."): text for name, text in flat.items()}


def _metric_points(run: Run, budget: int) -> Iterator[tuple[str, float, int]]:
    """Name, value and step of every metric.

    What was measured once, such as zero-shot accuracy, gets a second point at the budget, so that
    charts show it as a line to compare with.
    """
    points = run.trace.points
    for point in points:
        yield point.metric, point.value, point.queries
    if points and all(point.queries == 0 for point in points) and budget:
        for point in points:
            yield point.metric, point.value, budget
