"""Drives the cells of a plan on a Ray cluster, and tells MLflow of them as they end."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress

from orchestrator.analysis.collect import run_of
from orchestrator.console import output, say, warn_beside_progress
from orchestrator.plan.alike import Group
from orchestrator.plan.earlier_paces import earlier_paces
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.pool.cluster import connected
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.driver import Driver
from orchestrator.pool.options import LaunchOptions, pool_limits, worker_setup
from orchestrator.pool.run_gate import gates
from orchestrator.store.storage import BlobMissing
from orchestrator.store.store import Store
from orchestrator.tracking.entries import Entry, TrackedSpec, cell_entry
from orchestrator.tracking.session import Track, tracked, tracking

Show = Callable[[Sequence[PlannedCell], Mapping[Group, float]], RunDisplay]
"""Makes what is told of a run, from the cells that will run and the paces of earlier ones."""


def on_console(cells: Sequence[PlannedCell], paces: Mapping[Group, float]) -> RunDisplay:
    """Shows a run where everything else is printed."""
    return RunDisplay(cells, output, paces=paces)


def drive(
    plan: Plan, store: Store, options: LaunchOptions, show: Show = on_console
) -> list[tuple[PlannedCell, str]]:
    """Runs what the store lacks; returns the cells that failed, with their errors.

    Args:
        plan: what was asked.
        store: where results go.
        options: where and how to run.
        show: makes what is told of the run.

    Raises:
        UserError: the cluster can't be reached, or no actor starts.
    """
    with (
        tracking(plan, store, options.tracking_uri, warn_beside_progress) as track,
        connected(options.address, say, dashboard=options.dashboard),
    ):
        return _driven(plan, store, options, track, show)


def _driven(
    plan: Plan, store: Store, options: LaunchOptions, track: Track, show: Show
) -> list[tuple[PlannedCell, str]]:
    """One pool after another where an ablation runs on several models."""
    spec = tracked(plan)

    def on_end(cell: PlannedCell) -> None:
        track(_entries(plan.known_as(cell.key), store, spec))

    todo, failed = plan.to_run(), []
    with show(todo, earlier_paces(plan, store)) as display, gates() as gate_to:
        for backbone in dict.fromkeys(cell.backbone for cell in todo):
            cells = tuple(cell for cell in todo if cell.backbone == backbone)
            setup = worker_setup(plan, backbone, store, options, gate_to(backbone))
            limits = pool_limits(options, backbone)
            failed += Driver(cells, store, setup, limits, display, on_end).run()
    return failed


def _entries(labels: tuple[PlannedCell, ...], store: Store, spec: TrackedSpec) -> Iterator[Entry]:
    """A cell under all its labels; its trace is read once they are asked for."""
    for read in (store.finished, store.failed):
        with suppress(BlobMissing):
            trace = read(labels[0].key)
            yield from (cell_entry(run_of(cell, trace), spec) for cell in labels)
            return
