"""Class features are those of open_clip's `encode_text`, for every kind of text tower it has.

Tokenizers that `transformers` would have to download are stood in for by one with the same ids
before, after and behind a text.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from orchestrator.errors import UserError
from orchestrator.oracle.text.tower import TextTower
from tests.conformance.stand_in_tokenizer import StandInTokenizer, stand_ins
from tests.conformance.text_families import (
    encoded,
    families,
    tiny,
    tokenized,
    tokenizer_of,
    with_context,
)

NAMES = ("cat", "annual crop land", "boeing 747", "x")
TEMPLATE = "a photo of a {}, a {}."
FAMILIES = pytest.mark.parametrize(("name", "kind"), list(tokenized()))


def assert_same(found: Tensor, expected: Tensor) -> None:
    """Features are of norm 1, so entries near zero are held to 2e-6 of that."""
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=2e-6)


def start_of(tokenizer: Any) -> int:
    return len(tokenizer.start) if isinstance(tokenizer, StandInTokenizer) else 1


def test_the_list_holds_every_way_to_read_a_text() -> None:
    kinds = list(families().values())
    for sign in ('"pool_type": "last"', '"pool_type": "eos"', '"embed_cls": true', '"no_causal'):
        assert any(sign in kind for kind in kinds), sign


@FAMILIES
def test_templates_give_what_encode_text_gives(name: str, kind: str) -> None:
    model, tokenizer = tiny(name), tokenizer_of(name, kind)
    with torch.inference_mode():
        found = TextTower(model, tokenizer, NAMES).encode_templates((TEMPLATE,))
    ids = tokenizer([TEMPLATE.replace("{}", name) for name in NAMES])
    assert_same(found[0], encoded(model, ids))


@FAMILIES
def test_a_context_stands_between_start_and_name_on_either_path(name: str, kind: str) -> None:
    model, tokenizer = tiny(name), tokenizer_of(name, kind)
    subject = TextTower(model, tokenizer, NAMES)
    contexts = torch.randn(2, 3, 32, generator=torch.Generator().manual_seed(0))
    ids = tokenizer([f"X X X {name}." for name in NAMES])
    expected = [with_context(model, ids, start_of(tokenizer), context) for context in contexts]
    for blocks in {subject._blocks, None}:
        subject._blocks = blocks
        with torch.inference_mode():
            assert_same(subject.encode_context(contexts), torch.stack(expected))


@FAMILIES
def test_deep_prompts_are_added_at_the_context_on_either_path(name: str, kind: str) -> None:
    model, tokenizer = tiny(name), tokenizer_of(name, kind)
    subject, draw = TextTower(model, tokenizer, NAMES), torch.Generator().manual_seed(0)
    contexts = torch.randn(2, 3, 32, generator=draw)
    deep = torch.randn(2, 2, 3, 32, generator=draw)
    assert subject.layers == 3
    ids, start = tokenizer([f"X X X {name}." for name in NAMES]), start_of(tokenizer)
    expected = [with_context(model, ids, start, *pair) for pair in zip(contexts, deep, strict=True)]
    for blocks in {subject._blocks, None}:
        subject._blocks = blocks
        with torch.inference_mode():
            assert_same(subject.encode_context(contexts, deep), torch.stack(expected))


@FAMILIES
def test_room_is_what_the_longest_name_leaves(name: str, kind: str) -> None:
    model, tokenizer = tiny(name), tokenizer_of(name, kind)
    subject = TextTower(model, tokenizer, NAMES)
    room = subject.context_tokens
    longest = max(NAMES, key=lambda name: len(tokenizer_length(tokenizer, name)))
    fits = " ".join(["X"] * room + [longest]) + "."
    TextTower(model, tokenizer, (fits[:-1],))
    with pytest.raises(UserError, match=r"X.*overfills the model's context"):
        TextTower(model, tokenizer, (f"X {fits[:-1]}",))
    with pytest.raises(UserError, match=f"leaves room for {room}"):
        subject.encode_context(torch.zeros(1, room + 1, 32))


def tokenizer_length(tokenizer: Any, name: str) -> list[int]:
    """The ids of a name's row that those of nothing don't have."""
    row, empty = tokenizer([f"{name}.", ""]).tolist()
    return [a for a, b in zip(row, empty, strict=True) if a != b]


@pytest.mark.parametrize("tokens", [0, 1])
def test_a_tower_without_start_token_is_opened_for_any_context(tokens: int) -> None:
    name = next(name for name, kind in tokenized() if kind == "t5, gemma" and is_opened(name, kind))
    model, tokenizer = tiny(name), tokenizer_of(name, "t5, gemma")
    context = torch.randn(1, tokens, 32)
    with torch.inference_mode():
        found = TextTower(model, tokenizer, NAMES).encode_context(context)
    ids = tokenizer([" ".join(["X"] * tokens + [f"{name}."]) for name in NAMES])
    assert_same(found[0], with_context(model, ids, 0, context[0]))


def is_opened(name: str, kind: str) -> bool:
    return not TextTower(tiny(name), tokenizer_of(name, kind), NAMES).fallback_reason


def test_what_can_use_prefix_caching_does() -> None:
    opened = {name for name, kind in tokenized() if is_opened(name, kind)}
    for name, kind in families().items():
        causal = '"no_causal_mask": true' not in kind and '"embed_cls"' not in kind
        assert (name in opened) is (causal and '"last"' not in kind), kind


def test_a_text_without_end_takes_the_plain_path() -> None:
    name = next(name for name, kind in families().items() if '"pool_type": "eos"' in kind)
    tokenizer = StandInTokenizer(77, pad=0, start=(101,))
    subject = TextTower(tiny(name), tokenizer, NAMES)
    assert subject.fallback_reason == "not every text has an end-of-text token"
    ids = tokenizer([f"a {name}" for name in NAMES])
    with torch.inference_mode():
        assert_same(subject.encode_templates(("a {}",))[0], encoded(tiny(name), ids))


class ForeignText(nn.Module):
    """A text tower that isn't open_clip's, as a Hugging Face one."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(1000, 16)


