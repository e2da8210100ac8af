"""MLflow while a run lasts, after it, and built anew from the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console

from orchestrator.analysis.collect import failed_runs, finished_runs
from orchestrator.analysis.report.write import Report
from orchestrator.analysis.runs import Run
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.plan.plan import Plan
from orchestrator.spec.load import spec_as_yaml
from orchestrator.store.store import Store
from orchestrator.tracking.entries import Entry, TrackedSpec
from orchestrator.tracking.tracker import Tracker, TrackingError, TrackingThread, only_writer


def rebuild_tracking(
    plan: Plan, store: Store, uri: str, report: Report | None, trials: Iterable[Entry] = ()
) -> int:
    """Brings MLflow to what the store holds of a plan; returns the number of cells.

    Args:
        plan: what was asked.
        store: where results lie.
        uri: MLflow's address.
        report: goes to the summary run; None for none.
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
            if report is not None:
                tracker.log_report(report, runs)
        except TrackingError as error:
            raise UserError(str(error)) from None
        return count


def track_summary(plan: Plan, store: Store, uri: str, report: Report, console: Console) -> None:
    """Adds means over seeds, the report, and cells that another run finished or could not track.

    Says so where MLflow can't be written, or is being written by another run.
    """
    tracker, runs = Tracker(uri, tracked(plan)), _stored(plan, store)
    with only_writer(store.storage, uri) as alone:
        if not alone:
            console.print(_NOT_ALONE, style="yellow", highlight=False)
            return
        try:
            tracker.rebuild(runs)
            tracker.log_report(report, runs)
        except TrackingError as error:
            console.print(str(error), style="yellow", highlight=False)


@contextmanager
def tracking_thread(
    plan: Plan, store: Store, uri: str | None, console: Console
) -> Iterator[TrackingThread | None]:
    """A thread that writes to MLflow, unless that is unwanted or another run does."""
    if uri is None:
        yield None
        return
    with only_writer(store.storage, uri) as alone:
        if not alone:
            console.print(_NOT_ALONE, style="yellow", highlight=False)
            yield None
            return
        thread = TrackingThread(
            Tracker(uri, tracked(plan)),
            lambda text: console.print(text, style="yellow", highlight=False),
        )
        try:
            for run in _stored(plan, store):  # what an interrupted run may not have told MLflow
                thread.submit(run)
            yield thread
        finally:
            thread.close()


_NOT_ALONE = "another run on this store writes to MLflow; what is missing there, `track` adds later"


def _stored(plan: Plan, store: Store) -> list[Run]:
    return [*finished_runs(plan, store), *failed_runs(plan, store)]


def tracked(plan: Plan) -> TrackedSpec:
    """What all MLflow runs of a plan share."""
    budget = max((cell.cell.budget for cell in plan.cells), default=0)
    return TrackedSpec(plan.spec.name, masked(spec_as_yaml(plan.spec)), budget or plan.spec.budget)
