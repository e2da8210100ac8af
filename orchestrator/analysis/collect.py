"""Collects a plan's cells from the store, for tracking and reports."""

from collections.abc import Collection

from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import ACCURACY, NEW_ACCURACY, Run, split_by_measurements
from orchestrator.masking import masked
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.skipped import skipped
from orchestrator.spec.load import spec_as_yaml
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace

ANALYSED = frozenset({ACCURACY, NEW_ACCURACY})
"""Metrics that analyses read. Training losses are most of a trace, and would fill the memory."""


def run_of(cell: PlannedCell, trace: Trace) -> Run:
    """A trace at its place in the comparison."""
    place = (cell.cell.dataset, cell.label, cell.cell.shots, cell.cell.seed)
    return Run(*place, trace, cell.ablation_points, cell.same_as)


def finished_runs(plan: Plan, store: Store, metrics: Collection[str] | None = None) -> list[Run]:
    """All finished cells of a plan.

    Args:
        plan: what was asked.
        store: where results lie.
        metrics: what to read of each trace, beside any measurement that is no finite number; None
            reads everything.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    done = store.finished_keys()
    return [
        run_of(cell, store.finished(cell.key, metrics)) for cell in plan.cells if cell.key in done
    ]


def failed_runs(plan: Plan, store: Store) -> list[Run]:
    """Cells of a plan whose last attempt failed and that have no result.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    failed = store.failed_keys() - store.finished_keys()
    return [run_of(cell, store.failed(cell.key)) for cell in plan.cells if cell.key in failed]


def comparison_of(plan: Plan, store: Store) -> Comparison:
    """Everything that a report of a plan draws from.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    sound, unsound = split_by_measurements(finished_runs(plan, store, ANALYSED))
    failures = failed_runs(plan, store)
    known = {run.trace.key for run in (*sound, *unsound, *failures)}
    return Comparison(
        name=plan.spec.name,
        runs=tuple(run for run in sound if not run.ablated),
        ablated=tuple(run for run in sound if run.ablated),
        failures=tuple(failures),
        unsound=tuple(unsound),
        missing=tuple(cell.title for cell in plan.cells if cell.fits and cell.key not in known),
        skipped=tuple((one.what, one.reason) for one in skipped(plan.cells)),
        question=plan.spec.report,
        spec_yaml=masked(spec_as_yaml(plan.spec)),
    )
