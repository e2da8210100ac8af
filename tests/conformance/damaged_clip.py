"""The pocket's model with weights that are no numbers, as a damaged download leaves them."""

from __future__ import annotations

import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from benchmarks.backbones import BACKBONES
from orchestrator.oracle.backbone import LOCAL


def damaged_pocket(folder: Path, weight: str, value: float) -> str:
    """Copies the pocket's model with one value of a weight replaced; returns its name in specs."""
    shutil.copytree(Path(BACKBONES["pocket"].model.removeprefix(LOCAL)), folder)
    path = folder / "open_clip_model.safetensors"
    tensors = load_file(path)
    tensors[weight].view(-1)[0] = value
    save_file(tensors, path)
    return f"{LOCAL}{folder}"
