"""A small untrained CLIP in a folder, for tests that need a model but no accuracy."""

from __future__ import annotations

import json
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file

from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone

CONFIG = {
    "embed_dim": 16,
    "vision_cfg": {
        "image_size": 16, "patch_size": 8, "width": 32, "layers": 2, "head_width": 16,
    },
    "text_cfg": {
        "context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2,
    },
}  # fmt: skip


def write_tiny_clip(folder: Path) -> ResolvedBackbone:
    """Writes a model folder and resolves it."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "open_clip_config.json"
    config.write_text(json.dumps({"model_cfg": CONFIG, "preprocess_cfg": {}}))
    torch.manual_seed(3)
    model = open_clip.create_model(f"local-dir:{folder}")
    with torch.no_grad():  # CLIP's small initial embeddings would hide differences
        model.token_embedding.weight.mul_(10)
    tensors = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, folder / "open_clip_model.safetensors")
    return resolve_backbone(Backbone(model=f"local-dir:{folder}"))
