"""The text side of the oracle: soft contexts or hand-written prompts to class features."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from open_clip.transformer import text_global_pool
from torch import Tensor, nn
from torch.nn import functional

from orchestrator.errors import UserError

_NEEDED = ("token_embedding", "positional_embedding", "transformer", "ln_final", "text_projection")


class TextTower:
    """Encodes prompts for one set of classes with an open_clip text transformer.

    Sequences are cut at the last end-of-text token of the class set when the mask is causal: what
    follows can't be seen, so the result is the same.

    Args:
        model: an open_clip model.
        tokenizer: its tokenizer.
        class_names: C names.
        rows: sequences encoded in one forward; bounds the memory.

    Raises:
        UserError: the tower is not a transformer that takes soft context, or a name is too long.
    """

    def __init__(
        self, model: nn.Module, tokenizer: Any, class_names: tuple[str, ...], rows: int = 1024
    ) -> None:
        self._parts = _transformer_of(model)
        self._tokenizer = tokenizer
        self._class_names = class_names
        self._rows = rows
        self._device = self._parts.token_embedding.weight.device
        self._names = self._tokenize([f"{name}." for name in class_names])
        self._templates: dict[tuple[str, ...], Tensor] = {}

    @property
    def width(self) -> int:
        """Width D of a token embedding."""
        return int(self._parts.token_embedding.weight.shape[1])

    @property
    def context_tokens(self) -> int:
        """The most context tokens that fit beside the longest class name."""
        return self._length_limit - self._names.shape[1]

    @property
    def embedding_std(self) -> float:
        """Standard deviation of the token embedding table."""
        return float(self._parts.token_embedding.weight.float().std())

    def encode_context(self, context: Tensor) -> Tensor:
        """Class features of K soft contexts.

        Args:
            context: `(K, T, D)`, put between the start-of-text token and each class name.

        Returns:
            `(K, C, E)` normalised features.

        Raises:
            UserError: context and longest name exceed the model's context length.
        """
        count, tokens, _ = context.shape
        if tokens > self.context_tokens:
            raise UserError(
                f"{tokens} context tokens don't fit: the longest class name leaves room for "
                f"{self.context_tokens}. Use fewer context tokens or shorter class names."
            )
        # The place holders before the name keep the end-of-text token where pooling finds it.
        holder = self._names[:, 1:2].expand(-1, tokens)
        ids = self._padded(torch.cat((self._names[:, :1], holder, self._names[:, 1:]), dim=1))
        embedded = self._parts.token_embedding(ids)
        classes = len(ids)
        context = context.to(embedded)
        chunks = [
            self._encode(
                torch.cat(
                    (embedded[c, :1], context[k], embedded[c, 1 + tokens :]),
                    dim=1,
                ),
                ids[c],
            )
            for k, c in _pairs(count, classes, self._rows, self._device)
        ]
        return torch.cat(chunks).reshape(count, classes, -1)

    def encode_templates(self, templates: tuple[str, ...]) -> Tensor:
        """Class features of hand-written prompts, averaged over the templates.

        Returns:
            `(1, C, E)` normalised features; computed once and remembered.
        """
        if templates not in self._templates:
            features = torch.stack([self._encode_template(t) for t in templates]).mean(dim=0)
            self._templates[templates] = functional.normalize(features, dim=-1).unsqueeze(0)
        return self._templates[templates]

    @property
    def _length_limit(self) -> int:
        return int(self._parts.positional_embedding.shape[0])

    def _encode_template(self, template: str) -> Tensor:
        texts = [template.replace("{}", name) for name in self._class_names]
        ids = self._padded(self._tokenize(texts))
        chunks = [self._encode(self._parts.token_embedding(c), c) for c in ids.split(self._rows)]
        return torch.cat(chunks)

    def _encode(self, embedded: Tensor, ids: Tensor) -> Tensor:
        """Normalised features `(N, E)` of embedded sequences `(N, L, D)`."""
        parts = self._parts
        length = embedded.shape[1]
        hidden = embedded + parts.positional_embedding[:length].to(embedded)
        mask = None if parts.attn_mask is None else parts.attn_mask[:length, :length]
        hidden = parts.ln_final(parts.transformer(hidden, attn_mask=mask))
        pooled = text_global_pool(hidden, ids, parts.pool_type, eos_token_id=parts.eos_id)
        projection = parts.text_projection
        if isinstance(projection, nn.Linear):
            pooled = projection(pooled)
        elif projection is not None:
            pooled = pooled @ projection
        return functional.normalize(pooled.float(), dim=-1)

    def _tokenize(self, texts: list[str]) -> Tensor:
        """Token ids `(N, L)`, cut after the end-of-text token of the longest text."""
        ids: Tensor = self._tokenizer(texts).to(self._device)
        by_eos = self._parts.pool_type == "eos"
        ends = torch.eq(ids, self._parts.eos_id or 0).int() if by_eos else ids
        end = int(ends.argmax(dim=-1).max()) + 1
        if end == self._length_limit:
            longest = max(texts, key=len)
            raise UserError(
                f"the text {longest!r} fills the model's context of {self._length_limit} tokens "
                f"and may have been cut. Shorten the class name or the template."
            )
        return ids[:, :end]

    def _padded(self, ids: Tensor) -> Tensor:
        """Without a causal mask the padding is seen too, so it must be there."""
        if self._parts.attn_mask is not None:
            return ids
        return functional.pad(ids, (0, self._length_limit - ids.shape[1]))


def _pairs(
    candidates: int, classes: int, rows: int, device: torch.device
) -> Iterator[tuple[Tensor, Tensor]]:
    """Indices of all (candidate, class) pairs, candidate by candidate, `rows` at a time."""
    for chunk in torch.arange(candidates * classes, device=device).split(rows):
        yield chunk // classes, chunk % classes


class _Parts:
    """The pieces of an open_clip text transformer, wherever the model keeps them."""

    def __init__(self, holder: Any) -> None:
        self.token_embedding: nn.Embedding = holder.token_embedding
        self.positional_embedding: Tensor = holder.positional_embedding
        self.transformer: nn.Module = holder.transformer
        self.ln_final: nn.Module = holder.ln_final
        self.text_projection: nn.Linear | Tensor | None = holder.text_projection
        self.attn_mask: Tensor | None = holder.attn_mask
        self.pool_type: str = getattr(holder, "text_pool_type", None) or holder.pool_type
        self.eos_id: int | None = getattr(holder, "text_eos_id", getattr(holder, "eos_id", None))


def _transformer_of(model: nn.Module) -> _Parts:
    holder = getattr(model, "text", model)
    lacking = [name for name in _NEEDED if not hasattr(holder, name)]
    class_token = getattr(holder, "cls_emb", None) is not None
    pooling = getattr(holder, "text_pool_type", None) or getattr(holder, "pool_type", "")
    if lacking or class_token or pooling not in ("argmax", "eos"):
        raise UserError(
            f"the text tower {type(holder).__name__} takes no soft context "
            f"({', '.join(lacking) or 'it pools a class token or the last position'}). "
            f"Use a CLIP model whose text tower is an open_clip transformer with EOT pooling."
        )
    return _Parts(holder)
