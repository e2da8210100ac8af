"""The driver stays light: it may run for days beside the models that it feeds."""

from __future__ import annotations

from pathlib import Path

from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.imports import HEAVY, imported


def test_the_drivers_process_imports_nothing_heavy(tmp_path: Path) -> None:
    plan = make_plan(load_spec("demo"), Store(LocalStorage(tmp_path)), tmp_path)
    names = imported("orchestrator.cli.driving", sent=plan)
    assert "orchestrator.pool.driver" in names
    assert sorted(names & (HEAVY | {"pandas", "ray.tune"})) == []
