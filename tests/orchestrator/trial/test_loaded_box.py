"""Where a model in memory computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone
from orchestrator.oracle.clip import LoadedClip, load_clip
from orchestrator.pixels.packs import Nothing
from orchestrator.precision import Precision
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial import loaded_box
from orchestrator.trial.loaded_box import LoadedBox
from orchestrator.trial.messages import WorkerSetup


@pytest.mark.parametrize(
    ("gpu", "on_cpu", "device"),
    [(True, False, "cuda"), (True, True, "cpu"), (False, False, "cpu"), (False, True, "cpu")],
)
def test_a_gpu_is_taken_unless_there_is_none_or_it_is_to_be_left_alone(
    gpu: bool, on_cpu: bool, device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def load(backbone: ResolvedBackbone, precision: Precision, where: torch.device) -> LoadedClip:
        asked.append(where.type)
        return load_clip(backbone, precision, torch.device("cpu"))

    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    monkeypatch.setattr(loaded_box, "load_clip", load)
    pocket, folder = resolve_backbone(Backbone(model="pocket")), str(tmp_path)
    setup = WorkerSetup(pocket, "fp32", folder, folder, "refuse", on_cpu=on_cpu)
    box = LoadedBox(setup, Store(LocalStorage(tmp_path)), Nothing())
    assert (asked, box.device.type) == ([device], device)
