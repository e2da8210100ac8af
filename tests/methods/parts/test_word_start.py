"""Contexts that start from words: where the words stand, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from methods.interface import SettingsError
from methods.parts.word_start import word_start, word_tokens
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem


def test_the_start_is_the_words_embeddings() -> None:
    start = word_start(toy_problem(), "a photo of a", None)
    assert torch.equal(start, ToyWords().embed("a photo of a"))


def test_further_tokens_stand_before_the_words_at_zero() -> None:
    start = word_start(toy_problem(), "a photo", 5)
    assert not start[:3].any()
    assert torch.equal(start[3:], ToyWords().embed("a photo"))


def test_without_words_the_start_is_zero() -> None:
    start = word_start(toy_problem(), "", 3)
    assert start.shape == (3, SPACE.text_width)
    assert not start.any()


def test_a_plan_counts_tokens_without_looking_up_embeddings() -> None:
    assert word_tokens(toy_problem(), "a photo of a", None) == 4
    assert word_tokens(toy_problem(), "a photo of a", 6) == 6
    assert word_tokens(toy_problem(), "", 2) == 2


@pytest.mark.parametrize(
    ("words", "tokens", "message"),
    [
        ("", None, "context_tokens must say"),
        ("a photo of a", 3, "at least 4.*'a photo of a'.*got 3"),
        ("a photo of a", 13, "at most 12"),
        (" ".join("a" * 13), None, "at most 12"),
        ("a " * 500, 3, "at least 500, for so many tokens has .{60,90}, but got 3"),
    ],
)
def test_what_cannot_be_is_refused(words: str, tokens: int | None, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        word_tokens(toy_problem(), words, tokens)


def test_a_black_box_without_soft_context_is_refused() -> None:
    closed = replace(
        toy_problem(), words=None, space=replace(SPACE, text_width=0, context_tokens=0)
    )
    for words, tokens in (("a photo of a", None), ("", 4)):
        with pytest.raises(SettingsError, match=r"at most 0|no soft context"):
            word_tokens(closed, words, tokens)
