"""The `report` verb: writes what has finished, and says where."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from orchestrator.ablation_view import show_sweep
from orchestrator.analysis.report.terminal import show_table
from orchestrator.analysis.report.write import Report, write_report
from orchestrator.analysis.table import as_rich, seeds_text
from orchestrator.collect import comparison_of
from orchestrator.plan import Plan
from orchestrator.search.findings import with_search
from orchestrator.searching import Searched
from orchestrator.store import Store


def write_plan_report(
    plan: Plan, store: Store, out: Path | None, search: Searched | None = None
) -> Report:
    """Writes the report of a plan.

    Args:
        plan: what was asked.
        store: where results lie.
        out: folder of the files; None for one beside the results.
        search: the spec's search; None without one.

    Raises:
        UserError: nothing has finished yet, or the folder can't be written.
    """
    comparison = comparison_of(plan, store)
    if search is not None:
        comparison = with_search(comparison, search, store)
    return write_report(comparison, out or report_folder(plan, store))


def show_report(report: Report, plan: Plan, console: Console) -> None:
    """Prints what the protocol asks or else the comparison; last of all, where the page is."""
    for block in report.headlines:
        title = f"{plan.spec.name}: {seeds_text(report.rows)}"
        show_table(block, title, console)
    if report.rows and not report.headlines:
        console.print(as_rich(report.rows, plan.spec.name))
    for sweep in report.sweeps:
        show_sweep(sweep, console)
    console.print(f"figures and tables: {report.folder}", highlight=False, soft_wrap=True)
    console.print(f"report: {report.page}", highlight=False, soft_wrap=True)


def report_folder(plan: Plan, store: Store) -> Path:
    """Where a report goes unless said otherwise: into the store, or here when that is remote."""
    location = store.storage.location
    root = Path() if "://" in location else Path(location)
    return root.absolute() / "reports" / plan.spec.name
