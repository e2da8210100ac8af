"""A soft context as one vector: where it starts, and the prompts of points."""

from __future__ import annotations

import pytest
import torch

from methods.interface import SettingsError
from methods.parts.raw_context import RawContext, RawContextSettings
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem


def test_starts_at_the_words_and_makes_prompts_of_points() -> None:
    context = RawContext(toy_problem(), RawContextSettings(words="a photo", context_tokens=3))
    prompts = context.prompts(torch.stack((context.start, context.start + 1)))
    assert prompts.context is not None
    assert prompts.context.shape == (2, 3, SPACE.text_width)
    assert torch.equal(prompts.context[0, 1:], ToyWords().embed("a photo"))
    assert torch.equal(prompts.context[0, 0], torch.zeros(SPACE.text_width))
    assert prompts.context.dtype == torch.float32
    assert context.start.dtype == torch.float64
    assert context.unit == SPACE.token_embedding_std


def test_more_words_than_tokens_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least 4"):
        RawContext(toy_problem(), RawContextSettings(context_tokens=3))
