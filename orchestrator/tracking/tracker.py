"""The one writer of MLflow, which is a view of the store and can be rebuilt from it at any time.

What is written is in `entries`. Metrics are stepped by queries and carry times that follow
from the step and the run's start and end, so that writing them twice adds nothing.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from typing import Any
from uuid import uuid4

from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.store.leases import Leases
from orchestrator.store.sqlite_address import sqlite_file
from orchestrator.store.storage import Storage
from orchestrator.tracking.database import (
    COMPLETE,
    DatabaseError,
    artifacts_beside,
    remedy,
    settle,
)
from orchestrator.tracking.entries import Entry
from orchestrator.tracking.experiments import OPENS, WRITTEN
from orchestrator.tracking.inputs import Input
from orchestrator.tracking.spans import Span
from orchestrator.tracking.views import CELLS

CHUNK = 1000
"""Metrics in one request; MLflow accepts no more."""

_KEY = "key"
_OURS = "querycurve.ours"
"""Tag of an experiment: digests of those of its tags that a person may have changed since."""

_DIGEST = 12
"""Letters of a split's digest that are shown; MLflow takes 36."""

_SILENT = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeout",
    "ReadTimeout",
    "Max retries",
)
"""What stands in errors of a server that can't be reached."""

_SAFE = "Results are safe in the store; rebuild the view with `track` later."


class TrackingError(Exception):
    """MLflow can't be written; results are safe in the store, and `track` rebuilds the view."""


@dataclass(frozen=True, slots=True)
class _Present:
    """What is remembered of a run that is there: MLflow's own record of it takes 20 times as much.

    Attributes:
        run: its id.
        fingerprint: of its content; None if it was interrupted.
        kind: `cell`, `aggregate` or another.
        group: the cells over whose seeds there is a mean.
    """

    run: str
    fingerprint: str | None
    kind: str | None
    group: str | None

    @classmethod
    def of(cls, run: str, tags: Mapping[str, str]) -> _Present:
        """A run with its tags."""
        return cls(run, tags.get(COMPLETE), tags.get("kind"), tags.get("group"))


class Tracker:
    """Writes to one MLflow experiment.

    Args:
        uri: tracking URI: a server's, or a database's. Artifacts lie beside a SQLite file; one that
            was copied or moved with them goes on in its new place.
        experiment: its name.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        self._uri, self._name = uri, experiment

    def put(self, entry: Entry) -> None:
        """Writes a run, unless it is there in full; an older one of its key is replaced.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        with _translated(self._uri):
            old = self._present.get(entry.key)
            if old is not None:
                if old.fingerprint == entry.fingerprint:
                    return
                self._client.delete_run(old.run)
            self._present[entry.key] = self._write(entry)

    def forget_former_labels(self, keys: Collection[str]) -> None:
        """Deletes runs of the same cells under labels that they had, and means of such labels.

        Args:
            keys: of the entries of all labels that these cells have now.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        cells = {key.split()[0] for key in keys}
        with _translated(self._uri):
            self._forget([k for k in self._present if k not in keys and k.split(" ")[0] in cells])
            groups = {known.group for known in self._present.values() if known.kind == "cell"}
            means = [key for key, known in self._present.items() if known.kind == "aggregate"]
            self._forget([key for key in means if self._present[key].group not in groups])

    def experiment(self) -> str:
        """The experiment's id; there is one afterwards.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        with _translated(self._uri):
            return self._experiment

    def keep_only(self, kind: str, keys: Collection[str]) -> None:
        """Deletes runs of a kind that have other keys.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        with _translated(self._uri):
            of_kind = [key for key, known in self._present.items() if known.kind == kind]
            self._forget([key for key in of_kind if key not in keys])

    def describe(self, tags: Mapping[str, str], opens: str = "") -> None:
        """Sets tags of the experiment, but none that somebody has changed in MLflow.

        Args:
            tags: by name.
            opens: the saved view that its page opens with from now on; "" leaves it as it is.

        Raises:
            TrackingError: MLflow can't be reached or written.
        """
        with _translated(self._uri):
            present = self._client.get_experiment(self._experiment).tags
            ours = _read_digests(present.get(_OURS))
            for name, text in tags.items():
                found = present.get(name)
                if found is None or _digest(found) == ours.get(name):
                    ours[name] = _digest(text)
                    self._tag(name, text, found)
            self._tag(_OURS, json.dumps(ours, sort_keys=True), present.get(_OURS))
            if opens or OPENS not in present:
                self._tag(OPENS, opens or CELLS, present.get(OPENS))
            self._tag(WRITTEN, datetime.now(UTC).isoformat(timespec="milliseconds"), None)

    def _tag(self, name: str, text: str, found: str | None) -> None:
        if text != found:
            self._client.set_experiment_tag(self._experiment, name, text)

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._client.delete_run(self._present.pop(key).run)

    @cached_property
    def _client(self) -> Any:
        """Connects; for SQLite this creates the database, which must happen in one process only."""
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("DO_NOT_TRACK", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "ERROR")
        # MLflow's own patience would hold up the end of a run for minutes when its server is down.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "1")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
        for name in ("mlflow", "alembic"):
            logging.getLogger(name).setLevel(logging.ERROR)
        file = sqlite_file(self._uri)
        if file is not None:
            settle(file)
        from mlflow.tracking import MlflowClient

        return MlflowClient(tracking_uri=self._uri)

    @cached_property
    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                self._client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        file = sqlite_file(self._uri)
        location = None if file is None else artifacts_beside(file)
        return str(self._client.create_experiment(self._name, artifact_location=location))

    @cached_property
    def _present(self) -> dict[str, _Present]:
        """Runs by key, looked up once; this process is the only writer."""
        known: dict[str, _Present] = {}
        token: str | None = ""
        while token is not None:
            page = self._client.search_runs(
                [self._experiment], max_results=1000, page_token=token or None
            )
            for found in page:
                tags = found.data.tags
                known[tags.get(_KEY, "")] = _Present.of(found.info.run_id, tags)
            token = page.token or None
        return known

    def _write(self, entry: Entry) -> _Present:
        from mlflow.entities import Metric, Param, RunTag

        span, last = entry.span or _now(), entry.last_step
        created = self._client.create_run(
            self._experiment,
            start_time=span.start,
            run_name=entry.title,
            tags={**entry.tags, _KEY: entry.key},
        )
        run_id = created.info.run_id
        parameters = [Param(name, value) for name, value in entry.parameters.items()]
        self._client.log_batch(run_id, params=parameters)
        for start in range(0, len(entry.metrics), CHUNK):
            chunk = [
                Metric(name, value, span.at(step, last), step)
                for name, value, step in entry.metrics[start : start + CHUNK]
            ]
            self._client.log_batch(run_id, metrics=chunk)
        if entry.inputs:
            self._client.log_inputs(run_id, [_dataset(one) for one in entry.inputs])
        for name, text in entry.texts.items():
            self._client.log_text(run_id, text, name)
        for path, folder in entry.files.items():
            self._client.log_artifact(run_id, str(path), folder or None)
        # Comes last: a run without it was interrupted, and is written anew.
        self._client.log_batch(run_id, tags=[RunTag(COMPLETE, entry.fingerprint)])
        ended = "FAILED" if entry.failed else "FINISHED"
        self._client.set_terminated(run_id, ended, end_time=span.end)
        return _Present.of(run_id, {**entry.tags, COMPLETE: entry.fingerprint})


def _now() -> Span:
    """For what doesn't say when it was."""
    now = time.time_ns() // 1_000_000
    return Span(now, now + 1)


