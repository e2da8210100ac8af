"""Untrained models of ViT-B/16's shapes, with as many layers as asked."""

from __future__ import annotations

from functools import cache
from typing import Any

import open_clip
import torch
from open_clip.model import convert_weights_to_lp

from orchestrator.oracle.backbone import RANDOM, Backbone, resolve_backbone
from orchestrator.oracle.clip import LoadedClip
from orchestrator.oracle.loading import load_tokenizer
from orchestrator.oracle.mae_encoder import MaeEncoder
from orchestrator.precision import Precision

IMAGE_SIZE = 224
DTYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


@cache
def clip(layers: int, precision: Precision, device: torch.device) -> LoadedClip:
    """ViT-B/16 with `layers` layers in each tower (it has 12); made once."""
    vision = {"image_size": IMAGE_SIZE, "patch_size": 16, "width": 768, "layers": layers}
    text = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": layers}
    dtype = DTYPES[precision]
    low = None if dtype == torch.float32 else dtype
    torch.manual_seed(0)
    model: Any = open_clip.CLIP(512, vision, text, quick_gelu=True, cast_dtype=low)
    model = model.to(device).eval().requires_grad_(False)
    if low is not None:
        convert_weights_to_lp(model, low)
    backbone = resolve_backbone(Backbone(model="ViT-B-16-quickgelu", pretrained=RANDOM))
    return LoadedClip(backbone, model, load_tokenizer(backbone), IMAGE_SIZE)


def mae(layers: int, device: torch.device) -> MaeEncoder:
    """ViT-MAE-base with `layers` layers (it has 12)."""
    encoder = MaeEncoder()
    encoder._vit.blocks = encoder._vit.blocks[:layers]
    return encoder.to(device)
