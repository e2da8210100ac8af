"""What a search costs in money: its trials, and the cells that follow from its result."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.plan.budget import queries_of
from orchestrator.plan.money import Costing, Estimate
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.search.plan import PlannedSearch, most_longer_queries


def search_costs(found: PlannedSearch, plan: Plan, costing: Costing) -> tuple[Estimate, Estimate]:
    """What is left of a search, and what will run once it is over; both at most.

    The first is its trials, and the method as the spec has it. The second is nothing once the
    search is over, for then the plan has these cells.

    Args:
        found: the search.
        plan: of the whole spec, which has the method that is searched.
        costing: prices the cells.

    Raises:
        UserError: the search can't be planned.
    """
    cells = [cell for cell in found.plan.work if cell.fits]
    left = max(0, found.section.count - found.search.ended)
    trials = costing.whole(cells).times(left) + costing.left(cells)
    if found.search.is_over:
        return trials, Estimate()
    base = [cell for cell in plan.cells if cell.label == found.section.method and cell.fits]
    result = costing.whole(base)
    if not found.section.equal_queries:
        return trials, result
    budget = most_longer_queries(found, sum(map(queries_of, cells)))
    return trials, result + costing.whole(_longer(base, budget))


def _longer(cells: Sequence[PlannedCell], budget: int) -> list[PlannedCell]:
    """The same cells with another budget; those that only test prompts stay as they are."""
    return [
        replace(cell, cell=cell.cell.model_copy(update={"budget": budget}))
        if cell.cell.queries
        else cell
        for cell in cells
    ]
