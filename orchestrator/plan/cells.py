"""What a spec says of a cell; what only data or weights tell comes on top."""

from methods.registry import method_class
from orchestrator.answers import ALL
from orchestrator.cell import Cell
from orchestrator.plan.demand import ResolvedArm
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
    trains = method_class(method.name).trains
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
        evaluation=spec.evaluation if trains else type(spec.evaluation)(),
        views=spec.views if trains and not touches_images else 0,
        answers=given.answers if trains else ALL,
    )
