"""What follows a run: its report, with links into MLflow, and the report in MLflow."""

from __future__ import annotations

from functools import partial

from orchestrator.analysis.report.write import Report
from orchestrator.cli.report import write_plan_report
from orchestrator.cli.run_links import link_to_write
from orchestrator.cli.work import Work
from orchestrator.console import output, warn
from orchestrator.tracking.session import track_summary


def report_and_track(work: Work, uri: str | None) -> tuple[Report, bool | None]:
    """Writes the report of a run, and whether MLflow has it; None where nothing is written there.

    Args:
        work: what was run.
        uri: MLflow's address; None to leave it alone.

    Raises:
        UserError: nothing has finished, or the report can't be written.
    """
    plan, store = work.plan, work.store
    link = link_to_write(plan.spec.name, store, uri)
    written = write_plan_report(plan, store, None, work.search, warn, run_link=link)
    if uri is None:
        return written, None
    return written, track_summary(plan, store, uri, written, partial(warn, console=output))
