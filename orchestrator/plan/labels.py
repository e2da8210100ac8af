"""Cells of a plan under their labels: equal settings are run once and shown under each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from orchestrator.plan.plan import PlannedCell


def under_labels(cells: Iterable[PlannedCell]) -> tuple[PlannedCell, ...]:
    """Each cell once under every label that a user gave it, with its points of an ablation.

    A method that doesn't train has one cell for all shots and seeds. A point of an ablation that
    comes to the settings of its base, or of a method, is a point of theirs.
    """
    found: dict[str, dict[str, PlannedCell]] = defaultdict(dict)
    for cell in cells:
        labels = found[cell.key or cell.cell.model_dump_json()]
        label = _label_among(labels, cell)
        known = labels.get(label)
        labels[label] = known.with_points(cell.ablation_points) if known else cell
    return tuple(cell for labels in found.values() for cell in _beside_the_first(labels))


def _beside_the_first(labels: dict[str, PlannedCell]) -> Iterable[PlannedCell]:
    first, *others = labels.values()
    yield first
    for cell in others:
        yield replace(cell, same_as=first.label)


def _label_among(labels: Iterable[str], cell: PlannedCell) -> str:
    """The label that a cell is shown under beside others that are the same work."""
    if all(point.label != cell.label for point in cell.ablation_points):
        return cell.label
    base = cell.ablation_points[0].ablation
    return base if base in labels else next(iter(labels), cell.label)
