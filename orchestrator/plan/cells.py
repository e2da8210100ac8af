"""What a spec says of a cell; what only data or weights tell comes on top."""

from collections.abc import Sequence

from orchestrator.answers import ALL
from orchestrator.cell import Cell, Evaluation
from orchestrator.plan.demand import ResolvedArm
from orchestrator.plan.transfers import Transfers
from orchestrator.spec.spec import Spec


def cell_of(spec: Spec, one: ResolvedArm, dataset: str, seed: int, *, touches_images: bool) -> Cell:
    """The cell of an arm on a dataset, as if its prompt were trained there.

    Args:
        spec: the comparison.
        one: the method with its conditions, and its model.
        dataset: the dataset's name.
        seed: of the spec's seeds.
        touches_images: whether the method changes images, so that none can be encoded ahead.
    """
    method, given = one.arm.method, one.arm.conditions
    trains = method.trains
    # Where images stay as they are and the model is in memory, measuring whole splits is free.
    costs = touches_images or one.backbone.remote is not None
    evaluation = spec.evaluation if costs else spec.evaluation.whole
    return Cell(
        protocol=spec.protocol,
        dataset=dataset,
        # A method that doesn't train depends on none of what follows: one cell serves all shots
        # and seeds.
        shots=given.shots if trains else 0,
        seed=seed if trains else 0,
        method=method.choice,
        backbone=one.backbone.digest,
        budget=given.budget if trains else 0,
        batch_size=given.batch_size if trains else 0,
        precision=spec.precision,
        augmentation=spec.augmentation if trains else "none",
        evaluation=evaluation if trains else Evaluation(),
        views=spec.views if trains and not touches_images else 0,
        answers=given.answers if trains else ALL,
    )


def as_it_runs(cell: Cell, transfers: Transfers, *, blind: bool) -> Cell:
    """The cell linked to the one that trains its prompt, if another one does.

    Cells without test images, or whose end is all that is measured of them, have no part of these.

    Args:
        cell: what a spec says of it.
        transfers: links cells.
        blind: whether it is measured on validation images alone.
    """
    linked = transfers.linked(cell.model_copy(update={"blind": blind}))
    return measured_whole(linked) if linked.blind or linked.source is not None else linked


def on_splits(cell: Cell, sizes: Sequence[int]) -> Cell:
    """The cell without a part of its test splits, where none of them is larger than that.

    Args:
        cell: what is known before its images are.
        sizes: images of each of its test splits.
    """
    part = cell.evaluation.images
    if part is None or part < max(sizes, default=0):
        return cell
    return measured_whole(cell)


def measured_whole(cell: Cell) -> Cell:
    """The cell, all of whose points are measured on whole test splits."""
    if cell.evaluation.images is None:
        return cell
    return cell.model_copy(update={"evaluation": cell.evaluation.whole})
