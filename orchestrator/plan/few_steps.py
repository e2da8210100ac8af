"""Says of methods whose steps cost so much that the budget buys hardly any."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from methods.registry import method_class
from orchestrator.plan.budget import queries_of, step_queries
from orchestrator.plan.plan import PlannedCell

_FEW = 5


def few_steps_notes(cells: Iterable[PlannedCell]) -> Iterator[str]:
    """One line for each method and number of steps below 5 that a budget buys, with the datasets.

    Methods that stop by themselves, before their budget ends, need no more steps.
    """
    found: dict[tuple[str, int, int, int], dict[str, None]] = defaultdict(dict)
    for cell in cells:
        if not (cell.fits and cell.cell.queries and method_class(cell.cell.method.name).trains):
            continue
        cost, budget = step_queries(cell, cell.train_images or None), cell.cell.budget
        if budget // cost < _FEW and queries_of(cell) == budget:
            found[cell.label, budget // cost, cost, budget][cell.cell.dataset] = None
    for (label, steps, cost, budget), datasets in found.items():
        times = "a single step" if steps == 1 else f"{steps} steps"
        yield (
            f"{label}: {budget:,} queries buy {times} of {cost:,} queries on "
            f"{', '.join(datasets)}; its prompts will hardly be trained"
        )
