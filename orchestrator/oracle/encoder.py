"""Frozen image encoders that methods bring along: checks and fingerprints them, without weights."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import RANDOM
from orchestrator.oracle.given_files import given_path, hash_file
from orchestrator.oracle.weights.file import weights_file
from orchestrator.oracle.weights.finite import check_finite

if TYPE_CHECKING:
    from torch import Tensor

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_WEIGHT_FILES = (".safetensors", ".pth", ".pt", ".bin")
EXPECTED = (
    "Expected a Hugging Face name such as facebook/vit-mae-base, the path of a .safetensors or "
    "torch file with the weights of a ViT-MAE-base, or `random`."
)


@dataclass(frozen=True)
class Encoder:
    """An encoder that is known, but not loaded.

    Attributes:
        name: the name that the settings give.
        digest: fingerprint of the weights: the hash of a local file, or the published name.
        width: width of a feature.
        image_size: height and width of the images that it takes, in pixels.
    """

    name: str
    digest: str
    width: int = 768
    image_size: int = 224

    def __call__(self, images: Tensor) -> Tensor:
        """Only there so that a plan can build methods; takes images `(B, 3, S, S)`.

        Raises:
            RuntimeError: always, as no weights are loaded.
        """
        del images
        raise RuntimeError(f"the encoder {self.name!r} is planned with, but not loaded")


def resolve_encoder(name: str) -> Encoder:
    """Checks an encoder's name without loading weights or using the network.

    Raises:
        UserError: neither a file, nor a name of the form owner/model, nor `random`.
    """
    if name == RANDOM:
        return Encoder(name, RANDOM)
    path = given_path(name)
    if path and path.is_file():
        return Encoder(name, f"sha256:{hash_file(path)}")
    if Path(name).suffix in _WEIGHT_FILES or not _HUB_NAME.fullmatch(name):
        raise UserError(f"no encoder {name!r}. {EXPECTED}")
    return Encoder(name, f"hub:{name}")


def check_encoder(encoder: Encoder) -> None:
    """Refuses an encoder whose own file is damaged, or what a download leaves in place of weights.

    Raises:
        UserError: it is empty, cut short, a pointer of Git LFS or a web page, or not finite.
    """
    path = given_path(encoder.name)
    if encoder.name != RANDOM and path and path.is_file():
        check_finite(f"encoder {encoder.name!r}", weights_file(path))
