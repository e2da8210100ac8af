"""Tells open_clip of ViT-B/16 with fewer layers, so that specs can name it as a backbone."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import open_clip
import torch

from orchestrator.oracle.backbone import RANDOM, Backbone
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.oracle.mae_encoder import MaeEncoder, load_encoder

WHOLE = 12
"""Layers in each of ViT-B/16's towers."""
_PUBLISHED = "ViT-B-16-quickgelu"


def vit_b_16(layers: int, image_size: int = 224) -> Backbone:
    """Untrained ViT-B/16 with `layers` layers in each tower, for images of `image_size` pixels."""
    if (layers, image_size) == (WHOLE, 224):
        return Backbone(model=_PUBLISHED, pretrained=RANDOM)
    config: dict[str, Any] = open_clip.get_model_config(_PUBLISHED)
    config["vision_cfg"].update(layers=layers, image_size=image_size)
    config["text_cfg"].update(layers=layers)
    name = f"{_PUBLISHED}-{layers}-layers-{image_size}"
    with tempfile.TemporaryDirectory() as folder:  # read at once, and not needed afterwards
        file = Path(folder) / f"{name}.json"
        file.write_text(json.dumps(config))
        open_clip.add_model_config(file)
    return Backbone(model=name, pretrained=RANDOM)


def vit_mae(layers: int, device: torch.device) -> MaeEncoder:
    """BlackVIP's own encoder, untrained and with as many layers as the towers."""
    encoder = load_encoder(resolve_encoder(RANDOM), device)
    encoder._vit.blocks = encoder._vit.blocks[:layers]
    return encoder
