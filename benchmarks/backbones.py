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
        sha256: of the file with these weights, as their authors publish it; empty if unknown.
    """

    model: str
    pretrained: str | None
    sha256: str = ""


# OpenAI trained with QuickGELU, which plain open_clip names don't build.
BACKBONES: Mapping[str, NamedBackbone] = {
    "pocket": NamedBackbone(f"local-dir:{_POCKET}", None),
    "ViT-B/16": NamedBackbone(
        "ViT-B-16-quickgelu",
        "openai",
        "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
    ),
    "ViT-B/32": NamedBackbone(
        "ViT-B-32-quickgelu",
        "openai",
        "40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af",
    ),
    "RN50": NamedBackbone(
        "RN50-quickgelu",
        "openai",
        "afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762",
    ),
    "RN101": NamedBackbone(
        "RN101-quickgelu",
        "openai",
        "8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599",
    ),
}
