"""From a plan to a finished run: cluster, driver, tracking, and what the person is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import ray
from rich.console import Console

from orchestrator.analysis.report.write import Report
from orchestrator.analysis.runs import Run
from orchestrator.cluster import ClusterChoice, connected
from orchestrator.collect import failed_runs, finished_runs, run_of
from orchestrator.driver import Driver, RunSummary
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.plan import STATUSES, Plan, PlannedCell
from orchestrator.plan_view import show_notes, show_skipped
from orchestrator.pool import PoolLimits
from orchestrator.progress import display_for
from orchestrator.spec import spec_as_yaml
from orchestrator.store import Store
from orchestrator.trace import Trace
from orchestrator.tracking import Tracker, TrackingError, TrackingThread, only_writer
from orchestrator.tracking_entries import Entry, TrackedSpec
from orchestrator.worker_protocol import WorkerSetup


@dataclass(frozen=True)
class LaunchOptions:
    """Where and how to run.

    Attributes:
        data_root: the folder or location that holds the datasets.
        address: Ray cluster to join; None starts one here.
        actors: the most actors; None for all that fit.
        cpus: CPU cores of one actor.
        trials_per_gpu: actors that share a GPU, 0 to leave GPUs alone; None for one where the
            cluster has any.
        compile: whether towers on GPUs are compiled.
        checkpoint_seconds: seconds between two checkpoints of a cell.
        tracking_uri: MLflow's address; None to leave MLflow alone.
        patience: seconds to wait for a store that doesn't answer.
    """

    data_root: str
    address: str | None
    actors: int | None
    cpus: float
    trials_per_gpu: int | None
    compile: bool
    checkpoint_seconds: float
    tracking_uri: str | None
    patience: float


def launch(plan: Plan, store: Store, options: LaunchOptions, console: Console) -> int:
    """Runs what the store lacks; returns how many cells failed.

    Raises:
        UserError: nothing can run at all, the cluster can't be reached, or no actor starts.
    """
    counts = plan.counts()
    line = ", ".join(f"{counts[status]} {status}" for status in STATUSES if counts[status])
    console.print(f"{plan.spec.name}: {line}", highlight=False)
    show_notes(plan, console)
    show_skipped(plan, console)
    if counts["skipped"] == len(plan.cells):
        raise UserError("none of the datasets is there, so nothing can run (see above).")
    with ExitStack() as stack:
        tracking = stack.enter_context(tracking_thread(plan, store, options, console))
        if not plan.to_run():
            return 0
        console.print("starting Ray and loading the model ...", highlight=False)
        stack.enter_context(connected(ClusterChoice(options.address)))
        summary = _drive(plan, store, options, console, tracking)
    _tell_failures(summary, console)
    return len(summary.failed)


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
    plan: Plan, store: Store, options: LaunchOptions, console: Console
) -> Iterator[TrackingThread | None]:
    """A thread that writes to MLflow, unless that is unwanted or another run does."""
    uri = options.tracking_uri
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


def _drive(
    plan: Plan,
    store: Store,
    options: LaunchOptions,
    console: Console,
    tracking: TrackingThread | None,
) -> RunSummary:
    """One pool after another where an ablation runs on several models."""

    def track(cell: PlannedCell, trace: Trace) -> None:
        if tracking is not None:
            tracking.submit(run_of(cell, trace))

    limits = pool_limits(options)
    todo, summary = plan.to_run(), RunSummary()
    with display_for(todo, console) as display:
        for backbone in dict.fromkeys(cell.backbone for cell in todo):
            cells = tuple(cell for cell in todo if cell.backbone == backbone)
            setup = worker_setup(plan, backbone, store, options)
            summary += Driver(cells, store, setup, limits, display, track).run()
    return summary


def pool_limits(options: LaunchOptions) -> PoolLimits:
    """Resources of the oracle actors; needs a connection to the cluster."""
    sharing = options.trials_per_gpu
    if sharing is None:
        sharing = 1 if ray.cluster_resources().get("GPU") else 0
    return PoolLimits(cpus=options.cpus, gpus=_share_of_gpu(sharing), actors=options.actors)


def worker_setup(
    plan: Plan, backbone: ResolvedBackbone, store: Store, options: LaunchOptions
) -> WorkerSetup:
    """What each oracle actor of a plan loads for one of its models."""
    return WorkerSetup(
        backbone=backbone,
        precision=plan.spec.precision,
        store=store.storage.location,
        store_identity=store.identity(),
        data_root=options.data_root,
        short_classes=plan.spec.short_classes,
        own_datasets=plan.spec.own_datasets,
        unreadable=plan.unreadable,
        threads=max(1, int(options.cpus)),
        checkpoint_interval=options.checkpoint_seconds,
        patience=options.patience,
        compile=options.compile,
    )


def _share_of_gpu(trials: int) -> float:
    """Ray counts in ten-thousandths, so a share is rounded down to let all of them fit."""
    return 10_000 // trials / 10_000 if trials else 0.0


def _tell_failures(summary: RunSummary, console: Console) -> None:
    for cell, error in summary.failed:
        console.print(f"failed: {cell.title}: {error}", style="red", highlight=False, markup=False)
    if summary.failed:
        console.print(
            f"{len(summary.failed)} cells failed; their tracebacks are in the store, and the same "
            f"command tries them again.",
            highlight=False,
        )
