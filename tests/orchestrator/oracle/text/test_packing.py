"""Texts in packs: lengths are rounded up on GPUs, but never beyond the positions of the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from methods.interface import Prompts
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.text import shared_prefix
from orchestrator.oracle.text.packing import Pack, packs
from tests.conformance.closeness import assert_same_logits
from tests.conformance.tiny_clip import write_tiny_clip

NAMES = ("cat", "annual crop land", "boeing 747", "x")


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=6),
    st.integers(0, 12),
    st.integers(1, 64),
    st.booleans(),
)
def test_no_sequence_is_longer_than_the_model_has_room_for(
    lengths: list[int], spare: int, positions: int, rounded: bool
) -> None:
    room, ends = max(lengths) + spare, torch.tensor(lengths) - 1
    ids = torch.arange(len(lengths) * max(lengths)).reshape(len(lengths), -1)
    found = list(packs(ids, ends, positions, room, rounded=rounded))
    assert sorted(c for pack in found for c in pack.classes.tolist()) == list(range(len(lengths)))
    for pack in found:
        assert int(pack.places.max()) < room
        for place, label in zip(pack.ends.tolist(), pack.classes.tolist(), strict=True):
            assert int(pack.ids[place]) == int(ids[label, lengths[label] - 1])


@pytest.fixture
def clip(tmp_path: Any) -> LoadedClip:
    return load_clip(write_tiny_clip(tmp_path), "fp32", torch.device("cpu"))


def features(clip: LoadedClip, prompts: Prompts) -> torch.Tensor:
    oracle = ClipOracle(clip, NAMES, Ledger(), Ledger())
    with torch.inference_mode():
        return oracle._class_features(prompts)


@pytest.mark.parametrize("kind", ["context", "template"])
def test_lengths_as_on_a_gpu_give_the_same_features_of_the_longest_texts(
    clip: LoadedClip, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = ClipOracle(clip, NAMES, Ledger(), Ledger()).space
    if kind == "context":
        draw = torch.Generator().manual_seed(0)
        shape = (2, space.context_tokens, space.text_width)
        prompts = Prompts(context=torch.randn(*shape, generator=draw))
    else:
        prompts = Prompts(templates=(" ".join(["a"] * (space.context_tokens - 1)) + " {}.",))
    expected = features(clip, prompts)

    def as_on_a_gpu(*arguments: Any, rounded: bool) -> Iterator[Pack]:
        return packs(*arguments, rounded=not rounded)

    monkeypatch.setattr(shared_prefix, "packs", as_on_a_gpu)
    assert_same_logits(features(clip, prompts), expected)
