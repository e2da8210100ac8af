"""Class features for the least work equal those of a plain open_clip forward."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from orchestrator.errors import UserError
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


def added(count: int, entries: int, tokens: int, seed: int = 1) -> Tensor:
    """What deep prompts add in a tiny model."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(count, entries, tokens, 32, generator=draw)


def assert_plain(
    model: nn.Module,
    subject: TextTower,
    context: Tensor,
    names: Any,
    deep: Tensor | None = None,
) -> None:
    """Features are of norm 1, so entries near zero are held to 2e-6 of that."""
    inner = [None] * len(context) if deep is None else list(deep)
    with torch.inference_mode():
        found = subject.encode_context(context, deep)
        plain = [
            class_features(model, one, names, deep=inside)
            for one, inside in zip(context, inner, strict=True)
        ]
        expected = torch.stack(plain)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)


@settings(max_examples=25)
@given(
    names=names_of_classes,
    tokens=st.integers(0, 6),
    candidates=st.integers(1, 4),
    positions=st.integers(1, 60),
    quick=st.booleans(),
    entries=st.none() | st.integers(0, 2),
)
def test_any_class_set_context_and_micro_batch_gives_the_plain_features(
    names: tuple[str, ...],
    tokens: int,
    candidates: int,
    positions: int,
    quick: bool,
    entries: int | None,
) -> None:
    model = tiny(quick)
    subject = tower(model, names, positions)
    deep = None if entries is None else added(candidates, entries, tokens)
    assert_plain(model, subject, contexts(candidates, tokens, 32), names, deep)


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
    assert subject.layers == 3
    assert_plain(model, subject, contexts(3, 2, 32), ("cat", "crop land"), added(3, 2, 2))


def test_nothing_added_inside_changes_no_bit() -> None:
    subject, context = tower(tiny(), ("cat", "crop land")), contexts(2, 3, 32)
    with torch.inference_mode():
        plain = subject.encode_context(context)
        assert torch.equal(subject.encode_context(context, torch.zeros(2, 2, 3, 32)), plain)
        assert torch.equal(subject.encode_context(context, torch.zeros(2, 0, 3, 32)), plain)


def test_each_candidate_has_its_own_deep_prompt() -> None:
    subject, context, deep = tower(tiny(), ("cat", "x")), contexts(3, 2, 32), added(3, 2, 2)
    with torch.inference_mode():
        together = subject.encode_context(context, deep)
        alone = [subject.encode_context(context[k : k + 1], deep[k : k + 1]) for k in range(3)]
        other = subject.encode_context(context, deep * torch.tensor([1.0, 2, 1]).view(3, 1, 1, 1))
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-5, atol=2e-6)
    torch.testing.assert_close(together[::2], other[::2], rtol=1e-5, atol=2e-6)
    assert not torch.allclose(together[1], other[1], atol=1e-3)


@pytest.mark.parametrize("no_causal_mask", [False, True])
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((2, 3, 2, 32), "prompt is for 4 layers, but the text tower has 3. Use fewer layers"),
        ((2, 2, 3, 32), r"must have shape \(2, layers - 1, 2, 32\)"),
        ((1, 2, 2, 32), r"must have shape \(2, layers - 1, 2, 32\)"),
        ((2, 2, 2, 16), r"must have shape \(2, layers - 1, 2, 32\)"),
        ((2, 2, 32), r"have \(2, 2, 32\)"),
    ],
)
def test_deep_prompts_that_do_not_fit_are_refused(
    shape: tuple[int, ...], message: str, no_causal_mask: bool
) -> None:
    subject = tower(tiny(custom=True, no_causal_mask=no_causal_mask), ("cat",))
    with pytest.raises(UserError, match=message):
        subject.encode_context(contexts(2, 2, 32), torch.zeros(shape))


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


def test_it_remembers_some_templates_and_says_how_much_memory_they_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("orchestrator.oracle.text.tower._TEMPLATES_KEPT", 3)
    names = ("cat", "dog")
    subject, others = tower(tiny(), names), [f"picture {number} of a {{}}" for number in range(9)]
    with torch.inference_mode():
        one = subject.encode_templates(("a {}", "the {}"))
        for template in others:
            subject.encode_templates((template,))
            assert subject.remembered_bytes <= 2 * 3 * one.nbytes
        assert subject.encode_templates(("a {}", "the {}")).equal(one)
        before = subject.remembered_bytes
        subject.encode_context(contexts(1, 2, 32))
    assert subject.remembered_bytes > before
