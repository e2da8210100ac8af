"""From a plan to a finished run: cluster, driver, tracking, and what the person is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from orchestrator.cli.plan_view import show_notes, show_skipped, status_counts
from orchestrator.cli.run_lease import run_lease
from orchestrator.console import counted, hushed, say
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.pool.options import LaunchOptions
from orchestrator.pool.reaching import check_listening, named_cluster
from orchestrator.store.store import Store

if TYPE_CHECKING:
    from orchestrator.cli.driving import Show


def launch(plan: Plan, store: Store, options: LaunchOptions, show: Show | None = None) -> int:
    """Runs what the store lacks; returns how many cells failed. Ray starts only if it lacks any.

    Args:
        plan: what was asked.
        store: where results go.
        options: where and how to run.
        show: makes what is told of the run; None for bars or lines on the console.

    Raises:
        UserError: nothing can run at all, the cluster can't be reached, or no actor starts.
    """
    say(f"{plan.spec.name}: {status_counts(plan.cells)}")
    show_notes(plan)
    if all(cell.status == "skipped" for cell in plan.cells):
        with hushed(on=False):
            show_skipped(plan)
        raise UserError("nothing can run: all cells are skipped, for the reasons above.")
    show_skipped(plan)
    if not plan.to_run():
        return 0
    if named := named_cluster(options.address):
        check_listening(named)  # a wrong address is refused before seconds go into imports
    with run_lease(plan, store.storage):
        from orchestrator.cli.driving import drive, on_console

        say("starting Ray and loading the model ...")
        failed = drive(plan, store, options, show or on_console)
    with hushed(on=False):
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
