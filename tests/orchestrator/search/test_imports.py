"""The light processes of a search stay light: what they import, and what they are sent."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.own.source import OwnDataset
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.pool.actors import OracleActorFactory
from orchestrator.pool.slots import PoolLimits
from orchestrator.search.assignment import Assignment
from orchestrator.search.objective import Goal
from orchestrator.store.trace import Point
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from tests.imports import HEAVY, imported
from tests.orchestrator.search.toy import cell_of

OF_TUNE = {"pandas", "ray.tune"}
"""Ray Tune and what it imports itself, where it runs trials."""


def test_a_trials_process_imports_nothing_heavy() -> None:
    point = {"clip": 22.0, "rank": 5}
    outcome = CellOutcome("key", "paused", 10, points=(Point(10, 10, "val_accuracy", 50.0),))
    sent = (Assignment(0, (cell_of(point),)), Goal(("accuracy",)), outcome)
    names = imported("orchestrator.search.trainable", sent=sent)
    assert "orchestrator.search.trial_run" in names
    assert sorted(names & HEAVY) == []


def test_the_brokers_process_imports_nothing_heavy(tmp_path: Path) -> None:
    own = OwnDataset(name="mine", path=str(tmp_path))
    backbone = resolve_backbone(Backbone(model="pocket"))
    setup = WorkerSetup(backbone, "fp32", str(tmp_path), str(tmp_path), "refuse", (own,))
    sent = (OracleActorFactory(setup), PoolLimits())
    names = imported("orchestrator.search.broker", sent=sent)
    assert "orchestrator.trial.worker" in names, "it makes actors of the worker"
    assert sorted(names & (HEAVY | OF_TUNE)) == []
