"""Names that specs may use for a backbone, and what they stand for in open_clip."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_POCKET = Path(__file__).parent / "pocket" / "model"


@dataclass(frozen=True)
class NamedBackbone:
    """An open_clip model with its weights.

    Attributes:
        model: open_clip model name, or `local-dir:<folder>`.
        pretrained: open_clip tag or checkpoint path; None when the model name brings its weights.
    """

    model: str
    pretrained: str | None


# OpenAI trained with QuickGELU, which plain open_clip names don't build.
BACKBONES: Mapping[str, NamedBackbone] = {
    "pocket": NamedBackbone(f"local-dir:{_POCKET}", None),
    "ViT-B/16": NamedBackbone("ViT-B-16-quickgelu", "openai"),
    "ViT-B/32": NamedBackbone("ViT-B-32-quickgelu", "openai"),
    "RN50": NamedBackbone("RN50-quickgelu", "openai"),
    "RN101": NamedBackbone("RN101-quickgelu", "openai"),
}
