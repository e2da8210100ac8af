"""The image side of the oracle: pixels, plain or prompted, to features."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.interface import Prompts
from orchestrator.errors import UserError


class ImageTower:
    """Encodes images with an open_clip image tower.

    Args:
        model: an open_clip model.
        rows: images encoded in one forward; bounds the memory.
    """

    def __init__(self, model: nn.Module, rows: int = 256) -> None:
        self._model: Any = model
        self._visual: Any = model.visual
        self._rows = rows
        parameter = next(iter(model.parameters()))
        self._device, self._dtype = parameter.device, parameter.dtype

    @property
    def token_width(self) -> int:
        """Width W of a visual token; 0 for towers that take none."""
        embedding = getattr(self._visual, "class_embedding", None)
        return 0 if embedding is None else int(embedding.shape[-1])

    @property
    def patch_weights(self) -> tuple[float, float]:
        """Mean and standard deviation of the first convolution's weights; 0 where there is none."""
        first = getattr(self._visual, "conv1", None)
        weights = torch.zeros(1) if first is None else first.weight.float()
        return float(weights.mean()), float(weights.std(correction=0))

    def encode(self, images: Tensor) -> Tensor:
        """Normalised features `(B, E)` float32 of images `(B, 3, S, S)`."""
        chunks = [self._plain(chunk) for chunk in images.split(self._rows)]
        return torch.cat(chunks)

    def encode_prompted(self, images: Tensor, prompts: Prompts) -> Tensor:
        """Normalised features `(K, B, E)` float32 of images as K candidates change them.

        Raises:
            UserError: visual tokens for a tower that takes none.
        """
        images = images.to(self._device)  # once, so that pixels are changed where they are encoded
        return torch.stack([self._candidate(images, prompts, k) for k in range(prompts.count)])

    def _candidate(self, images: Tensor, prompts: Prompts, candidate: int) -> Tensor:
        if prompts.pixels is not None:
            images = prompts.pixels.apply(images, candidate)
        if prompts.visual_tokens is None:
            return self.encode(images)
        tokens = prompts.visual_tokens[candidate]
        return torch.cat([self._with_tokens(c, tokens) for c in images.split(self._rows)])

    def _plain(self, images: Tensor) -> Tensor:
        features = self._model.encode_image(self._on_device(images))
        return functional.normalize(features.float(), dim=-1)

    def _with_tokens(self, images: Tensor, tokens: Tensor) -> Tensor:
        """Appends tokens `(V, W)` after the patches, before `ln_pre`, without position."""
        visual = self._visual
        if self.token_width == 0 or not hasattr(visual, "_pool"):
            raise UserError(
                f"the image tower {type(visual).__name__} takes no visual tokens. "
                f"Use a ViT backbone for methods that prompt the image tower."
            )
        patches = visual.conv1(self._on_device(images)).flatten(2).mT
        first = visual.class_embedding.to(patches).expand(len(patches), 1, -1)
        hidden = torch.cat((first, patches), dim=1) + visual.positional_embedding.to(patches)
        added = tokens.to(hidden).expand(len(hidden), -1, -1)
        hidden = visual.transformer(visual.ln_pre(torch.cat((hidden, added), dim=1)))
        pooled, _ = visual._pool(hidden)
        if visual.proj is not None:
            pooled = pooled @ visual.proj
        return functional.normalize(pooled.float(), dim=-1)

    def _on_device(self, images: Tensor) -> Tensor:
        return images.to(self._device, self._dtype, non_blocking=True)
