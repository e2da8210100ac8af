"""A worker loads the weights that were planned, or none."""

from __future__ import annotations

import platform
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.backbones import BACKBONES
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import LOCAL, Backbone, resolve_backbone
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker
from tests.conformance.tiny_clip import CONFIG, write_tiny_clip

LARGE_IMAGES = {"image_size": 224, "patch_size": 112}


def test_weights_that_change_after_the_plan_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(Path(BACKBONES["pocket"].model.removeprefix(LOCAL)), folder)
    backbone = resolve_backbone(Backbone(model=f"{LOCAL}{folder}"))
    store = str(tmp_path / "store")
    setup = WorkerSetup(backbone, "fp32", store, str(tmp_path), "refuse")
    Worker(setup)
    refused = f"{folder} on {platform.node()} are not those that were planned"
    with pytest.raises(UserError, match=refused):
        Worker(replace(setup, backbone=replace(backbone, digest="sha256:of others")))
    (folder / "open_clip_model.safetensors").unlink()
    with pytest.raises(UserError, match="needs open_clip_config"):
        Worker(setup)


def test_an_encoder_that_changes_after_the_plan_fails_the_cells_that_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONFIG, "vision_cfg", {**CONFIG["vision_cfg"], **LARGE_IMAGES})
    folder = tmp_path / "model"
    write_tiny_clip(folder)
    method = "methods=[{name: blackvip, encoder: random}]"
    overrides = (method, f"backbone={LOCAL}{folder}", "datasets=[pocket_dots]", "seeds=[1]")
    store = Store(LocalStorage(tmp_path))
    plan = make_plan(load_spec("demo", overrides), store, tmp_path)
    (cell,) = plan.cells
    assert plan.encoders() == {"random": cell.demand.encoder}
    known = {"random": "sha256:of others"}
    setup = WorkerSetup(
        plan.backbone, "fp32", str(tmp_path), str(tmp_path), "refuse", encoders=known
    )
    worker = Worker(setup)
    worker.encode_test_split(cell.cell.dataset, cell.features)
    table = FeatureTable.from_bytes(store.features(cell.features) or b"")
    assert table is not None
    outcome = worker.run_cell(cell.cell, cell.key, table)
    assert outcome.status == "failed"
    refused = f"encoder 'random': the weights on {platform.node()} are not those that were planned."
    assert outcome.error.startswith(refused)