def _dataset(one: Input) -> Any:
    """MLflow's own description of a dataset; making one of data would load them."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    source = json.dumps({"split": one.digest, "of": one.context})
    profile = None if one.images is None else json.dumps({"train_images": one.images})
    digest = one.digest[:_DIGEST] or "unknown"
    data = Dataset(one.name, digest, "querycurve", source, profile=profile)
    return DatasetInput(data, [InputTag("mlflow.data.context", one.context)])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _read_digests(text: str | None) -> dict[str, str]:
    """What was written of tags; nothing where that can't be read."""
    try:
        return dict(json.loads(text or "{}"))
    except ValueError:
        return {}


class TrackingThread:
    """Writes to MLflow beside the run, so that a slow server holds nothing up.

    After the first error nothing more is written: results are in the store, and the view can be
    rebuilt.

    Args:
        tracker: the writer.
        on_error: told the first error.
        first: written before what is submitted, one by one.
    """

    def __init__(
        self, tracker: Tracker, on_error: Callable[[str], None], first: Iterable[Entry] = ()
    ) -> None:
        self._tracker, self._on_error, self._first = tracker, on_error, first
        self._queue: queue.SimpleQueue[Iterable[Entry] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def submit(self, entries: Iterable[Entry]) -> None:
        """Hands over what is to be written; returns at once.

        Entries are taken in turn, in this thread: made before, those that wait for a slow server
        would fill the memory.
        """
        self._queue.put(entries)

    def close(self) -> None:
        """Waits until everything handed over is written, or was given up."""
        self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        submitted = iter(self._queue.get, None)
        try:
            for entry in chain(self._first, chain.from_iterable(submitted)):
                self._tracker.put(entry)
        except (TrackingError, UserError) as error:  # of MLflow, or of the store that is read
            self._on_error(str(error))
        except Exception as error:  # the run goes on, whatever it is
            text = f"{type(error).__name__}: {error}"
            self._on_error(masked(f"what MLflow is to show can't be made ({text}). {_SAFE}"))
        else:
            return
        for _ in submitted:
            pass


@contextmanager
def only_writer(storage: Storage, uri: str) -> Iterator[bool]:
    """Whether no other run on a store writes to this MLflow for as long as the block lasts.

    Args:
        storage: what the runs share.
        uri: tracking URI.
    """
    file = sqlite_file(uri)
    place = uri if file is None else f"sqlite:///{os.path.realpath(file)}"
    name = f"tracking-{hashlib.sha256(place.encode()).hexdigest()[:16]}"
    with Leases.of_process(storage, run=uuid4().hex).held(name) as lease:
        yield lease is not None


@contextmanager
def _translated(uri: str) -> Iterator[None]:
    """Turns whatever MLflow raises into a TrackingError that says what to do."""
    try:
        yield
    except DatabaseError as error:
        raise TrackingError(f"MLflow at {masked(uri)} can't be written: {error}. {_SAFE}") from None
    except Exception as error:
        first = (str(error).splitlines() or [""])[0][:300]
        file = sqlite_file(uri)
        advice = "" if file is None else remedy(str(error), file)
        told = f"{type(error).__name__}: {masked(first)}" + (f"; {advice}" if advice else "")
        if any(name in first for name in _SILENT):
            told = "its server doesn't answer"
        raise TrackingError(
            f"MLflow at {masked(uri)} can't be written ({told}). {_SAFE}"
        ) from None  # the cause may quote the address, password and all
