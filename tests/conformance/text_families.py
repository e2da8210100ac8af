"""The kinds of text tower among open_clip's configurations, each as a tiny untrained model.

They are taken from open_clip's own list, so that one of a later release joins by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import open_clip
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.conformance.stand_in_tokenizer import VOCABULARY, stand_ins

_SIZES = ("width", "heads", "layers", "mlp_ratio", "vocab_size")
_TINY = {"width": 32, "heads": 2, "layers": 3}
_VISION = {"image_size": 16, "patch_size": 8, "width": 32, "layers": 1, "head_width": 16}
_COCA_VISION = {"attentional_pool": True, "attn_pooler_heads": 2, "output_tokens": True}


def families() -> dict[str, str]:
    """Those that open_clip builds itself: the name of a configuration, by what sets it apart."""
    found: dict[str, str] = {}
    for name in open_clip.list_models():
        config = open_clip.get_model_config(name)
        text = config["text_cfg"]
        if text.get("hf_model_name"):
            continue  # `transformers` builds it, from a configuration that it downloads
        kind = {key: value for key, value in text.items() if key not in _SIZES}
        kind["hf_tokenizer_name"] = bool(text.get("hf_tokenizer_name"))
        kind["model"] = [bool(config.get("custom_text")), "multimodal_cfg" in config]
        found.setdefault(json.dumps(kind, sort_keys=True), name)
    return {name: kind for kind, name in found.items()}


def tokenized() -> Iterator[tuple[str, str]]:
    """Every family with every kind of tokenizer that it may have."""
    for name in families():
        text = open_clip.get_model_config(name)["text_cfg"]
        if not text.get("hf_tokenizer_name"):
            yield name, "clip"
        else:
            eos = text.get("eos_id", 2) if text.get("pool_type") == "eos" else None
            yield from ((name, kind) for kind in stand_ins(77, eos))


@cache
def tiny(name: str) -> nn.Module:
    """A tiny model of a family."""
    config = open_clip.get_model_config(name)
    text = {**config["text_cfg"], **_TINY}
    if text.get("hf_tokenizer_name"):
        text["vocab_size"] = VOCABULARY
    coca = {"vision_cfg": {**_VISION, **_COCA_VISION}}
    if "multimodal_cfg" in config:
        coca["multimodal_cfg"] = {**config["multimodal_cfg"], **_TINY}
    plain = {"vision_cfg": _VISION}
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model: nn.Module = open_clip.create_model(
            name,
            load_weights=False,
            embed_dim=16,
            text_cfg=text,
            **(coca if len(coca) > 1 else plain),
        )
        with torch.no_grad():  # small initial embeddings would hide differences, as would zeros
            for part, parameter in getattr(model, "text", model).named_parameters():
                if "embedding" in part or part.endswith("bias") or part == "cls_emb":
                    parameter.normal_(std=0.3)
    return model.eval().requires_grad_(False)


def tokenizer_of(name: str, kind: str) -> Any:
    """A tokenizer for rows of the length that a family takes."""
    length = open_clip.get_model_config(name)["text_cfg"].get("context_length", 77)
    if kind == "clip":
        return open_clip.SimpleTokenizer(context_length=length)
    return stand_ins(length, None)[kind]


def encoded(model: Any, ids: Tensor) -> Tensor:
    """Features `(N, E)` of ids `(N, L)` as open_clip computes them."""
    with torch.inference_mode():
        return functional.normalize(model.encode_text(ids, normalize=False).float(), dim=-1)


class Added(nn.Module):
    """A block before which something `(T, D)` is added from a position on."""

    def __init__(self, block: nn.Module, added: Tensor, start: int) -> None:
        super().__init__()
        self.block, self.added, self.start = block, added, start

    def forward(self, hidden: Tensor, **rest: Any) -> Any:
        whole = torch.zeros(hidden.shape[1:])
        whole[self.start : self.start + len(self.added)] = self.added
        return self.block(hidden + whole, **rest)


def with_context(
    model: Any, ids: Tensor, start: int, context: Tensor, deep: Tensor | None = None
) -> Tensor:
    """Features `(N, E)` of rows `(N, L)` of ids whose embeddings a context `(T, D)` replaces.

    open_clip's own forward, on a copy of the model whose table says the context for ids that no
    text has, and whose blocks from the second on take in `deep` `(L - 1, T, D)`.
    """
    changed = deepcopy(model)
    text = getattr(changed, "text", changed)
    for number, added in enumerate(deep if deep is not None else (), start=1):
        text.transformer.resblocks[number] = Added(text.transformer.resblocks[number], added, start)
    table = text.token_embedding.weight
    unused = [id_ for id_ in range(3, 200) if not bool((ids == id_).any())][: len(context)]
    table[unused] = context.to(table)
    ids = ids.clone()
    ids[:, start : start + len(context)] = torch.tensor(unused, dtype=ids.dtype)
    return encoded(changed, ids)
