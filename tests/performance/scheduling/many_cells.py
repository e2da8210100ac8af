"""A plan of as many cells as one likes, in a module of its own, as another process makes it."""

from __future__ import annotations

from pathlib import Path

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store

METHODS, DATASETS = 5, 2


def plan_of_many_cells(cells: int, location: str) -> Plan:
    """The demo with many seeds and methods, each with another threshold."""
    seeds = cells // (METHODS * DATASETS)
    methods = ", ".join(f"{{name: zip, label: zip-{n}, clip: {n + 1}}}" for n in range(METHODS))
    overrides = (f"methods=[{methods}]", f"seeds={list(range(seeds))}")
    return make_plan(load_spec("demo", overrides), Store(open_storage(location)), Path("data"))
