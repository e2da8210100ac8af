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
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker


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
