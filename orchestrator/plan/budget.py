"""What a cell spends of its budget; refuses budgets of which nothing could be trained."""

from methods.interface import TrainingSize
from methods.registry import method_class
from orchestrator.plan.misfit import Misfit
from orchestrator.plan.plan import PlannedCell


def step_queries(cell: PlannedCell, train_images: int | None = None) -> int:
    """Queries of one step of a cell's method.

    Args:
        cell: the cell.
        train_images: labelled training images; None takes a single mini-batch, where it isn't known
            how many there are.
    """
    kind = method_class(cell.cell.method.name)
    settings = kind.settings_type.model_validate(cell.cell.method.settings)
    size = cell.cell.batch_size
    images = size if train_images is None else train_images
    return kind.step_queries(settings, cell.demand, TrainingSize(images, size))


def check_budget(cell: PlannedCell, train_images: int | None = None) -> None:
    """Refuses a budget below one step: the prompt would be reported, and be untrained.

    Args:
        cell: the cell.
        train_images: as `step_queries` takes it.

    Raises:
        Misfit: says what a step costs.
    """
    if not method_class(cell.cell.method.name).trains or cell.cell.source is not None:
        return
    least = step_queries(cell, train_images)
    if cell.cell.budget < least:
        said = (
            f"budget {cell.cell.budget} is below one step of {cell.label}, which costs {least} "
            f"queries on {cell.cell.dataset}: give at least {least}."
        )
        raise Misfit(said, said)


def queries_of(cell: PlannedCell) -> int:
    """The most queries that a cell costs: its budget, unless its method stops before.

    Args:
        cell: the cell; if its number of training images isn't known, a single mini-batch is taken.
            Its whole budget counts where it isn't known what it asks: of results that were read
            from the store alone.
    """
    kind, budget = method_class(cell.cell.method.name), cell.cell.queries
    if not (budget and cell.demand.candidates):
        return budget
    settings = kind.settings_type.model_validate(cell.cell.method.settings)
    batch = cell.cell.batch_size
    most = kind.most_queries(settings, cell.demand, TrainingSize(cell.train_images or batch, batch))
    return budget if most is None else min(budget, most)