class ForeignClip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.text = ForeignText()

    def encode_text(self, ids: Tensor, normalize: bool = False) -> Tensor:
        features: Tensor = self.text.table(ids)
        return features


def test_a_tower_of_another_library_encodes_templates_and_refuses_a_context() -> None:
    model, tokenizer = ForeignClip(), stand_ins(20, None)["xlm"]
    subject = TextTower(model, tokenizer, NAMES)
    assert (subject.width, subject.context_tokens, subject.layers) == (0, 0, 0)
    assert subject.embedding_std == 0.0
    ids = tokenizer([f"a {name}" for name in NAMES])
    assert_same(subject.encode_templates(("a {}",))[0], encoded(model, ids))
    with pytest.raises(UserError, match=r"ForeignText has no token embeddings.*such as zero_shot"):
        subject.encode_context(torch.zeros(1, 1, 16))


class PadsInFront(StandInTokenizer):
    def __call__(self, texts: Any, context_length: int | None = None) -> Tensor:
        return super().__call__(texts, context_length).flip(1)


@pytest.mark.parametrize(("pad", "end"), [(0, 2), (1, 1)])
def test_a_tokenizer_that_pads_in_front_serves_templates_alone(pad: int, end: int) -> None:
    name = next(name for name, kind in families().items() if '"pool_type": "last"' in kind)
    tokenizer = PadsInFront(64, pad=pad, start=(end,))
    subject = TextTower(tiny(name), tokenizer, NAMES)
    ids = tokenizer([f"a {name}" for name in NAMES])
    with torch.inference_mode():
        assert_same(subject.encode_templates(("a {}",))[0], encoded(tiny(name), ids))
    with pytest.raises(UserError, match="puts padding before a text"):
        subject.encode_context(torch.zeros(1, 1, 32))


def test_the_padding_that_a_tower_reads_as_end_stays_in_its_row() -> None:
    name = next(name for name, kind in families().items() if '"eos_id": 1' in kind)
    model, tokenizer = tiny(name), StandInTokenizer(77, pad=1, start=(0,), end=(2,))
    subject = TextTower(model, tokenizer, NAMES)
    tokens = subject.context_tokens
    contexts = torch.randn(1, tokens, 32, generator=torch.Generator().manual_seed(0))
    ids = tokenizer([" ".join(["X"] * tokens + [f"{name}."]) for name in NAMES])
    assert (ids == 1).sum(dim=1).min() == 1
    for blocks in (subject._blocks, None):
        subject._blocks = blocks
        with torch.inference_mode():
            assert_same(
                subject.encode_context(contexts)[0], with_context(model, ids, 1, contexts[0])
            )
    with pytest.raises(UserError, match=f"leaves room for {tokens}"):
        subject.encode_context(torch.zeros(1, tokens + 1, 32))


def test_a_token_after_the_padding_may_be_what_a_tower_reads() -> None:
    model = tiny("ViT-B-32")
    tokenizer = StandInTokenizer(77, pad=0, start=(1,), end=(2,), tail=(1100,))
    subject = TextTower(model, tokenizer, NAMES)
    assert subject.fallback_reason == "it reads a token that follows the padding"
    contexts = torch.randn(1, 3, 32, generator=torch.Generator().manual_seed(0))
    ids = tokenizer([f"X X X {name}." for name in NAMES])
    with torch.inference_mode():
        assert_same(subject.encode_context(contexts)[0], with_context(model, ids, 1, contexts[0]))


def test_a_tower_that_pools_nothing_is_refused() -> None:
    model: Any = ForeignClip()
    model.text.pool_type = "none"
    with pytest.raises(UserError, match="pools nothing"):
        TextTower(model, stand_ins(20, None)["xlm"], NAMES)
