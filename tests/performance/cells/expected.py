"""What a cell should take, from what single images and texts took."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.plan.plan import PlannedCell
from tests.performance.cells.options import Options
from tests.performance.cells.stages import ENCODE_IMAGE, ENCODE_TEXT, Stage

_AROUND = 0.5
"""Seconds of every cell, for what is done once."""


def expected_seconds(cell: PlannedCell, options: Options, stages: Sequence[Stage]) -> float:
    """Seconds of a cell on one side."""
    costs = {stage.name: stage.seconds for stage in stages}
    shown, asked = cell.demand.touches_images, cell.cell.queries
    encoded = options.batch * (asked if shown else options.steps)
    if cell.demand.encoder is not None:
        encoded += options.batch * options.steps  # by a network of the image tower's shape
    if shown:
        encoded += options.test_images * (1 + options.points)
    texts = options.classes * asked if cell.demand.soft_text else options.classes
    return _AROUND + encoded * costs[ENCODE_IMAGE] + texts * costs[ENCODE_TEXT]
