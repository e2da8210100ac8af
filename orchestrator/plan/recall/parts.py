"""Cells of which it isn't known here whether points on the way are of a part of the images."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from orchestrator.plan.cells import measured_whole
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.recall.stored import Stored, identity


def as_stored(
    cells: Sequence[PlannedCell], stored: Sequence[Stored], part: int | None
) -> list[PlannedCell]:
    """The cells in the form of which the store has results: measured on a part on the way, or not.

    Which one it is depends on the method's demand, the model and the size of the dataset, of which
    something isn't here.

    Args:
        cells: cells without keys.
        stored: results and failures, among them theirs.
        part: images of the part that the spec names; None where all points are of whole splits.
    """
    if part is None:
        return list(cells)
    held = {identity(one.cell) for one in stored}
    return [_first_held(cell, held, part) for cell in cells]


def _first_held(cell: PlannedCell, held: Collection[str], part: int) -> PlannedCell:
    return next((form for form in _forms(cell, part) if identity(form.cell) in held), cell)


def _forms(cell: PlannedCell, part: int) -> Iterator[PlannedCell]:
    whole = measured_whole(cell.cell)
    in_parts = whole.evaluation.model_copy(update={"images": part})
    yield replace(cell, cell=whole.model_copy(update={"evaluation": in_parts}))
    yield replace(cell, cell=whole)
