"""Makes photographs, and plans cells on them; nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from benchmarks.datasets.own.source import OwnDataset
from orchestrator.oracle.backbone import resolve_backbone
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from tests.performance.cells.photos import Photos
from tests.performance.gpu.setting import Setting, Shape, photos_in


def planned(setting: Setting, shape: Shape, folder: Path, seeds: int) -> tuple[PlannedCell, ...]:
    """ZIP cells of as many seeds, on photographs that are made if they aren't there."""
    photos = photos_in(folder, shape)
    if not photos.exists():
        width, height = shape.pixels
        Photos(shape.classes, shape.shots, shape.test, width, height).write(photos)
    fields: dict[str, Any] = {
        "name": "gpu",
        "datasets": [{"name": "photos", "path": str(photos)}],
        "shots": [shape.shots],
        "seeds": list(range(1, seeds + 1)),
        "methods": ["zip"],
        "backbone": setting.backbone.model_dump(),
        "budget": shape.budget,
        "batch_size": shape.batch,
        "precision": setting.low,
        "augmentation": "crop_flip",
    }
    file = folder / "spec.yaml"
    file.write_text(yaml.safe_dump(fields))
    store = Store(LocalStorage(folder / "plans"))
    return make_plan(load_spec(str(file)), store, folder).cells


def worker_setup(
    setting: Setting, shape: Shape, folder: Path, store: str, cores: int
) -> WorkerSetup:
    """What a worker needs for such cells.

    Args:
        setting: what is measured.
        shape: of the dataset.
        folder: where the photographs are.
        store: name of a store of its own.
        cores: CPU threads for decoding and computing.
    """
    photos = OwnDataset(name="photos", path=str(photos_in(folder, shape)))
    return WorkerSetup(
        resolve_backbone(setting.backbone),
        setting.low,
        store=str(folder / store),
        data_root=str(folder),
        short_classes="refuse",
        own_datasets=(photos,),
        threads=cores,
        decoders=cores,
        pixel_cache=20 * 10**9,  # as `run` has it
        checkpoint_interval=10.0,
        on_cpu=setting.device.type == "cpu",
    )
