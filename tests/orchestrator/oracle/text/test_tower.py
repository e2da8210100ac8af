"""Class features for the least work equal those of a plain open_clip forward."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.loading import load_model, load_tokenizer
from orchestrator.oracle.text.tower import TextTower
from tests.conformance.plain_clip import class_features, tiny, tokenizer_for, vit_b_16
from tests.orchestrator.oracle.small_memory import limit_memory

WORDS = ("cat", "annual", "crop", "land", "boeing 747", "x", "forget me not", "of")
names_of_classes = st.lists(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), min_size=1, max_size=8
).map(tuple)


def tower(model: nn.Module, names: tuple[str, ...], positions: int | None = None) -> TextTower:
    text: Any = getattr(model, "text", model)
    built = TextTower(model, tokenizer_for(len(text.positional_embedding)), names)
    if positions is not None:
        built._micro_batches.positions = positions
    return built


def contexts(count: int, tokens: int, width: int, seed: int = 0) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, tokens, width, generator=draw)


def assert_plain(model: nn.Module, subject: TextTower, context: Tensor, names: Any) -> None:
    """Features are of norm 1, so entries near zero are held to 2e-6 of that."""
    with torch.inference_mode():
        found = subject.encode_context(context)
        expected = torch.stack([class_features(model, one, names) for one in context])
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)


@settings(max_examples=25)
@given(
    names=names_of_classes,
    tokens=st.integers(0, 6),
    candidates=st.integers(1, 4),
    positions=st.integers(1, 60),
    quick=st.booleans(),
)
def test_any_class_set_context_and_micro_batch_gives_the_plain_features(
    names: tuple[str, ...], tokens: int, candidates: int, positions: int, quick: bool
) -> None:
    model = tiny(quick)
    subject = tower(model, names, positions)
    assert_plain(model, subject, contexts(candidates, tokens, 32), names)


@settings(max_examples=6)
@given(names=names_of_classes, tokens=st.integers(1, 16), candidates=st.integers(1, 3))
def test_the_shapes_of_vit_b_16_give_the_plain_features(
    names: tuple[str, ...], tokens: int, candidates: int
) -> None:
    model = vit_b_16()
    assert_plain(model, tower(model, names), 0.02 * contexts(candidates, tokens, 512), names)


def test_the_pocket_gives_the_plain_features() -> None:
    pocket = resolve_backbone(Backbone(model="pocket"))
    model, tokenizer = load_model(pocket, "fp32", torch.device("cpu")), load_tokenizer(pocket)
    names = ("one dot", "seven dots", "stripes")
    found = TextTower(model, tokenizer, names).encode_templates(("a picture of {}.",))
    ids = tokenizer([f"a picture of {name}." for name in names])
    with torch.inference_mode():
        expected = model.encode_text(ids, normalize=True)  # type: ignore[operator]
    torch.testing.assert_close(found[0], expected, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("custom", [False, True])
def test_causal_towers_are_opened_without_a_word(custom: bool) -> None:
    model = tiny(custom=custom)
    subject = tower(model, ("cat", "crop land"))
    assert subject._blocks is not None
    assert not subject.fallback_reason
    assert_plain(model, subject, contexts(2, 3, 32), ("cat", "crop land"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ({"no_causal_mask": True}, "no causal mask"),
        ({"pool_type": "last"}, "pools the position 'last'"),
        ({"pool_type": "first"}, "pools the position 'first'"),
        ({"block_type": "custom"}, "CustomResidualAttentionBlock"),
        ({"qk_norm": True}, "CustomResidualAttentionBlock"),
    ],
)
def test_other_towers_take_the_plain_path_and_say_why(text: dict[str, Any], reason: str) -> None:
    model = tiny(custom=True, **text)
    subject = tower(model, ("cat", "crop land"), positions=30)
    assert subject._blocks is None
    assert reason in subject.fallback_reason
    assert_plain(model, subject, contexts(3, 2, 32), ("cat", "crop land"))


def test_a_mask_that_is_not_the_causal_one_is_noticed() -> None:
    model: Any = tiny.__wrapped__(custom=True)
    model.text.attn_mask[0, 1] = 0.0
    assert "mask is not the causal one" in tower(model, ("cat",)).fallback_reason


def test_memory_that_runs_out_halves_the_micro_batch_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = tuple(f"{word} {other}" for word in WORDS for other in WORDS)
    subject = tower(tiny(), names, positions=4096)
    context = contexts(5, 3, 32)
    with torch.inference_mode():
        expected = subject.encode_context(context)
    limit_memory(monkeypatch, rows=100)
    with torch.inference_mode():
        found = subject.encode_context(context)
    assert subject._micro_batches.positions == 64
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)
