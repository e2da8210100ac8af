"""Cells run in this process instead of on Ray, by the worker that an actor holds."""

from __future__ import annotations

from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.remote.service import Open
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.pool.options import LaunchOptions, worker_setup
from orchestrator.store.store import Store
from orchestrator.trial.worker import Worker


def launch_here(plan: Plan, store: Store, options: LaunchOptions) -> int:
    """Does what `orchestrator.cli.launch.launch` does; returns how many cells failed."""
    todo = plan.to_run()
    if not todo:
        return 0
    (backbone,) = {cell.backbone for cell in todo}
    worker = Worker(worker_setup(plan, backbone, store, options, Open()))
    outcomes = [
        worker.run_cell(cell.cell, cell.key, _features(cell, store, worker), cell.split)
        for cell in todo
    ]
    return sum(outcome.status != "finished" for outcome in outcomes)


def _features(cell: PlannedCell, store: Store, worker: Worker) -> FeatureTable | None:
    """Those of a cell's test split, made if there are none yet; none of a service."""
    if not cell.features:
        return None
    if store.features(cell.features) is None:
        worker.encode_test_split(cell.cell.dataset, cell.features)
    data = store.features(cell.features)
    assert data is not None
    return FeatureTable.from_bytes(data)
