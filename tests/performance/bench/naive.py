"""What a query costs when nothing is saved: one prompt after another, all positions, every time.

Plain open_clip, as research code computes: 77 tokens for each class, and the image tower on the
whole mini-batch for every candidate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from methods.interface import ImageEncoder, PixelPrompt


@dataclass(frozen=True)
class Naive:
    """A plain model with one mini-batch and one set of classes.

    Attributes:
        model: an open_clip CLIP in float32.
        ids: token ids `(C, 77)` of `[SOS] X ... X name . [EOT]`, an X for each context token.
        images: `(B, 3, S, S)`.
    """

    model: Any
    ids: Tensor
    images: Tensor

    def soft_text(self, context: Tensor) -> Tensor:
        """Logits `(B, C)` of one soft context `(T, D)`."""
        return self._logits(self.model.encode_image(self.images), self._text(context))

    def both_towers(self, context: Tensor, tokens: Tensor) -> Tensor:
        """Logits of one soft context and of tokens `(V, W)` after the patches."""
        return self._logits(self._image_with(tokens), self._text(context))

    def pixels(
        self, text: Tensor, changes: PixelPrompt, images: Tensor, encoder: ImageEncoder | None
    ) -> Tensor:
        """Logits of changed pixels with text features `(C, E)`.

        Args:
            text: features of the classes, which don't change.
            changes: one candidate.
            images: at the size that the method takes.
            encoder: the method's own network, run for every query.
        """
        if encoder is not None:
            encoder(images)
        return self._logits(self.model.encode_image(changes.apply(images, 0)), text)

    def fixed_text(self) -> Tensor:
        """Features `(C, E)` of the classes."""
        return functional.normalize(self.model.encode_text(self.ids), dim=-1)

    def _text(self, context: Tensor) -> Tensor:
        model, length = self.model, len(context)
        embedded = model.token_embedding(self.ids)
        shared = context.expand(len(embedded), -1, -1)
        hidden = torch.cat((embedded[:, :1], shared, embedded[:, 1 + length :]), dim=1)
        hidden = model.transformer(hidden + model.positional_embedding, attn_mask=model.attn_mask)
        rows = model.ln_final(hidden)[torch.arange(len(hidden)), self.ids.argmax(dim=-1)]
        return functional.normalize(rows @ model.text_projection, dim=-1)

    def _image_with(self, tokens: Tensor) -> Tensor:
        visual = self.model.visual
        patches = visual.conv1(self.images).flatten(2).mT
        first = visual.class_embedding.expand(len(patches), 1, -1)
        hidden = torch.cat((first, patches), dim=1) + visual.positional_embedding
        hidden = torch.cat((hidden, tokens.expand(len(hidden), -1, -1)), dim=1)
        hidden = visual.ln_post(visual.transformer(visual.ln_pre(hidden)))
        return hidden[:, 0] @ visual.proj

    def _logits(self, image: Tensor, text: Tensor) -> Tensor:
        return self.model.logit_scale.exp() * functional.normalize(image, dim=-1) @ text.T
