"""Loads the pocket model with open_clip's own functions, and encodes datasets with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import open_clip
import torch
from PIL import Image
from torch import Tensor

from benchmarks.datasets.interface import Dataset, Item

MODEL = Path(__file__).parents[1] / "model"


@dataclass(frozen=True)
class Clip:
    """A model with what goes before it.

    Attributes:
        model: open_clip's CLIP, in evaluation mode.
        transform: from an RGB image to `(3, H, W)`.
        tokenizer: from texts to token ids `(N, context_length)`.
    """

    model: Any
    transform: Callable[[Image.Image], Tensor]
    tokenizer: Callable[[Sequence[str]], Tensor]


@dataclass(frozen=True)
class Encoded:
    """Images of a split: normalised features `(N, embed_dim)` and labels `(N,)`."""

    features: Tensor
    labels: Tensor


def load_clip(folder: Path = MODEL) -> Clip:
    """The model in a folder, as unmodified open_clip loads it."""
    name = f"local-dir:{folder}"
    model, _, transform = open_clip.create_model_and_transforms(name)
    tokenizer = open_clip.get_tokenizer(name, bpe_path=str(folder / "bpe.txt.gz"))
    return Clip(model.eval(), transform, tokenizer)


@torch.no_grad()
def encode_images(clip: Clip, dataset: Dataset, items: Sequence[Item]) -> Encoded:
    """Image features of some items of a dataset."""
    batch = torch.stack([clip.transform(dataset.open(item)) for item in items])
    features = [clip.model.encode_image(part, normalize=True) for part in batch.split(256)]
    return Encoded(torch.cat(features), torch.tensor([item.label for item in items]))
