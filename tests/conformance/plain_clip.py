"""Untrained CLIP models in memory, and open_clip's own plain forward on them."""

from __future__ import annotations

from functools import cache
from typing import Any

import open_clip
import torch
from torch import Tensor, nn
from torch.nn import functional

from methods.interface import DeepPrompts, Prompts
from orchestrator.oracle.clip import LoadedClip

LAYERS = 2
"""ViT-B/16 has 12; two already have a first and a last block, and cost a sixth."""

_TINY_TEXT = {"context_length": 24, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 3}
_TINY_VISION = {"image_size": 16, "patch_size": 8, "width": 32, "layers": 3, "head_width": 16}


@cache
def tiny(quick: bool = False, custom: bool = False, **text: Any) -> nn.Module:
    """A tiny model, with some of its text tower's settings changed."""
    kind = open_clip.CustomTextCLIP if custom else open_clip.CLIP
    return _untrained(kind, 16, _TINY_VISION, {**_TINY_TEXT, **text}, quick)


@cache
def vit_b_16() -> nn.Module:
    """A model of ViT-B/16's shapes, but of two layers, and with logits of a trained one's size."""
    vision = {"image_size": 224, "patch_size": 16, "width": 768, "layers": LAYERS}
    text = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": LAYERS}
    model = _untrained(open_clip.CLIP, 512, vision, text, True)
    _turn_towards_each_other(model)
    return model


@cache
def tokenizer_for(length: int) -> open_clip.SimpleTokenizer:
    """CLIP's tokenizer for texts of a length."""
    return open_clip.SimpleTokenizer(context_length=length)


def _untrained(
    kind: Any, width: int, vision: dict[str, Any], text: dict[str, Any], quick: bool
) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model: nn.Module = kind(width, vision_cfg=vision, text_cfg=text, quick_gelu=quick)
        with torch.no_grad():  # CLIP's small initial embeddings would hide differences
            embeddings: Any = getattr(model, "text", model)
            embeddings.token_embedding.weight.mul_(10)
            for name, parameter in model.named_parameters():
                if name.endswith("bias"):  # zeros would hide a bias that is left out
                    parameter.normal_(std=0.1)
    return model.eval().requires_grad_(False)


@torch.no_grad()
def _turn_towards_each_other(model: Any) -> None:
    """Makes images and texts share a direction, so that cosines lie around 0.25, as in CLIP.

    Those of untrained towers lie around 0, where no two ways to compute them agree relatively.
    """
    visual, half = model.visual, 0.5
    outputs = ((visual.ln_post, visual.proj), (model.ln_final, model.text_projection))
    for norm, projection in outputs:
        norm.bias.mul_(3)
        along = half * projection.shape[1] ** 0.5 / norm.bias.square().sum()
        projection[:, 0] += along * norm.bias


def logits(clip: LoadedClip, prompts: Prompts, images: Tensor, names: tuple[str, ...]) -> Tensor:
    """Logits `(K, B, C)` of soft contexts, one candidate after the other."""
    found, deep = [], prompts.deep or DeepPrompts()
    for k, context in enumerate(prompts.context if prompts.context is not None else ()):
        pixels = images if prompts.pixels is None else prompts.pixels.apply(images, k)
        tokens = None if prompts.visual_tokens is None else prompts.visual_tokens[k]
        inside = (None if part is None else part[k] for part in (deep.text, deep.visual))
        of_text, of_image = inside
        image = image_features(clip.model, pixels, tokens, of_image)
        text = class_features(clip.model, context, names, clip.tokenizer, of_text)
        found.append(clip.logit_scale * image @ text.T)
    return torch.stack(found)


def class_features(
    model: Any,
    context: Tensor,
    names: tuple[str, ...],
    tokenizer: Any = None,
    deep: Tensor | None = None,
) -> Tensor:
    """Features `(C, E)` of one soft context `(T, D)`, as CoOp computes them: all positions.

    `deep` is `(L - 1, T, D)`.
    """
    text = getattr(model, "text", model)
    tokenizer = tokenizer or tokenizer_for(len(text.positional_embedding))
    holders = " ".join(["X"] * len(context))
    ids = tokenizer([f"{holders} {name}." for name in names])
    embedded = text.token_embedding(ids)
    shared = context.expand(len(ids), -1, -1)
    embedded = torch.cat((embedded[:, :1], shared, embedded[:, 1 + len(context) :]), dim=1)
    hidden = embedded + text.positional_embedding
    hidden = _through(text.transformer, hidden, deep, start=1, mask=text.attn_mask)
    pool = getattr(text, "text_pool_type", None) or text.pool_type
    rows = {"first": 0 * ids.argmax(dim=-1), "last": 0 * ids.argmax(dim=-1) - 1}
    pooled = text.ln_final(hidden)[torch.arange(len(ids)), rows.get(pool, ids.argmax(dim=-1))]
    projection = text.text_projection
    features = projection(pooled) if isinstance(projection, nn.Linear) else pooled @ projection
    return functional.normalize(features, dim=-1)


def image_features(
    model: Any, images: Tensor, tokens: Tensor | None = None, deep: Tensor | None = None
) -> Tensor:
    """Features `(B, E)`, with tokens `(V, W)` after the patches; all positions, all blocks.

    `deep` is `(L - 1, V, W)`.
    """
    visual = model.visual
    patches = visual.conv1(images).flatten(2).mT
    first = visual.class_embedding.expand(len(images), 1, -1)
    hidden = torch.cat((first, patches), dim=1) + visual.positional_embedding
    start = hidden.shape[1]
    if tokens is not None:
        hidden = torch.cat((hidden, tokens.expand(len(images), -1, -1)), dim=1)
    hidden = _through(visual.transformer, visual.ln_pre(hidden), deep, start)
    return functional.normalize(visual.ln_post(hidden)[:, 0] @ visual.proj, dim=-1)


def _through(
    transformer: Any,
    hidden: Tensor,
    deep: Tensor | None,
    start: int,
    mask: Tensor | None = None,
) -> Tensor:
    """All blocks, one after the other; before the second, the third, ... `deep` is added."""
    for number, block in enumerate(transformer.resblocks):
        if deep is not None and 0 < number <= len(deep):
            hidden = hidden.clone()
            hidden[:, start : start + deep.shape[1]] += deep[number - 1]
        hidden = block(hidden, attn_mask=mask)
    return hidden
