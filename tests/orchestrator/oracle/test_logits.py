"""Logits equal those of a plain open_clip forward, to 1e-5 of the largest of each image.

On the pocket whole, and on an untrained model of ViT-B/16's shapes that is two layers deep (twelve
are too slow for a property).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from methods.interface import DeepPrompts, Prompts
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from tests.conformance.closeness import assert_same_logits
from tests.conformance.plain_clip import logits, tokenizer_for, vit_b_16

WORDS = ("cat", "annual", "crop", "land", "dot", "x", "seven dots", "of")


class Darkened:
    """Candidate k darkens the first image by k halves, and the others by half of that."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        changed = images - candidate / 4
        changed[0] -= candidate / 4
        return changed


@dataclass(frozen=True)
class Query:
    """What is asked of which model, and how many positions are computed at once."""

    clip: LoadedClip
    names: tuple[str, ...]
    prompts: Prompts
    images: Tensor
    positions: int


@cache
def pocket() -> LoadedClip:
    return load_clip(resolve_backbone(Backbone(model="pocket")), "fp32", torch.device("cpu"))


@cache
def shaped_like_vit_b_16() -> LoadedClip:
    backbone = resolve_backbone(Backbone(model="ViT-B-16", pretrained="random"))
    return LoadedClip(backbone, vit_b_16(), tokenizer_for(77), 224)


@cache
def spread(load: Callable[[], LoadedClip]) -> float:
    """Standard deviation of a model's token embeddings."""
    model: Any = load().model
    return float(model.token_embedding.weight.std())


@st.composite
def queries(
    draw: st.DrawFn, load: Callable[[], LoadedClip], *, classes: int, context: int, batch: int
) -> Query:
    """Any class set, context and images, up to so many.

    Visual prompts, and additions inside the towers, are there now and then.
    """
    clip, noise = load(), torch.Generator().manual_seed(draw(st.integers(0, 99)))
    words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)
    names = tuple(draw(st.lists(words.map(" ".join), min_size=1, max_size=classes)))
    shape = draw(st.integers(1, batch)), 3, clip.image_size, clip.image_size
    model: Any = clip.model
    count, width = draw(st.integers(1, 4)), model.token_embedding.weight.shape[1]
    tokens = torch.randn(count, draw(st.integers(0, context)), width, generator=noise)
    visual = torch.randn(
        count, draw(st.integers(0, 5)), len(model.visual.class_embedding), generator=noise
    )
    visual_or_none = visual if draw(st.booleans()) else None

    def deep(tokens: Tensor | None, transformer: Any) -> Tensor | None:
        if tokens is None or not draw(st.booleans()):
            return None
        entries = draw(st.integers(0, len(transformer.resblocks) - 1))
        return torch.randn(count, entries, *tokens.shape[1:], generator=noise)

    prompts = Prompts(
        context=tokens * spread(load),
        visual_tokens=visual_or_none,
        pixels=Darkened(count) if draw(st.booleans()) else None,
        deep=DeepPrompts(
            deep(tokens, model.transformer), deep(visual_or_none, model.visual.transformer)
        ),
    )
    images = torch.randn(shape, generator=noise)
    return Query(clip, names, prompts, images, draw(st.integers(1, 2048)))


@settings(max_examples=50)
@given(query=queries(pocket, classes=12, context=6, batch=7))
def test_the_pocket_gives_the_plain_logits(query: Query) -> None:
    assert_plain(query)


@settings(max_examples=10)
@given(query=queries(shaped_like_vit_b_16, classes=4, context=16, batch=3))
def test_the_shapes_of_vit_b_16_give_the_plain_logits(query: Query) -> None:
    assert_plain(query)


def assert_plain(query: Query) -> None:
    subject = ClipOracle(query.clip, query.names, Ledger(), Ledger())
    subject._text._micro_batches.positions = query.positions
    subject._image._micro_batches.positions = query.positions
    labels = torch.zeros(len(query.images), dtype=torch.long)
    found = subject.query(query.prompts, Batch(labels, images=query.images))
    with torch.inference_mode():
        plain = logits(query.clip, query.prompts, query.images, query.names)
    assert_same_logits(found, plain)
