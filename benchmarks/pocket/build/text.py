"""The pocket's text tower, started at token embeddings, so that vectors can precede the words."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def encode_with_prefix(model: Any, tokens: Tensor, prefix: Tensor | None = None) -> Tensor:
    """Normalised features of texts, with vectors inserted between start token and words.

    Args:
        model: an open_clip CLIP whose end-of-text token has the highest id.
        tokens: token ids `(N, length)`; padding after the longest text is cut off.
        prefix: `(k, width)`, the same for all texts; None for plain texts.

    Returns:
        `(N, embed_dim)`.
    """
    end = tokens.argmax(dim=-1)
    embedded = model.token_embedding(tokens[:, : int(end.max()) + 1])
    if prefix is not None:
        shared = prefix.expand(len(embedded), -1, -1).to(embedded.dtype)
        embedded = torch.cat((embedded[:, :1], shared, embedded[:, 1:]), dim=1)
        end = end + len(prefix)
    length = embedded.shape[1]
    hidden = embedded + model.positional_embedding[:length]
    hidden = model.transformer(hidden, attn_mask=model.attn_mask[:length, :length])
    hidden = model.ln_final(hidden)[torch.arange(len(tokens)), end]
    return functional.normalize(hidden @ model.text_projection, dim=-1)


def room_for_prefix(model: Any, tokens: Tensor) -> int:
    """How many vectors fit before the longest text, given token ids `(N, length)`."""
    longest = int(tokens.argmax(dim=-1).max()) + 1
    return int(model.positional_embedding.shape[0]) - longest
