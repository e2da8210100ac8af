"""Plans a cell of each method with a budget of a few of its steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from methods.registry import method_names
from orchestrator.oracle.backbone import RANDOM, Backbone
from orchestrator.plan.budget import step_queries
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.performance.cells.options import Options

DATASET = "photos"
FIRST = ("zip", "bar", "blackvip", "bptvlm")
"""The ZIP paper's, which stand in the table whatever else has room."""
_AMPLE = 10**6
"""Queries that are enough for a step of any method."""
ENTRIES: dict[str, dict[str, Any]] = {
    "blackvip": {"encoder": RANDOM},
    "bptvlm": {"fitness_batches": 1},
    "sharpzo": {"name": "sharpzo@random-directions"},
}
"""What a cell needs that can't load anything, or whose steps would cost hundreds of queries."""
NOTES = {
    "blackvip": "its encoder untrained",
    "bptvlm": "fitness on one mini-batch",
    "sharpzo": "@random-directions",
}
"""The same for tables."""


def planned(
    options: Options, backbone: Backbone, folder: Path, seed: int = 1
) -> tuple[PlannedCell, ...]:
    """A cell of each method, the most telling first, on the photographs in `folder/photos`.

    Raises:
        UserError: the options don't fit each other.
    """
    names = options.only or tuple(dict.fromkeys((*FIRST, *method_names())))
    conditions = _Conditions(options, backbone, folder, seed)
    ample = conditions.plan(names, _AMPLE)
    budgets: dict[int, list[str]] = defaultdict(list)
    for cell in ample.values():
        if cell.status != "skipped" and cell.cell.budget:
            budgets[options.steps * step_queries(cell, cell.train_images)].append(cell.label)
    for budget, labels in budgets.items():
        ample.update(conditions.plan(labels, budget))
    return tuple(ample[name] for name in names)


@dataclass(frozen=True)
class _Conditions:
    """What all cells have in common."""

    options: Options
    backbone: Backbone
    folder: Path
    seed: int

    def plan(self, names: Sequence[str], budget: int) -> dict[str, PlannedCell]:
        """A cell of each of some methods, by its name."""
        options = self.options
        fields = {
            "name": "cells",
            "datasets": [{"name": DATASET, "path": str(self.folder / DATASET)}],
            "shots": [options.shots],
            "seeds": [self.seed],
            "methods": [{"name": name, "label": name, **ENTRIES.get(name, {})} for name in names],
            "backbone": self.backbone.model_dump(),
            "budget": budget,
            "batch_size": options.batch,
            "precision": options.precision,
            "augmentation": "crop_flip",
            "evaluation": {"points": options.points},
        }
        file = self.folder / "spec.yaml"
        file.write_text(yaml.safe_dump(fields))
        store = Store(LocalStorage(self.folder / "plans"))
        return {one.label: one for one in make_plan(load_spec(str(file)), store, self.folder).cells}
