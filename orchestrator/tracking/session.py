"""MLflow in the life of a spec: written while it runs, completed after it, rebuilt when asked.

One process at a time writes to an MLflow on behalf of a store; whoever comes second leaves it to
the first, and what is missing then, the next `track` adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from benchmarks.protocols import protocol_named
from orchestrator.analysis.collect import ANALYSED, failed_runs, finished_runs, stored_runs
from orchestrator.analysis.runs import Run
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.plan.plan import Plan
from orchestrator.spec.load import spec_as_yaml
from orchestrator.store.sqlite_address import sqlite_file
from orchestrator.store.storage import Storage
from orchestrator.store.store import Store
from orchestrator.tracking.database import DatabaseError
from orchestrator.tracking.entries import (
    Entry,
    TrackedSpec,
    aggregate_entries,
    cell_entry,
    summary_entry,
)
from orchestrator.tracking.experiments import experiments_in
from orchestrator.tracking.overall_entries import OVERALL, overall_entries
from orchestrator.tracking.tracker import Tracker, TrackingError, TrackingThread, only_writer
from orchestrator.tracking.views import MEANS, OVER_DATASETS, experiment_tags

if TYPE_CHECKING:
    from orchestrator.analysis.report.write import Report

Track = Callable[[Iterable[Entry]], None]
"""Hands runs to MLflow; returns at once. They are made when they are written, if ever."""

_NOT_ALONE = "another run on this store writes to MLflow; what is missing there, `track` adds later"


@contextmanager
def tracking(
    plan: Plan, store: Store, uri: str | None, warn: Callable[[str], None]
) -> Iterator[Track]:
    """Writes to MLflow in a thread while a plan runs; yields what hands runs to it.

    Args:
        plan: what is run.
        store: what it holds already is written first.
        uri: MLflow's address; with None nothing is written.
        warn: told when MLflow can't be written, or another run writes to it.
    """
    if uri is None:
        yield _leave
        return
    with only_writer(store.storage, uri) as alone:
        if not alone:
            warn(_NOT_ALONE)
            yield _leave
            return
        # First of all what an interrupted run may not have told MLflow.
        spec = tracked(plan)
        stored = map(partial(cell_entry, spec=spec), stored_runs(plan, store, _say_nothing))
        tracker = Tracker(uri, plan.spec.name)
        thread = TrackingThread(tracker, warn, chain(_described(tracker, plan), stored))
        try:
            yield thread.submit
        finally:
            thread.close()


def track_summary(
    plan: Plan, store: Store, uri: str, report: Report, warn: Callable[[str], None]
) -> bool:
    """Adds means over seeds, the report, and cells that another run finished or could not track.

    Returns whether all is in MLflow now; where it can't be written, or another run writes to it,
    `warn` is told.
    """
    try:
        rebuild_tracking(plan, store, uri, report)
    except UserError as error:
        warn(str(error))
        return False
    return True


def rebuild_tracking(
    plan: Plan, store: Store, uri: str, report: Report, trials: Iterable[Entry] = ()
) -> int:
    """Brings MLflow to what the store holds of a plan; returns its cells, under all their labels.

    Args:
        plan: what was asked.
        store: where results lie.
        uri: MLflow's address.
        report: goes to the summary run.
        trials: of a search.

    Raises:
        UserError: MLflow can't be written, or another run on this store writes to it.
    """
    tracker, spec = Tracker(uri, plan.spec.name), tracked(plan)
    with only_writer(store.storage, uri) as alone:
        if not alone:
            raise UserError(f"{_NOT_ALONE}. Try again when it has ended.")
        try:
            keys = set()
            for run in stored_runs(plan, store, _say_nothing):
                entry = cell_entry(run, spec)
                tracker.put(entry)
                keys.add(entry.key)
            tracker.forget_former_labels(keys)
            runs = _analysed(plan, store)
            overall = overall_entries(runs, spec)
            tracker.keep_only(OVERALL, [entry.key for entry in overall])
            for entry in (*aggregate_entries(runs, spec), *overall, *trials):
                tracker.put(entry)
            tracker.put(summary_entry(report, runs, spec))
            tracker.describe(_tags(plan), OVER_DATASETS if overall else MEANS)
        except TrackingError as error:
            raise UserError(str(error)) from None
    return len(keys)


def experiment_of(name: str, storage: Storage, uri: str) -> str | None:
    """The id of a spec's experiment, which is made if need be, so that a report can link to it.

    None where MLflow can't be written, or another run writes to it and there is none yet.

    Args:
        name: the spec's.
        storage: the store's, which the runs share.
        uri: MLflow's address.
    """
    file = sqlite_file(uri)
    with suppress(TrackingError, DatabaseError):
        if file is not None and file.is_file():
            for one in experiments_in(uri):
                if one.name == name:
                    return one.id
        with only_writer(storage, uri) as alone:
            return Tracker(uri, name).experiment() if alone else None
    return None


def tracked(plan: Plan) -> TrackedSpec:
    """What all MLflow runs of a plan share."""
    budget = max((cell.cell.budget for cell in plan.cells), default=0)
    yaml = masked(spec_as_yaml(plan.spec))
    return TrackedSpec(plan.spec.name, yaml, budget or plan.spec.budget, plan.spec.prices)


def _tags(plan: Plan) -> dict[str, str]:
    spec, datasets = plan.spec, dict.fromkeys(cell.cell.dataset for cell in plan.cells)
    both = protocol_named(spec.protocol).splits_classes
    return experiment_tags(spec.name, tuple(datasets), source=spec.source, new_classes=both)


def _described(tracker: Tracker, plan: Plan) -> Iterator[Entry]:
    """Describes the experiment before anything is written to it, in the thread that writes."""
    tracker.describe(_tags(plan))
    yield from ()


def _say_nothing(_: str) -> None:
    """Of traces that can't be read, the report says so, which is made first."""


def _leave(_: Iterable[Entry]) -> None:
    """Leaves MLflow alone."""


def _analysed(plan: Plan, store: Store) -> list[Run]:
    """What means and the summary are made of: without training losses, which fill the memory."""
    return [
        *finished_runs(plan, store, ANALYSED, _say_nothing),
        *failed_runs(plan, store, _say_nothing),
    ]
