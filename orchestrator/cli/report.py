"""The `report` verb: writes what has finished, and says where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Column
from rich.text import Text

from benchmarks.places import PlaceError, is_address, local_path
from orchestrator.analysis.ablation import Sweep, intervals
from orchestrator.analysis.access_table import access_notes, access_table
from orchestrator.analysis.collect import LeftOut, comparison_of
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.regret import regrets_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.run_links import RunLink
from orchestrator.analysis.report.terminal import comparison_table, seeds_text, show_table
from orchestrator.analysis.report.write import Report, write_report
from orchestrator.analysis.short_names import short_names
from orchestrator.cli.plan_view import show_skipped
from orchestrator.console import counted, output, plain_table, say
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.store.store import Store

if TYPE_CHECKING:
    from orchestrator.search.plan import PlannedSearch

LONGEST_VALUE = 30
"""Characters of a varied field's value."""

MOST_COLUMNS = 3
"""Datasets beside which values and means still fit into 80 columns; more are in the report."""


def show_sweep(sweep: Sweep) -> None:
    """Accuracy at each value, then what the default gives away."""
    shown = sweep.datasets if len(sweep.datasets) <= MOST_COLUMNS else ()
    columns = {dataset: intervals(sweep.on(dataset)) for dataset in shown}
    if len(sweep.shared) > 1:
        columns[f"mean of {len(sweep.shared)}"] = intervals(sweep.mean())
    table = plain_table(
        Column("value", no_wrap=True),
        *(Column(name, justify="right") for name in columns),
        title=f"{sweep.ablation}: {sweep.title} varied, accuracy (%)",
    )
    texts = short_names((value.text for value in sweep.values), LONGEST_VALUE)
    for value in sweep.values:
        found = [column.get(value) for column in columns.values()]
        mark = " (default)" if value == sweep.default else ""
        cells = ("-" if one is None else interval_text(one) for one in found)
        table.add_row(Text(texts[value.text] + mark), *cells)
    output.print(table)
    for name, regret in regrets_of(sweep):
        said = (
            "the default is the best value tried"
            if regret.is_default
            else f"best is {regret.best.text}, {interval_text(regret.regret)} points above the "
            f"default: {regret.verdict}"
        )
        say(f"{name}: {said}")


def write_plan_report(  # noqa: PLR0913 - what is reported, where to, and what is beside it
    plan: Plan,
    store: Store,
    out: Path | None,
    search: PlannedSearch | None = None,
    left_out: LeftOut | None = None,
    *,
    run_link: RunLink | None = None,
) -> Report:
    """Writes the report of a plan.

    Args:
        plan: what was asked.
        store: where results lie.
        out: folder of the files; None for one beside the results.
        search: the spec's search; None without one.
        left_out: told of each trace that can't be read; None refuses it.
        run_link: where a cell's run in MLflow is shown; None for no links.

    Raises:
        UserError: nothing has finished yet, or the folder can't be written.
    """
    comparison = comparison_with_search(plan, store, search, left_out)
    return write_report(comparison, out or report_folder(plan, store), run_link)


def comparison_with_search(
    plan: Plan,
    store: Store,
    search: PlannedSearch | None = None,
    left_out: LeftOut | None = None,
) -> Comparison:
    """What a report of a plan is about, its search included; as `write_plan_report`."""
    comparison = comparison_of(plan, store, left_out)
    if search is None:
        return comparison
    from orchestrator.search.findings import with_search

    return with_search(comparison, search, left_out)


def out_folder(out: Path | None, option: str = "--out") -> Path | None:
    """The folder that an option names, as an absolute path; None without it.

    Raises:
        UserError: it names none.
    """
    if out is None:
        return None
    try:
        if is_address(out):
            raise UserError(f"{option}: {out} is no folder: give one on this machine.")
        return local_path(out)
    except PlaceError as error:
        raise UserError(f"{option}: {error}") from None


def show_in_short(report: Report) -> None:
    """Prints the headline, and where the rest is."""
    _say_headline(report)
    _say_where(report)


def show_report(report: Report, plan: Plan) -> None:
    """Prints the headline, then what the protocol asks or else the comparison, then where it is."""
    _say_headline(report)
    for remark in report.remarks:
        say(f"note: {remark}")
    if report.chosen_target:
        _say_folded(f"note: {report.chosen_target}")
    for block in report.headlines:
        what = f"{plan.spec.name}, {block.title}" if block.title else plan.spec.name
        title = f"{what}: {seeds_text(report.rows)}"
        show_table(block, title, output)
    if report.rows and not report.headlines:
        comparison_table(report.rows, plan.spec.name).show(output)
    _show_access(report)
    for sweep in report.sweeps:
        show_sweep(sweep)
    left_out = plan.counts()["skipped"]
    if left_out:
        are = "is" if left_out == 1 else "are"
        say(f"{left_out} of {counted(len(plan.work), 'cell')} {are} skipped:")
        show_skipped(plan)
    say(f"figures and tables: {report.folder}")
    _say_where(report)


def _say_headline(report: Report) -> None:
    for paragraph in report.in_words:
        _say_folded(paragraph)


def _say_where(report: Report) -> None:
    say(f"report: {report.page}")


def _say_folded(text: str) -> None:
    """Prints a paragraph folded between words, whole words never cut."""
    output.print(Text(text), soft_wrap=False)


def _show_access(report: Report) -> None:
    """Methods by what they need, with what more than one query a test image costs."""

    def remark(label: str) -> str:
        found = report.deployments[label]
        return (
            "" if found.queries_text in ("1", "-") else f"{found.queries_text} queries a test image"
        )

    if report.access:
        output.print(access_table(report.access, remark))
    for note in access_notes(report.access):
        say(note)


def report_folder(plan: Plan, store: Store) -> Path:
    """Where a report goes unless said otherwise: into the store, or here when that is remote."""
    location = store.storage.location
    root = Path() if "://" in location else Path(location)
    return root.absolute() / "reports" / plan.spec.name
