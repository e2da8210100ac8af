"""The pieces of an open_clip text tower, whichever kind of CLIP model holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from orchestrator.errors import UserError
from orchestrator.oracle.blocks import Block, Unsupported, open_blocks
from orchestrator.oracle.inner_layers import adding

_NEEDED = ("token_embedding", "positional_embedding", "transformer", "ln_final", "text_projection")
_AT_END_OF_TEXT = ("argmax", "eos")


class TextTransformer:
    """A text tower that encodes token ids, some of whose embeddings a soft context may replace.

    `plain` is open_clip's own forward, for every tower. `open` gives the blocks of those that can
    be computed with less work; the other methods belong to them alone.

    Raises:
        UserError: the tower doesn't make one feature of a text.
    """

    def __init__(self, model: nn.Module) -> None:
        self._model: Any = model
        self._holder: Any = getattr(model, "text", model)
        holder = self._holder
        named = getattr(holder, "text_pool_type", None) or getattr(holder, "pool_type", "")
        self._pooling = str(named)
        self._class_token = getattr(holder, "cls_emb", None) is not None
        if self._pooling == "none" and not self._class_token:
            raise UserError(
                f"the text tower {type(holder).__name__} pools nothing (pool_type is 'none'), so "
                f"texts have no single feature. Use a CLIP model that pools one position."
            )
        self._mask: Tensor | None = getattr(holder, "attn_mask", None)
        self._eos: int | None = getattr(holder, "text_eos_id", getattr(holder, "eos_id", None))

    @property
    def takes_context(self) -> bool:
        """Whether token embeddings can be replaced; a Hugging Face tower's can't."""
        return isinstance(getattr(self._holder, "token_embedding", None), nn.Embedding)

    @property
    def layers(self) -> int:
        """Blocks of a tower of open_clip's; 0 for any other."""
        transformer = getattr(self._holder, "transformer", None)
        return len(getattr(transformer, "resblocks", ()))

    @property
    def kind(self) -> str:
        """Name of the tower's class."""
        return type(self._holder).__name__

    @property
    def token_embedding(self) -> nn.Embedding:
        """Table of token embeddings, of towers that take soft context."""
        table: nn.Embedding = self._holder.token_embedding
        return table

    @property
    def positional_embedding(self) -> Tensor:
        """`(L, D)`, L being the longest sequence."""
        positions: Tensor = self._holder.positional_embedding
        return positions

    @property
    def placeholder(self) -> int:
        """An id that is neither padding nor the end of a text, to stand where a context goes."""
        taken = (getattr(self._holder, "pad_id", 0), self._eos)
        return next(id_ for id_ in range(len(taken) + 1) if id_ not in taken)

    def ends(self, ids: Tensor) -> Tensor:
        """Positions `(N,)` that are read of sequences `(N, L)`: their end-of-text tokens."""
        found = torch.eq(ids, self._eos or 0).int() if self._pooling == "eos" else ids
        return found.argmax(dim=-1)

    def spare(self, ids: Tensor, tail: int) -> int:
        """How far texts `(N, L)` can be pushed back before what is read of them leaves its row.

        The last `tail` ids of a row stay where they are.
        """
        length = ids.shape[1]
        if self._pooling not in _AT_END_OF_TEXT or self._class_token or not len(ids):
            return length
        ends = self.ends(ids)
        pushed = ends[ends < length - tail]
        return length - tail - 1 - int(pushed.max()) if len(pushed) else length

    def reads_after(self, start: int, ids: Tensor) -> bool:
        """Whether every sequence `(N, L)` is read at an end-of-text token that follows `start`."""
        ends = self.ends(ids)
        if self._pooling == "eos" and not torch.eq(ids, self._eos or 0).any(dim=1).all():
            return False
        return bool((ends >= start).all())

    def open(self) -> tuple[Block, ...]:
        """The blocks of a causal tower that pools the end-of-text token.

        Raises:
            Unsupported: the mask, the pooling or the blocks are of another kind.
        """
        holder = self._holder
        if not all(hasattr(holder, name) for name in _NEEDED):
            raise Unsupported(f"it is {self.kind}")
        if self._class_token:
            raise Unsupported("it reads a class token at the end")
        if self._mask is None:
            raise Unsupported("it has no causal mask")
        if not _is_causal(self._mask):
            raise Unsupported("its mask is not the causal one")
        if self._pooling not in _AT_END_OF_TEXT:
            raise Unsupported(f"it pools the position {self._pooling!r}, not the end of the text")
        return open_blocks(holder.transformer)

    def plain(self, ids: Tensor) -> Tensor:
        """Normalised features `(N, E)` of whole rows of ids `(N, L)` by open_clip's own forward."""
        features = self._model.encode_text(ids, normalize=False)
        return functional.normalize(features.float(), dim=-1)

    def plain_with(self, ids: Tensor, context: Tensor, deep: Tensor | None, start: int) -> Tensor:
        """The same, with a context in place of the token embeddings from position `start` on.

        Args:
            ids: `(N, L)`.
            context: `(N, T, D)`.
            deep: `(N, L' - 1, T, D)`, added there before the second block, the third, ...
            start: the first position.
        """
        replaced = _replaced(self.token_embedding, context, start)
        with replaced, adding(self._holder.transformer, deep, start):
            return self.plain(ids)

    def finish(self, pooled: Tensor) -> Tensor:
        """Normalised features `(..., E)` of the last block's output `(..., D)` where texts end."""
        pooled = self._holder.ln_final(pooled)
        projection: nn.Linear | Tensor | None = self._holder.text_projection
        if isinstance(projection, nn.Linear):
            pooled = projection(pooled.to(projection.weight.dtype))
        elif projection is not None:
            pooled = pooled.to(projection.dtype) @ projection
        return functional.normalize(pooled.float(), dim=-1)


@contextmanager
def _replaced(table: nn.Embedding, context: Tensor, start: int) -> Iterator[None]:
    """While it lasts, a context `(N, T, D)` stands in for what the table says from `start` on."""
    end = start + context.shape[1]

    def put(_table: nn.Module, _ids: Any, said: Tensor) -> Tensor:
        return torch.cat((said[:, :start], context.to(said), said[:, end:]), dim=1)

    hook = table.register_forward_hook(put)
    try:
        yield
    finally:
        hook.remove()


def _is_causal(mask: Tensor) -> bool:
    later = torch.ones_like(mask, dtype=torch.bool).triu(1)
    return bool(torch.equal(mask.isneginf(), later)) and not bool(mask[~later].any())
