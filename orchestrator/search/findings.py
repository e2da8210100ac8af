"""What a report says about a search, from its study and the store."""

from dataclasses import replace

from orchestrator.analysis.curves import Curve
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import is_measured
from orchestrator.analysis.search import SearchFindings
from orchestrator.search.objective import VALIDATION_ACCURACY, Goal
from orchestrator.search.plan import PlannedSearch


def with_search(comparison: Comparison, found: PlannedSearch) -> Comparison:
    """A comparison with what the search found.

    Runs with the search's queries on top are set apart: beside methods with the plain budget they
    would have an advantage that no table shows.

    Raises:
        UnreadableTrace: a stored trace is damaged, or of an unknown version.
    """
    section = found.section
    longer = tuple(run for run in comparison.runs if run.method == section.longer_label)
    findings = SearchFindings(
        search=found.search,
        objectives=section.objectives,
        baseline=_baseline(found),
        found=section.found_label,
        longer=longer,
        logarithmic=frozenset(
            name for name, dimension in section.space.items() if dimension.kind == "log_uniform"
        ),
    )
    runs = tuple(run for run in comparison.runs if run not in longer)
    return replace(comparison, runs=runs, search=findings)


def _baseline(found: PlannedSearch) -> dict[str, float]:
    cells, done = found.baseline().cells, found.store.finished_keys()
    if not all(cell.key in done for cell in cells):
        return {}
    wanted = {VALIDATION_ACCURACY}
    traces = [found.store.finished(cell.key, wanted) for cell in cells]
    if not all(is_measured(trace, VALIDATION_ACCURACY) for trace in traces):
        return {}
    curves = [Curve(*trace.series(VALIDATION_ACCURACY)) for trace in traces]
    return Goal.of(found.section).values(curves, cells[0].cell.budget)
