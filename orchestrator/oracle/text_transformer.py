"""The pieces of an open_clip text transformer, whichever kind of CLIP model holds them."""

from typing import Any

import torch
from open_clip.transformer import text_global_pool
from torch import Tensor, nn
from torch.nn import functional

from orchestrator.errors import UserError
from orchestrator.oracle.blocks import Block, Unsupported, open_blocks

_NEEDED = ("token_embedding", "positional_embedding", "transformer", "ln_final", "text_projection")
_AT_END_OF_TEXT = ("argmax", "eos")


class TextTransformer:
    """A text tower whose token embeddings can be replaced by a soft context.

    Attributes:
        token_embedding: table of token embeddings.
        positional_embedding: `(L, D)`, L being the longest sequence.

    Raises:
        UserError: the tower takes no soft context.
    """

    def __init__(self, model: nn.Module) -> None:
        holder: Any = getattr(model, "text", model)
        named = getattr(holder, "text_pool_type", None) or getattr(holder, "pool_type", "")
        self._pooling = str(named)
        _check(holder, self._pooling)
        self.token_embedding: nn.Embedding = holder.token_embedding
        self.positional_embedding: Tensor = holder.positional_embedding
        self._transformer: Any = holder.transformer
        self._ln_final: nn.Module = holder.ln_final
        self._projection: nn.Linear | Tensor | None = holder.text_projection
        self._mask: Tensor | None = holder.attn_mask
        self._eos: int | None = getattr(holder, "text_eos_id", getattr(holder, "eos_id", None))

    @property
    def longest(self) -> int:
        """Length L of the longest sequence, in tokens."""
        return int(self.positional_embedding.shape[0])

    @property
    def sees_padding(self) -> bool:
        """Whether what follows the end of a text changes its feature."""
        return self._mask is None or self._pooling not in _AT_END_OF_TEXT

    def ends(self, ids: Tensor) -> Tensor:
        """Positions `(N,)` of the end-of-text tokens of sequences `(N, L)`."""
        found = torch.eq(ids, self._eos or 0).int() if self._pooling == "eos" else ids
        return found.argmax(dim=-1)

    def open(self) -> tuple[Block, ...]:
        """The blocks of a causal tower that pools the end-of-text token.

        Raises:
            Unsupported: the mask, the pooling or the blocks are of another kind.
        """
        if self._mask is None:
            raise Unsupported("it has no causal mask")
        if not _is_causal(self._mask):
            raise Unsupported("its mask is not the causal one")
        if self._pooling not in _AT_END_OF_TEXT:
            raise Unsupported(f"it pools the position {self._pooling!r}, not the end of the text")
        return open_blocks(self._transformer)

    def plain(self, embedded: Tensor, ids: Tensor) -> Tensor:
        """Normalised features `(N, E)` by open_clip's own forward.

        Args:
            embedded: token embeddings `(N, L, D)`, without positions.
            ids: `(N, L)` token ids, to find the position that is pooled.
        """
        length = embedded.shape[1]
        hidden = embedded + self.positional_embedding[:length].to(embedded)
        mask = None if self._mask is None else self._mask[:length, :length]
        hidden = hidden.to(self._transformer.get_cast_dtype())
        hidden = self._ln_final(self._transformer(hidden, attn_mask=mask))
        pooled = text_global_pool(hidden, ids, self._pooling, eos_token_id=self._eos)
        return self._project(pooled)

    def finish(self, pooled: Tensor) -> Tensor:
        """Normalised features `(..., E)` of the last block's output `(..., D)` where texts end."""
        return self._project(self._ln_final(pooled))

    def _project(self, pooled: Tensor) -> Tensor:
        projection = self._projection
        if isinstance(projection, nn.Linear):
            pooled = projection(pooled.to(projection.weight.dtype))
        elif projection is not None:
            pooled = pooled.to(projection.dtype) @ projection
        return functional.normalize(pooled.float(), dim=-1)


def _check(holder: Any, pooling: str) -> None:
    lacking = [name for name in _NEEDED if not hasattr(holder, name)]
    class_token = getattr(holder, "cls_emb", None) is not None
    if lacking or class_token or pooling not in (*_AT_END_OF_TEXT, "first", "last"):
        raise UserError(
            f"the text tower {type(holder).__name__} takes no soft context "
            f"({', '.join(lacking) or 'it pools a class token or all positions'}). "
            f"Use a CLIP model whose text tower is an open_clip transformer with EOT pooling."
        )


def _is_causal(mask: Tensor) -> bool:
    later = torch.ones_like(mask, dtype=torch.bool).triu(1)
    return bool(torch.equal(mask.isneginf(), later)) and not bool(mask[~later].any())
