"""What an engine is given: the cells of a grid, and null oracles to run them.

Every engine has one oracle on each CPU core that the cluster says it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orchestrator.plan.plan import PlannedCell
from tests.performance.scheduling.null_oracle import NullSetup

RETRIES = 3
"""How often the oracle of a cell may die, for every engine."""


@dataclass(frozen=True)
class Grid:
    """What an engine runs.

    Attributes:
        cells: the cells.
        setup: what its oracles are like.
        slots: how many oracles there may be at once.
        folder: for what an engine writes beside results.
    """

    cells: Sequence[PlannedCell]
    setup: NullSetup
    slots: int
    folder: Path
