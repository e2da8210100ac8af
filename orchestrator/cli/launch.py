"""From a plan to a finished run: cluster, driver, tracking, and what the person is told."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from rich.console import Console

from orchestrator.analysis.collect import run_of
from orchestrator.cli.console import say, warn
from orchestrator.cli.plan_view import show_notes, show_skipped, status_counts
from orchestrator.cli.progress import display_for
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.pool.cluster import ClusterChoice, connected
from orchestrator.pool.driver import Driver, RunSummary
from orchestrator.pool.options import LaunchOptions, pool_limits, worker_setup
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.tracking.session import tracking_thread
from orchestrator.tracking.tracker import TrackingThread


def launch(plan: Plan, store: Store, options: LaunchOptions, console: Console) -> int:
    """Runs what the store lacks; returns how many cells failed.

    Raises:
        UserError: nothing can run at all, the cluster can't be reached, or no actor starts.
    """
    say(f"{plan.spec.name}: {status_counts(plan.cells)}", console)
    show_notes(plan, console)
    show_skipped(plan, console)
    if all(cell.status == "skipped" for cell in plan.cells):
        raise UserError("none of the datasets is there, so nothing can run (see above).")
    with ExitStack() as stack:
        told = partial(warn, console=console)
        tracking = stack.enter_context(tracking_thread(plan, store, options.tracking_uri, told))
        if not plan.to_run():
            return 0
        say("starting Ray and loading the model ...", console)
        stack.enter_context(
            connected(ClusterChoice(options.address), partial(say, console=console))
        )
        summary = _drive(plan, store, options, console, tracking)
    _tell_failures(summary, console)
    return len(summary.failed)


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


def _tell_failures(summary: RunSummary, console: Console) -> None:
    for cell, error in summary.failed:
        say(f"failed: {cell.title}: {error}", console, "red")
    if summary.failed:
        say(
            f"{len(summary.failed)} cells failed; their tracebacks are in the store, and the same "
            f"command tries them again.",
            console,
        )
