"""Zeroth-order descent of a raw context against its three update rules written out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from methods.interface import SettingsError, State
from methods.lazy_torch import torch
from methods.parts.directions import segmented_uniform
from methods.parts.seeding import generator
from methods.registry import method_variant
from methods.zo_context import ZoContext, ZoContextSettings
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem
from tests.methods.problems import numpy_loss, scores

UNIT = SPACE.token_embedding_std


def build(name: str = "zo_context", **settings: Any) -> ZoContext:
    kind, defaults = method_variant(name)
    choice = kind.settings_type.model_validate({**defaults, **settings})
    method = kind(toy_problem(), choice)
    assert isinstance(method, ZoContext)
    return method


@pytest.mark.parametrize("name", ["zo_context", "zo_context@gc", "zo_context@clip"])
def test_update_equals_the_formulas_written_out(name: str) -> None:
    method = build(name, pairs=2, step_size=0.3, smoothing=0.2)
    weights = ToyWords().embed("a photo of a").double().numpy().flatten()
    momentum = np.zeros_like(weights)
    for step in range(1, 4):
        prompts = method.ask()
        answer = scores(step, prompts.count)
        method.tell(answer)
        draw = generator(1, "zo_context", "directions", step)
        directions = segmented_uniform(2, weights.size, draw).double().numpy()
        c = 0.2 * UNIT / step**0.1
        losses = [numpy_loss(row.numpy(), answer.labels.numpy()) for row in answer.logits]
        g = np.mean(
            [(losses[2 * k] - losses[2 * k + 1]) / (2 * c) / d for k, d in enumerate(directions)],
            axis=0,
        )
        if name.endswith("gc"):
            momentum = 0.8 * momentum + g
            g = g + 0.8 * momentum
        if name.endswith("clip"):
            assert np.linalg.norm(g) > math.sqrt(weights.size), "nothing to clip"
            g = g * math.sqrt(weights.size) / np.linalg.norm(g)
        weights = weights - 0.3 * UNIT / (step + 1) ** 0.4 * g
        assert prompts.context is not None
        stored = method.state().tensors["parameters"].numpy()
        np.testing.assert_allclose(stored, weights, rtol=1e-6)


def test_a_step_costs_two_queries_a_pair() -> None:
    assert build().ask().queries == 10
    assert build(pairs=2).ask().queries == 4
    demand = ZoContext.demand(toy_problem(), ZoContextSettings(pairs=2))
    assert demand.candidates == 4


def test_lengths_follow_the_token_embeddings() -> None:
    method = build(smoothing=0.5, context_tokens=5)
    asked, start = method.ask().context, method.best_prompt().context
    assert asked is not None
    assert start is not None
    assert asked.shape == (10, 5, SPACE.text_width)
    distance = (asked - start).abs() / UNIT
    assert 0.25 - 1e-4 <= float(distance.min()) <= float(distance.max()) <= 0.5 + 1e-4


def test_a_state_of_other_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match="zo_context state has parameters of shape"):
        build().load(State({"parameters": torch.zeros(3)}, {"steps_done": 1}))


def test_too_few_tokens_for_the_words_are_refused_by_the_plan() -> None:
    with pytest.raises(SettingsError, match="at least 4"):
        ZoContext.demand(toy_problem(), ZoContextSettings(context_tokens=2))
