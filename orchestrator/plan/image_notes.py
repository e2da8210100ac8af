"""Says of models that take other images than CLIP's how theirs are made."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from benchmarks.datasets.class_names import shown
from methods.registry import method_class
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.plan.plan import PlannedCell


def image_notes(cells: Sequence[PlannedCell]) -> Iterator[str]:
    """One line for each model of a plan whose images are not prepared as CLIP's are.

    And one for each service that takes changed images in 8 bits alone.
    """
    for backbone in dict.fromkeys(cell.backbone for cell in cells):
        how = preprocessing_of(backbone, "none").unusual()
        if how:
            yield f"images for {backbone.label} are {how}"
    rounded: dict[ResolvedBackbone, dict[str, None]] = defaultdict(dict)
    for cell in cells:
        remote = cell.backbone.remote
        if remote is not None and not remote.capabilities.float_pixels and _sets_pixels(cell):
            rounded[cell.backbone][cell.label] = None
    for backbone, labels in rounded.items():
        change = "changes" if len(labels) == 1 else "change"
        yield (
            f"images that {shown(tuple(labels))} {change} are rounded to 8 bits for the service of "
            f"{backbone.label}, which takes no others"
        )


def _sets_pixels(cell: PlannedCell) -> bool:
    kind = method_class(cell.cell.method.name)
    return (
        "pixels" in kind.access(kind.settings_type.model_validate(cell.cell.method.settings)).inputs
    )
