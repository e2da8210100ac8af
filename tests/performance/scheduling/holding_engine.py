"""Ray Tune's trials that hold an oracle each, and are reused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ray import tune

from orchestrator.cell import Cell
from tests.performance.scheduling.engine import Grid
from tests.performance.scheduling.null_oracle import NullOracle, NullSetup
from tests.performance.scheduling.tuner import fit


class HoldingTrial(tune.Trainable):
    """A trial whose process holds an oracle, for one cell after another."""

    def setup(
        self,
        config: dict[str, Any],
        cells: Sequence[tuple[Cell, str]] = (),
        oracle: NullSetup | None = None,
    ) -> None:
        self._cells, self._config = cells, config
        self._oracle = NullOracle(oracle or NullSetup(""))

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._config = new_config
        return True

    def step(self) -> dict[str, Any]:
        self._oracle.run(*self._cells[self._config["place"]])
        return {"done": True}

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        return {}

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing: results are in the store."""


def run(grid: Grid) -> None:
    """Runs each cell as a trial."""
    cells = [(cell.cell, cell.key) for cell in grid.cells]
    trainable = tune.with_parameters(HoldingTrial, cells=cells, oracle=grid.setup)
    places = {"place": tune.grid_search(list(range(len(cells))))}
    fit(tune.with_resources(trainable, {"cpu": 1}), places, grid)
