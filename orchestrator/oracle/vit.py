"""An open_clip vision transformer, opened up to encode prompted images for the least work.

Only the class token is read, so the last block computes nothing else. Patches that several visual
prompts share are embedded once, and so are their queries, keys and values (QKV) in the first block.
"""

from typing import Any

import torch
from open_clip.transformer import VisionTransformer
from torch import Tensor
from torch.nn import functional

from orchestrator.oracle.blocks import Unsupported, attend, open_blocks
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.inner_layers import with_added


class Vit:
    """An image tower that reads its class token.

    Attributes:
        positions: positions L of an image: its patches and the class token.

    Raises:
        Unsupported: the tower, its blocks or its pooling are of another kind.
    """

    def __init__(self, visual: Any, compiler: Compiler = as_written) -> None:
        kind = type(visual)
        fits = kind is VisionTransformer and visual.attn_pool is None and visual.pool_type == "tok"
        if not fits:
            raise Unsupported(f"it is a {kind.__name__} that reads more than a class token")
        self._visual = visual
        self._blocks = open_blocks(visual.transformer)
        self._run_blocks = compiler(self._from_first)
        self.positions = len(visual.positional_embedding)

    def embed(self, images: Tensor) -> Tensor:
        """The first block's input `(B, L, W)` for images `(B, 3, S, S)`."""
        visual = self._visual
        patches = visual.conv1(images.to(visual.conv1.weight.dtype)).flatten(2).mT.float()
        first = visual.class_embedding.to(patches).expand(len(patches), 1, -1)
        whole = torch.cat((first, patches), dim=1).add_(visual.positional_embedding.to(patches))
        return visual.ln_pre(whole)  # type: ignore[no-any-return]

    def encode(self, hidden: Tensor) -> Tensor:
        """Normalised features `(B, E)` of what `embed` returned, `(B, L, W)`."""
        return self._run_blocks(hidden, *self._blocks[0].project(hidden), None)

    def encode_with(
        self, hidden: Tensor, tokens: Tensor, rows: int, deep: Tensor | None = None
    ) -> Tensor:
        """Features of every image with every candidate's tokens after its patches.

        Args:
            hidden: what `embed` returned, `(B, L, W)`.
            tokens: `(K, V, W)`; they get no position embedding.
            rows: how many sequences are computed at once.
            deep: `(K, L' - 1, V, W)`, added at the tokens' positions before the second block, the
                third, ...; None adds nothing.

        Returns:
            `(K, B, E)` normalised.
        """
        count, batch = len(tokens), len(hidden)
        added = self._visual.ln_pre(tokens.float())
        block = self._blocks[0]
        own, others = block.project(hidden), block.project(added)
        pairs = torch.arange(count * batch, device=hidden.device)
        features = []
        for chunk in pairs.split(rows):
            image, candidate = chunk % batch, chunk // batch
            whole, queries, keys, values = (
                torch.cat((first[image], second[candidate]), dim=1)
                for first, second in zip((hidden, *own), (added, *others), strict=True)
            )
            inner = None if deep is None else deep[candidate]
            features.append(self._run_blocks(whole, queries, keys, values, inner))
        return torch.cat(features).reshape(count, batch, -1)

    def _from_first(
        self, hidden: Tensor, queries: Tensor, keys: Tensor, values: Tensor, deep: Tensor | None
    ) -> Tensor:
        """Features `(B, E)` from the first block's input `(B, L, W)` and its QKV `(B, L, H, E)`.

        What is added between blocks is `(B, L' - 1, V, W)`, for the last V positions.
        """
        pairs = zip(self._blocks[:-1], self._blocks[1:], strict=True)
        for number, (block, following) in enumerate(pairs):
            hidden = with_added(block.finish(hidden, attend(queries, keys, values)), deep, number)
            if following is not self._blocks[-1]:
                queries, keys, values = following.project(hidden)
        last, first = self._blocks[-1], hidden[:, :1]
        attended = attend(last.queries(first), *last.keys_values(hidden))
        pooled = self._visual.ln_post(last.finish(first, attended)[:, 0])
        projection = self._visual.proj
        if projection is not None:
            pooled = pooled.to(projection.dtype) @ projection
        return functional.normalize(pooled.float(), dim=-1)
