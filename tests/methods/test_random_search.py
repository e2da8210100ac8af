"""Random search: where it looks, what it keeps, and its settings' limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.interface import SettingsError
from methods.parts.seeding import generator
from methods.random_search import RandomSearch, RandomSearchSettings
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem
from tests.methods.problems import numpy_loss, scores


def build(**settings: Any) -> RandomSearch:
    return RandomSearch(toy_problem(), RandomSearchSettings.model_validate(settings))


def test_keeps_the_best_of_new_contexts_and_the_last_best_one() -> None:
    method = build(population=2, spread=0.5)
    start = ToyWords().embed("a photo of a").double().numpy().flatten()
    best, kept = start, 0
    for step in range(8):
        draw = generator(1, "random_search", "contexts", step)
        z = torch.randn(2, start.size, generator=draw, dtype=torch.float64).numpy()
        points = np.stack((best, *(start + 0.5 * SPACE.token_embedding_std * z)))
        asked = method.ask().context
        assert asked is not None
        assert method.images() == "next"
        np.testing.assert_allclose(asked.flatten(1).numpy(), points, atol=1e-6)
        answer = scores(step, 3)
        method.tell(answer)
        losses = [numpy_loss(row.numpy(), answer.labels.numpy()) for row in answer.logits]
        best, kept = points[np.argmin(losses)], kept + (np.argmin(losses) == 0)
        np.testing.assert_allclose(method.state().tensors["parameters"].numpy(), best, atol=1e-12)
    assert 0 < kept < 8, "the answers show only one side of the rule"


def test_a_tie_keeps_what_is_known() -> None:
    method = build(population=3)
    before = method.best_prompt().context
    one = scores(0, 1)
    equal = type(one)(one.logits.expand(4, -1, -1), one.labels, one.examples)
    method.tell(equal)
    after = method.best_prompt().context
    assert before is not None
    assert after is not None
    assert torch.equal(before, after)


def test_a_step_costs_one_query_more_than_new_contexts() -> None:
    method = build(population=5)
    assert method.ask().queries == 6
    demand = RandomSearch.demand(toy_problem(), RandomSearchSettings(population=5))
    assert demand.candidates == 6


@pytest.mark.parametrize("settings", [{"population": 0}, {"spread": 0}])
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="greater"):
        RandomSearchSettings.model_validate(settings)


def test_too_many_tokens_for_the_model_are_refused_by_the_plan() -> None:
    with pytest.raises(SettingsError, match="at most 12"):
        RandomSearch.demand(toy_problem(), RandomSearchSettings(context_tokens=13))
