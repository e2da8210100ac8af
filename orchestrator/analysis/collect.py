"""Collects a plan's cells from the store, for tracking and reports."""

from collections.abc import Callable, Collection, Iterator, Sequence

from benchmarks.datasets.class_names import shown
from orchestrator.analysis.at_queries import ladder
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import (
    ACCURACY,
    NEW_ACCURACY,
    TEST_IMAGES,
    Run,
    split_by_measurements,
)
from orchestrator.masking import masked
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.skipped import skipped
from orchestrator.spec.load import spec_as_yaml
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import BlobMissing
from orchestrator.store.store import Store, UnreadableTrace
from orchestrator.store.trace import Trace

ANALYSED = frozenset({ACCURACY, NEW_ACCURACY, TEST_IMAGES})
"""Metrics that analyses read. Training losses are most of a trace, and would fill the memory."""

LeftOut = Callable[[str], None]
"""Told of each trace that can't be read, and so is left out."""


def run_of(cell: PlannedCell, trace: Trace) -> Run:
    """A trace at its place in the comparison."""
    place = (cell.cell.dataset, cell.label, cell.cell.shots, cell.cell.seed)
    points, same = cell.ablation_points, cell.same_as
    return Run(*place, trace, points, same, cell.tokens, cell.texts_known)


def finished_runs(
    plan: Plan,
    store: Store,
    metrics: Collection[str] | None = None,
    left_out: LeftOut | None = None,
) -> list[Run]:
    """All finished cells of a plan.

    Args:
        plan: what was asked.
        store: where results lie.
        metrics: what to read of each trace, beside any measurement that is no finite number; None
            reads everything.
        left_out: told of each trace that can't be read; None refuses it.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    return list(_finished(plan, store, metrics, left_out))


def failed_runs(plan: Plan, store: Store, left_out: LeftOut | None = None) -> list[Run]:
    """Cells of a plan whose last attempt failed and that have no result; as `finished_runs`.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    return list(_failed(plan, store, left_out))


def stored_runs(plan: Plan, store: Store, left_out: LeftOut | None = None) -> Iterator[Run]:
    """All finished cells of a plan, then the failed ones, each read when it is asked for.

    The whole traces of 10,000 cells take half a gigabyte. As `finished_runs` otherwise.
    """
    yield from _finished(plan, store, None, left_out)
    yield from _failed(plan, store, left_out)


def _finished(
    plan: Plan, store: Store, metrics: Collection[str] | None, left_out: LeftOut | None
) -> Iterator[Run]:
    return _runs(plan, store.finished_keys(), lambda key: store.finished(key, metrics), left_out)


def _failed(plan: Plan, store: Store, left_out: LeftOut | None) -> Iterator[Run]:
    return _runs(plan, store.failed_keys() - store.finished_keys(), store.failed, left_out)


def comparison_of(
    plan: Plan,
    store: Store,
    left_out: LeftOut | None = None,
    metrics: Collection[str] = ANALYSED,
) -> Comparison:
    """Everything that a report of a plan draws from; as `finished_runs`.

    Args:
        plan: what was asked.
        store: where results lie.
        left_out: told of each trace that can't be read; None refuses it.
        metrics: what to read of each trace; a report needs no more than `ANALYSED`.

    Raises:
        UnreadableTrace: a stored trace is corrupt or of an unknown version.
    """
    sound, unsound = split_by_measurements(finished_runs(plan, store, metrics, left_out))
    failures = failed_runs(plan, store, left_out)
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
        prices=plan.spec.prices,
        measured_at=plan.spec.evaluation.at or _well_measured(plan.spec),
        spec_yaml=masked(spec_as_yaml(plan.spec)),
        remarks=(*plan.recalled, *_untrained(sound)),
    )


def _well_measured(spec: Spec) -> tuple[int, ...]:
    """The usual numbers of queries that have two evenly spread measurements within.

    A step may lead past a measurement's place, so that within fewer only the start may be known.
    """
    apart = spec.budget / spec.evaluation.points
    return tuple(step for step in ladder(spec.budget) if step >= 2 * apart)


def _untrained(runs: Sequence[Run]) -> Iterator[str]:
    """Says which methods have results of prompts that nothing was spent on."""
    labels = dict.fromkeys(run.method for run in runs if run.untrained)
    if labels:
        yield (
            f"results of {shown(tuple(labels))} are of untrained prompts: the budget is below one "
            f"step"
        )


def _runs(
    plan: Plan, keys: Collection[str], read: Callable[[str], Trace], left_out: LeftOut | None
) -> Iterator[Run]:
    for cell in plan.cells:
        if cell.key not in keys:
            continue
        try:
            trace = read(cell.key)
        except BlobMissing:  # tried again since, or set aside
            continue
        except UnreadableTrace as error:
            if left_out is None:
                raise
            left_out(f"left out: {error}")
            continue
        yield run_of(cell, trace)
