"""Says of models that take other images than CLIP's how theirs are made."""

from collections.abc import Iterable, Iterator

from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.plan.plan import PlannedCell


def image_notes(cells: Iterable[PlannedCell]) -> Iterator[str]:
    """One line for each model of a plan whose images are not prepared as CLIP's are."""
    for backbone in dict.fromkeys(cell.backbone for cell in cells):
        how = preprocessing_of(backbone, "none").unusual()
        if how:
            yield f"images for {backbone.label} are {how}"
