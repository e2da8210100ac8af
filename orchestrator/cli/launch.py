"""From a plan to a finished run: cluster, driver, tracking, and what the person is told."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial

from orchestrator.analysis.collect import run_of
from orchestrator.cli.plan_view import show_notes, show_skipped, status_counts
from orchestrator.console import counted, output, say, warn
from orchestrator.errors import UserError
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


def launch(plan: Plan, store: Store, options: LaunchOptions) -> int:
    """Runs what the store lacks; returns how many cells failed.

    Raises:
        UserError: nothing can run at all, the cluster can't be reached, or no actor starts.
    """
    say(f"{plan.spec.name}: {status_counts(plan.cells)}")
    show_notes(plan)
    show_skipped(plan)
    if all(cell.status == "skipped" for cell in plan.cells):
        raise UserError("nothing can run: all cells are skipped, for the reasons above.")
    with tracking(plan, store, options.tracking_uri, partial(warn, console=output)) as track:
        if not plan.to_run():
            return 0
        say("starting Ray and loading the model ...")
        with connected(options.address, say):
            failed = _drive(plan, store, options, track)
    for line in _failures(failed):
        say(line, "red")
    if failed:
        say(
            f"{counted(len(failed), 'cell')} failed; tracebacks are in the store, and the same "
            f"command tries again."
        )
    return len(failed)


def _failures(failed: Iterable[tuple[PlannedCell, str]]) -> Iterator[str]:
    """A line for each error, with the cells that it ended: an image may end a whole dataset's."""
    titles: dict[str, list[str]] = {}
    for cell, error in failed:
        titles.setdefault(error, []).append(cell.title)
    for error, (first, *others) in titles.items():
        more = f" and {len(others)} more" if others else ""
        yield f"failed: {first}{more}: {error}"


def _drive(
    plan: Plan,
    store: Store,
    options: LaunchOptions,
    track: Track,
) -> list[tuple[PlannedCell, str]]:
    """One pool after another where an ablation runs on several models."""
    spec = tracked(plan)

    def on_end(cell: PlannedCell) -> None:
        track(_entries(plan.known_as(cell.key), store, spec))

    todo, failed = plan.to_run(), []
    with RunDisplay(todo, output) as display, gates() as gate_to:
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
