"""MeZO against its formula written out, and its settings' limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.interface import SettingsError
from methods.mezo import MeZo, MeZoSettings
from methods.parts.seeding import generator
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem
from tests.methods.problems import VIT_B16, numpy_loss, scores

UNIT = SPACE.token_embedding_std


def build(**settings: Any) -> MeZo:
    return MeZo(toy_problem(), MeZoSettings.model_validate(settings))


@pytest.mark.parametrize("pairs", [1, 3])
def test_update_equals_the_formula_written_out(pairs: int) -> None:
    method = build(pairs=pairs, step_size=0.2, smoothing=0.4)
    weights = ToyWords().embed("a photo of a").double().numpy().flatten()
    for step in range(1, 4):
        answer = scores(step, method.ask().count)
        method.tell(answer)
        draw = generator(1, "mezo", "directions", step)
        z = torch.randn(pairs, weights.size, generator=draw).double().numpy()
        losses = [numpy_loss(row.numpy(), answer.labels.numpy()) for row in answer.logits]
        slopes = [(losses[2 * k] - losses[2 * k + 1]) / (2 * 0.4 * UNIT) for k in range(pairs)]
        weights = weights - 0.2 * UNIT * np.mean(np.array(slopes)[:, None] * z, axis=0)
        stored = method.state().tensors["parameters"].numpy()
        np.testing.assert_allclose(stored, weights, rtol=1e-6)


def test_a_step_costs_two_queries_by_default() -> None:
    assert build().ask().queries == 2
    assert MeZo.demand(toy_problem(), MeZoSettings(pairs=4)).candidates == 8


def test_the_radius_is_about_mezos_for_clip() -> None:
    radius = MeZoSettings().smoothing * VIT_B16.token_embedding_std
    assert radius == pytest.approx(1e-3, rel=0.1)


@pytest.mark.parametrize("settings", [{"pairs": 0}, {"smoothing": 0}, {"step_size": 0}])
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="greater"):
        MeZoSettings.model_validate(settings)


def test_too_few_tokens_for_the_words_are_refused_by_the_plan() -> None:
    with pytest.raises(SettingsError, match="at least 4"):
        MeZo.demand(toy_problem(), MeZoSettings(context_tokens=2))
