"""MLflow in the life of a spec: written while it runs, completed after it, rebuilt when asked.

One process at a time writes to an MLflow on behalf of a store; whoever comes second leaves it to
the first, and what is missing then, the next `track` adds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestrator.analysis.collect import failed_runs, finished_runs
from orchestrator.analysis.runs import Run
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.plan.plan import Plan
from orchestrator.spec.load import spec_as_yaml
from orchestrator.store.store import Store
from orchestrator.tracking.entries import Entry, TrackedSpec
from orchestrator.tracking.tracker import Tracker, TrackingError, TrackingThread, only_writer

if TYPE_CHECKING:
    from orchestrator.analysis.report.write import Report

_NOT_ALONE = "another run on this store writes to MLflow; what is missing there, `track` adds later"


@contextmanager
def tracking_thread(
    plan: Plan, store: Store, uri: str | None, warn: Callable[[str], None]
) -> Iterator[TrackingThread | None]:
    """A thread that writes to MLflow while a plan runs.

    Args:
        plan: what is run.
        store: what it holds already is written first.
        uri: MLflow's address; with None nothing is written.
        warn: told when MLflow can't be written, or another run writes to it.

    Yields:
        None where nothing is to be written.
    """
    if uri is None:
        yield None
        return
    with only_writer(store.storage, uri) as alone:
        if not alone:
            warn(_NOT_ALONE)
            yield None
            return
        thread = TrackingThread(Tracker(uri, tracked(plan)), warn)
        try:
            for run in _stored(plan, store):  # what an interrupted run may not have told MLflow
                thread.submit(run)
            yield thread
        finally:
            thread.close()


def track_summary(
    plan: Plan, store: Store, uri: str, report: Report, warn: Callable[[str], None]
) -> None:
    """Adds means over seeds, the report, and cells that another run finished or could not track.

    `warn` is told where MLflow can't be written, or another run writes to it.
    """
    try:
        rebuild_tracking(plan, store, uri, report)
    except UserError as error:
        warn(str(error))


def rebuild_tracking(
    plan: Plan, store: Store, uri: str, report: Report, trials: Iterable[Entry] = ()
) -> int:
    """Brings MLflow to what the store holds of a plan; returns the number of cells.

    Args:
        plan: what was asked.
        store: where results lie.
        uri: MLflow's address.
        report: goes to the summary run.
        trials: of a search.

    Raises:
        UserError: MLflow can't be written, or another run on this store writes to it.
    """
    tracker, runs = Tracker(uri, tracked(plan)), _stored(plan, store)
    with only_writer(store.storage, uri) as alone:
        if not alone:
            raise UserError(f"{_NOT_ALONE}. Try again when it has ended.")
        try:
            count = tracker.rebuild(runs)
            for entry in trials:
                tracker.put(entry)
            tracker.log_report(report, runs)
        except TrackingError as error:
            raise UserError(str(error)) from None
        return count


def tracked(plan: Plan) -> TrackedSpec:
    """What all MLflow runs of a plan share."""
    budget = max((cell.cell.budget for cell in plan.cells), default=0)
    return TrackedSpec(plan.spec.name, masked(spec_as_yaml(plan.spec)), budget or plan.spec.budget)


def _stored(plan: Plan, store: Store) -> list[Run]:
    return [*finished_runs(plan, store), *failed_runs(plan, store)]
