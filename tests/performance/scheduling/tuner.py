"""Runs the cells of a grid as trials of Ray Tune, with the settings of a search."""

from __future__ import annotations

import os
from typing import Any

from ray import tune

from orchestrator.search.run import TUNE
from tests.performance.scheduling.engine import RETRIES, Grid


def fit(trainable: Any, space: dict[str, Any], grid: Grid) -> None:
    """Runs a trial for each point of a space, as many at once as there are slots."""
    for name, value in TUNE.items():
        os.environ.setdefault(name, value)
    tune.Tuner(
        trainable,
        param_space=space,
        tune_config=tune.TuneConfig(max_concurrent_trials=grid.slots, reuse_actors=True),
        run_config=tune.RunConfig(
            name="grid",
            storage_path=str(grid.folder),
            verbose=0,
            failure_config=tune.FailureConfig(max_failures=RETRIES - 1),
        ),
    ).fit()
