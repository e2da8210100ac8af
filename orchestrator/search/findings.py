"""What a report says about a search, from its study and the store."""

from dataclasses import replace

from orchestrator.analysis.collect import LeftOut
from orchestrator.analysis.curves import Curve
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import is_measured
from orchestrator.analysis.search import SearchFindings
from orchestrator.search.objective import VALIDATION_ACCURACY, Goal
from orchestrator.search.plan import PlannedSearch
from orchestrator.store.store import UnreadableTrace


def with_search(
    comparison: Comparison, found: PlannedSearch, left_out: LeftOut | None = None
) -> Comparison:
    """A comparison with what the search found.

    Runs with the search's queries on top are set apart: beside methods with the plain budget they
    would have an advantage that no table shows. `left_out` is told of traces that can't be read.

    Raises:
        UnreadableTrace: a stored trace is damaged, or of an unknown version.
    """
    section = found.section
    longer = tuple(run for run in comparison.runs if run.method == section.longer_label)
    findings = SearchFindings(
        search=found.search,
        objectives=section.objectives,
        baseline=_baseline(found, left_out),
        found=section.found_label,
        longer=longer,
        logarithmic=frozenset(
            name for name, dimension in section.space.items() if dimension.kind == "log_uniform"
        ),
    )
    runs = tuple(run for run in comparison.runs if run not in longer)
    return replace(comparison, runs=runs, search=findings)


def _baseline(found: PlannedSearch, left_out: LeftOut | None) -> dict[str, float]:
    cells = found.measured_baseline()
    wanted = {VALIDATION_ACCURACY}
    try:
        traces = [found.store.finished(cell.key, wanted) for cell in cells]
    except UnreadableTrace as error:
        if left_out is None:
            raise
        left_out(f"left out: {error}")
        return {}
    if not traces or not all(is_measured(trace, VALIDATION_ACCURACY) for trace in traces):
        return {}
    curves = [Curve(*trace.series(VALIDATION_ACCURACY)) for trace in traces]
    return Goal.of(found.section).values(curves, cells[0].cell.budget)
