"""A small untrained CLIP in a folder, for tests that need a model but no accuracy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from safetensors.torch import save_file

from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone

CONFIG: dict[str, Any] = {
    "embed_dim": 16,
    "vision_cfg": {
        "image_size": 16, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16,
    },
    "text_cfg": {
        "context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2,
    },
}  # fmt: skip


def publish_tiny_clips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets open_clip list `tiny` and `tiny-quickgelu`, as if it had published them."""
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny", CONFIG)
    quick = {**CONFIG, "quick_gelu": True}
    monkeypatch.setitem(open_clip.factory._MODEL_CONFIGS, "tiny-quickgelu", quick)


def write_tiny_clip(
    folder: Path, *, custom: bool = False, vision: dict[str, Any] | None = None, **text: Any
) -> ResolvedBackbone:
    """Writes a model folder, with some of its text tower's settings changed, and resolves it.

    The text tower is a module of its own if `custom`, and the image tower another one if `vision`
    has its settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "open_clip_config.json"
    changed = {**CONFIG, "text_cfg": {**CONFIG["text_cfg"], **text}, "custom_text": custom}
    changed["vision_cfg"] = vision or CONFIG["vision_cfg"]
    config.write_text(json.dumps({"model_cfg": changed, "preprocess_cfg": {}}))
    torch.manual_seed(3)
    model = open_clip.create_model(f"local-dir:{folder}")
    with torch.no_grad():  # CLIP's small initial embeddings would hide differences
        getattr(model, "text", model).token_embedding.weight.mul_(10)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
    return resolve_backbone(Backbone(model=f"local-dir:{folder}"))
