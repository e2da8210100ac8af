"""The light processes of a search stay light: what they import, and what they are sent."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from benchmarks.datasets.own.source import OwnDataset
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.pool.actors import OracleActorFactory
from orchestrator.pool.slots import PoolLimits
from orchestrator.search.objective import Goal
from orchestrator.search.trial_run import Assignment
from orchestrator.store.trace import Point
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from tests.orchestrator.search.toy import cell_of

HEAVY = {"torch", "torchvision", "open_clip", "timm", "cma", "mlflow", "optuna", "matplotlib"}
HEAVY |= {"plotly", "scipy", "sklearn"}
"""No light process needs any of these; together they take half a gigabyte."""

OF_TUNE = {"pandas", "ray.tune"}
"""Ray Tune and what it imports itself, where it runs trials."""

ROOT = Path(__file__).parents[3]

SCRIPT = """
import importlib, pickle, sys
importlib.import_module(sys.argv[1])
pickle.load(sys.stdin.buffer)
print(*sys.modules)
"""


def imported(module: str, sent: object) -> set[str]:
    """Names of all that a process has imported that runs a module and was sent an object."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, module],
        input=pickle.dumps(sent),
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    return set(done.stdout.decode().split())


def test_a_trials_process_imports_nothing_heavy() -> None:
    point = {"clip": 22.0, "rank": 5}
    outcome = CellOutcome("key", "paused", 10, points=(Point(10, 10, "val_accuracy", 50.0),))
    sent = (Assignment(0, (cell_of(point),)), Goal(("accuracy",)), outcome)
    names = imported("orchestrator.search.trainable", sent)
    assert "orchestrator.search.trial_run" in names
    assert not names & HEAVY


def test_the_brokers_process_imports_nothing_heavy(tmp_path: Path) -> None:
    own = OwnDataset(name="mine", path=str(tmp_path))
    backbone = resolve_backbone(Backbone(model="pocket"))
    setup = WorkerSetup(backbone, "fp32", str(tmp_path), str(tmp_path), "refuse", (own,))
    sent = (OracleActorFactory(setup), PoolLimits())
    names = imported("orchestrator.search.broker", sent)
    assert "orchestrator.trial.worker" in names, "it makes actors of the worker"
    assert not names & (HEAVY | OF_TUNE)
