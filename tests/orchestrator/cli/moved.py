"""A store of made-up results on a user's own images, which then move away."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from orchestrator.plan.plan import Plan
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store
from orchestrator.trial.code_fingerprints import fingerprints
from tests.benchmarks.datasets.trees import noisy_class_folders
from tests.orchestrator.cli.verbs import Said, querycurve, trace_of


@dataclass(frozen=True)
class Bench:
    """A folder with images, a spec and a store.

    Attributes:
        folder: holds them all.
        store: the store's location.
    """

    folder: Path
    store: str

    @classmethod
    def at(cls, folder: Path, store: str | None = None) -> Bench:
        noisy_class_folders(folder / "birds")
        return cls(folder, store or str(folder / "store"))

    @property
    def birds(self) -> dict[str, str]:
        """The own dataset, as a spec names it."""
        return {"name": "birds", "path": str(self.folder / "birds")}

    def spec(self, **changes: Any) -> Path:
        """A spec file on the own images."""
        fields = {
            "name": "small",
            "datasets": [self.birds],
            "shots": [2],
            "seeds": [1, 2],
            "methods": ["zero_shot", "zip"],
            "backbone": "pocket",
            "budget": 100,
            "augmentation": "none",
            **changes,
        }
        path = self.folder / f"{fields['name']}.yaml"
        path.write_text(yaml.safe_dump(fields))
        return path

    def plan(self, spec: Path, data: str = "nowhere") -> Plan:
        return make_plan(load_spec(str(spec)), Store(open_storage(self.store)), data)

    def fill(self, spec: Path, provenance: Mapping[str, Any] | None = None, **data: str) -> Plan:
        """Stores a result for every cell that can run; returns their plan."""
        plan, store = self.plan(spec, **data), Store(open_storage(self.store))
        for cell in plan.cells:
            if cell.key:
                own = [own for own in plan.spec.own_datasets if own.name == cell.cell.dataset]
                code = fingerprints(cell.cell)
                made = {
                    "backbone": cell.backbone.label,
                    "split": cell.split,
                    "fingerprints": {**code, "templates": list(own[0].templates) if own else None},
                    **(provenance or {}),
                }
                known = {"zero_shot", "zip", "bar"}
                name = cell.cell.method.name
                labelled = replace(cell, label=name if name in known else "bar")
                store.save(replace(trace_of(labelled), provenance=made))
        return plan

    def move_away(self) -> None:
        """The images are no longer where the spec says."""
        shutil.move(self.folder / "birds", self.folder / "moved")

    def say(self, verb: str, spec: Path, *more: str) -> Said:
        return querycurve(verb, spec, "--store", self.store, *more)
