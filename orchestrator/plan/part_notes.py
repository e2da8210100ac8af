"""Says whose points on the way are measured on a part of the test images."""

from collections.abc import Iterable, Iterator

from benchmarks.datasets.class_names import shown
from orchestrator.plan.plan import PlannedCell


def part_notes(cells: Iterable[PlannedCell]) -> Iterator[str]:
    """One line for each size of the part, with the methods; nothing where all points are whole."""
    found: dict[int, dict[str, None]] = {}
    for cell in cells:
        images = cell.cell.evaluation.images
        if images is not None and cell.fits:
            found.setdefault(images, {})[cell.label] = None
    for images, labels in found.items():
        yield (
            f"points on the way of {shown(tuple(labels))} are measured on {images:,} test images "
            f"where a dataset has more, what they end with on all"
        )
