"""What is said on the command line reaches the oracle actors."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.plan.planner import make_plan
from orchestrator.pool.options import LaunchOptions, worker_setup
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store


@pytest.mark.parametrize("compiled", [False, True])
def test_an_actor_is_told_how_to_run(compiled: bool, tmp_path: Path) -> None:
    store = Store(LocalStorage(tmp_path))
    plan = make_plan(load_spec("demo", ("datasets=[pocket_dots]", "seeds=[1]")), store, tmp_path)
    options = LaunchOptions(
        data_root=str(tmp_path),
        address=None,
        actors=None,
        cpus=2.5,
        trials_per_gpu=None,
        compile=compiled,
        checkpoint_seconds=7.0,
        tracking_uri=None,
        patience=5.0,
    )
    setup = worker_setup(plan, plan.backbone, store, options)
    assert setup.compile is compiled
    assert (setup.threads, setup.checkpoint_interval, setup.patience) == (2, 7.0, 5.0)
