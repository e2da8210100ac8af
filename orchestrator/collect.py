"""Collects a plan's finished cells from the store, for tracking and reports."""

from __future__ import annotations

from orchestrator.analysis.queries_to_target import Target
from orchestrator.analysis.runs import Run
from orchestrator.plan import Plan, PlannedCell
from orchestrator.spec import Spec
from orchestrator.store import Store
from orchestrator.trace import Trace


def run_of(cell: PlannedCell, trace: Trace) -> Run:
    """A trace at its place in the comparison."""
    return Run(cell.cell.dataset, cell.label, cell.cell.shots, cell.cell.seed, trace)


def finished_runs(plan: Plan, store: Store) -> list[Run]:
    """All finished cells of a plan.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    done = store.finished_keys()
    return [run_of(cell, store.finished(cell.key)) for cell in plan.cells if cell.key in done]


def failed_runs(plan: Plan, store: Store) -> list[Run]:
    """Cells of a plan whose last attempt failed and that have no result; raises likewise."""
    failed = store.failed_keys() - store.finished_keys()
    return [run_of(cell, store.failed(cell.key)) for cell in plan.cells if cell.key in failed]


def target_of(spec: Spec) -> Target:
    """What queries-to-target aims at in a spec."""
    return Target(gain=spec.report.target_gain, accuracy=spec.report.target_accuracy)
