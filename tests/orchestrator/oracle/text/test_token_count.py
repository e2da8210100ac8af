"""Tokens are counted as open_clip's tokenizer counts them, with both vocabularies."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import open_clip
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from open_clip.tokenizer import default_bpe

from benchmarks.datasets.registry import dataset_names, open_dataset
from benchmarks.pocket.build.clip import MODEL
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.loading import load_tokenizer
from orchestrator.oracle.space import planned_space
from orchestrator.oracle.text.token_count import token_counter

VOCABULARIES = [MODEL / "bpe.txt.gz", Path(default_bpe())]


@cache
def counters(vocabulary: Path) -> tuple[Callable[[str], int], open_clip.SimpleTokenizer]:
    return token_counter(vocabulary), open_clip.SimpleTokenizer(bpe_path=str(vocabulary))


@pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=["pocket", "clip"])
@given(text=st.text(max_size=40))
@example(text="aaaa abababab don't WE'LL 2026!!")
@example(text="  &amp;amp; caf\u00e9 \U0001f600\n<end_of_text> <START_OF_TEXT>")
@example(text="an annual crop land, brushland or shrubland, and a sea anemone.")
def test_counts_are_those_of_the_tokenizer(vocabulary: Path, text: str) -> None:
    count, tokenizer = counters(vocabulary)
    assert count(text) == len(tokenizer.encode(text))


@pytest.mark.parametrize("name", [name for name in dataset_names() if name.startswith("pocket")])
def test_the_pocket_is_planned_with_its_tokenizers_counts(name: str) -> None:
    classes = open_dataset(name, "data").class_names()
    backbone = resolve_backbone(Backbone(model="pocket"))
    ids = load_tokenizer(backbone)([f"{name}." for name in classes])
    longest = int(ids.argmax(dim=-1).max()) + 1
    assert planned_space(backbone, classes).context_tokens == 24 - longest


def test_a_name_beyond_the_context_leaves_no_room() -> None:
    backbone = resolve_backbone(Backbone(model="pocket"))
    assert planned_space(backbone, ("q7 " * 40,)).context_tokens == 0
