"""A store with results of a small spec, made up so that no model runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace

ROOT = Path(__file__).parents[2]

SPEC: dict[str, Any] = {
    "name": "small",
    "datasets": ["pocket_dots", "pocket_outlines"],
    "methods": ["zero_shot", "zip", {"name": "zip", "label": "tight", "clip": 1.0}],
    "seeds": [1, 2],
    "backbone": "pocket",
    "budget": 100,
    "augmentation": "none",
}
"""Of 10 cells; `accuracy_of` says what each reaches."""


def accuracy_of(label: str, seed: int) -> float:
    """What a made-up cell ends with, in percent."""
    return {"zero_shot": 40.0, "zip": 50.0, "tight": 60.0}[label] + seed


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which all cells of the spec have finished, but one of `tight`, which failed."""
    folder = tmp_path_factory.mktemp("small")
    store = Store(open_storage(str(folder)))
    for planned in make_plan(load_spec(SPEC), store, ROOT / "data").cells:
        cell = planned.cell
        end = accuracy_of(planned.label, cell.seed)
        spent = {"method": {"queries": cell.queries, "images": 8 * cell.queries}}
        document = cell.model_dump(mode="json")
        if (planned.label, cell.dataset, cell.seed) == ("tight", "pocket_outlines", 2):
            error = "Traceback\nValueError: out of luck"
            store.save(Trace(planned.key, document, "failed", (), spent, error=error))
            continue
        points = (
            Point(0, 0, "test_accuracy", 10.0),
            Point(0, 0, "test_loss", 3.0),
            Point(cell.queries // 2, 4 * cell.queries, "train_loss", 2.0),
            Point(cell.queries, 8 * cell.queries, "test_accuracy", end),
            Point(cell.queries, 8 * cell.queries, "test_loss", 1.0),
        )
        timing = {"total": 2.5}
        made = {"backbone": "pocket", "written": "2026-01-02T03:04:05+00:00"}
        store.save(Trace(planned.key, document, "finished", points, spent, timing, made))
    return folder
