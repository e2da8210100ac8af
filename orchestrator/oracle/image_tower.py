"""The image side of the oracle: pixels, plain or prompted, to features."""

from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.interface import PixelPrompt, Prompts
from orchestrator.errors import UserError
from orchestrator.oracle.blocks import Unsupported
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.inner_layers import adding, check_added
from orchestrator.oracle.micro_batches import MicroBatches
from orchestrator.oracle.vit import Vit

_PLAIN_POSITIONS = 197
"""What an image counts as in towers without positions: as much as in ViT-B/16."""


class ImageTower:
    """Encodes images with the image tower of an open_clip model."""

    def __init__(self, model: nn.Module, compiler: Compiler = as_written) -> None:
        self._model: Any = model
        self._visual: Any = model.visual
        parameter = next(iter(model.parameters()))
        self._device, self._dtype = parameter.device, parameter.dtype
        self._micro_batches = MicroBatches(self._device)
        self._vit: Vit | None = None  # where it can't be opened up, open_clip's forward is used
        with suppress(Unsupported):
            self._vit = Vit(self._visual, compiler)

    @property
    def token_width(self) -> int:
        """Width W of a visual token; 0 for towers that take none."""
        embedding = getattr(self._visual, "class_embedding", None)
        return 0 if embedding is None else int(embedding.shape[-1])

    @property
    def layers(self) -> int:
        """Blocks between which deep prompts can be added; 0 for towers without visual tokens."""
        transformer = getattr(self._visual, "transformer", None) if self.token_width else None
        return len(getattr(transformer, "resblocks", ()))

    @property
    def patch_weights(self) -> tuple[float, float]:
        """Mean and standard deviation of the first convolution's weights; 0 if there is none."""
        first = getattr(self._visual, "conv1", None)
        weights = torch.zeros(1) if first is None else first.weight.float()
        return float(weights.mean()), float(weights.std(correction=0))

    def encode(self, images: Tensor) -> Tensor:
        """Normalised features `(B, E)` float32 of images `(B, 3, S, S)`."""
        return self._micro_batches.run(lambda positions: self._encode(images, positions))

    def encode_prompted(self, images: Tensor, prompts: Prompts) -> Tensor:
        """Normalised features `(K, B, E)` float32 of images as K candidates change them.

        Raises:
            UserError: visual tokens for a tower that takes none, or deep prompts that don't fit it.
        """
        images = images.to(self._device)  # once for all candidates
        pixels, tokens = prompts.pixels, prompts.visual_tokens
        deep = None if prompts.deep is None else prompts.deep.visual
        if tokens is None:
            if pixels is None:
                return self.encode(images).unsqueeze(0)
            return self._changed(images, pixels)
        if pixels is None:
            return self._with_tokens(images, tokens, deep)
        features = []
        for k in range(prompts.count):
            inner = None if deep is None else deep[k : k + 1]
            features.append(self._with_tokens(pixels.apply(images, k), tokens[k : k + 1], inner))
        return torch.cat(features)

    def _encode(self, images: Tensor, positions: int) -> Tensor:
        chunks = images.split(self._rows(positions))
        return torch.cat([self._features(chunk.to(self._device)) for chunk in chunks])

    def _features(self, images: Tensor) -> Tensor:
        if self._vit is not None:
            return self._vit.encode(self._vit.embed(images))
        features = self._model.encode_image(images.to(self._dtype))
        return functional.normalize(features.float(), dim=-1)

    def _rows(self, positions: int, tokens: int = 0) -> int:
        """How many images are computed at once."""
        plain = _PLAIN_POSITIONS if self._vit is None else self._vit.positions
        return max(1, positions // (plain + tokens))

    def _changed(self, images: Tensor, pixels: PixelPrompt) -> Tensor:
        """Features `(K, B, E)`; as many candidates are encoded together as fit a micro-batch."""
        count, batch = len(pixels), len(images)
        together = max(1, self._rows(self._micro_batches.positions) // batch)
        features = []
        for start in range(0, count, together):
            candidates = range(start, min(start + together, count))
            changed = [pixels.apply(images, candidate) for candidate in candidates]
            whole = changed[0] if len(changed) == 1 else torch.cat(changed)
            features.append(self.encode(whole))
        return torch.cat(features).reshape(count, batch, -1)

    def _with_tokens(self, images: Tensor, tokens: Tensor, deep: Tensor | None) -> Tensor:
        """Features `(K, B, E)` with tokens `(K, V, W)` after the patches.

        They get no position embedding, but go through `ln_pre` like the patches. Inside the tower
        `(K, L - 1, V, W)` are added to them.
        """
        if self.token_width == 0 or not hasattr(self._visual, "_pool"):
            raise UserError(
                f"the image tower {type(self._visual).__name__} takes no visual tokens. "
                f"Use a ViT backbone for methods that prompt the image tower."
            )
        if deep is not None:
            check_added(deep, tokens, self.layers, "image tower")
            deep = deep.to(self._device, torch.float32)
        tokens = tokens.to(self._device)
        return self._micro_batches.run(
            lambda positions: self._appended(images, tokens, deep, positions)
        )

    def _appended(
        self, images: Tensor, tokens: Tensor, deep: Tensor | None, positions: int
    ) -> Tensor:
        rows = self._rows(positions, tokens.shape[1])
        chunks = images.split(rows)
        if self._vit is not None:
            vit = self._vit
            encoded = [vit.encode_with(vit.embed(chunk), tokens, rows, deep) for chunk in chunks]
        else:
            inner = [None] * len(tokens) if deep is None else deep.split(1)
            pairs = list(zip(tokens, inner, strict=True))
            encoded = [
                torch.stack([self._plainly_appended(chunk, *pair) for pair in pairs])
                for chunk in chunks
            ]
        return torch.cat(encoded, dim=1)

    def _plainly_appended(self, images: Tensor, tokens: Tensor, deep: Tensor | None) -> Tensor:
        """Features `(B, E)` with one candidate's tokens, by open_clip's own blocks.

        The tokens are `(V, W)`, and what is added to them between blocks is `(1, L - 1, V, W)`.
        """
        visual = self._visual
        patches = visual.conv1(images.to(self._dtype)).flatten(2).mT
        first = visual.class_embedding.to(patches).expand(len(patches), 1, -1)
        hidden = torch.cat((first, patches), dim=1) + visual.positional_embedding.to(patches)
        appended = tokens.to(hidden).expand(len(hidden), -1, -1)
        with adding(visual.transformer, deep, start=hidden.shape[1]):
            hidden = visual.transformer(visual.ln_pre(torch.cat((hidden, appended), dim=1)))
        pooled, _ = visual._pool(hidden)
        if visual.proj is not None:
            pooled = pooled @ visual.proj
        return functional.normalize(pooled.float(), dim=-1)
