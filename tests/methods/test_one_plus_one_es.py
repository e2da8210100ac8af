"""The (1+1)-ES against its rule written out, its costs, and its settings' limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.interface import SettingsError, TrainingSize
from methods.one_plus_one_es import OnePlusOneEs, OnePlusOneEsSettings
from methods.parts.seeding import generator
from querycurve.testing.toy_oracle import SPACE, ToyWords, toy_problem
from tests.methods.problems import numpy_loss, scores


def build(**settings: Any) -> OnePlusOneEs:
    return OnePlusOneEs(toy_problem(), OnePlusOneEsSettings.model_validate(settings))


def parameters(method: OnePlusOneEs) -> np.ndarray:
    return method.state().tensors["parameters"].numpy().copy()


@pytest.mark.parametrize("batch_children", [1, 3])
def test_update_equals_the_rule_written_out(batch_children: int) -> None:
    method = build(batch_children=batch_children, sigma=0.7, growth=1.4, success_rate=0.25)
    parent = ToyWords().embed("a photo of a").double().numpy().flatten()
    sigma, kept, answer = 0.7, 0, 0
    for child in range(12):
        draw = generator(1, "one_plus_one_es", "child", child)
        z = torch.randn(parent.size, generator=draw, dtype=torch.float64).numpy()
        changed = parent + sigma * SPACE.token_embedding_std * z
        for point in (changed, parent) if child % batch_children == 0 else (changed,):
            asked = method.ask().context
            assert asked is not None
            np.testing.assert_allclose(asked.flatten().numpy(), point, atol=1e-6)
            new_images = child % batch_children == 0 and point is changed
            assert method.images() == ("next" if new_images else "same")
            told, answer = scores(answer, 1), answer + 1
            method.tell(told)
            loss = numpy_loss(told.logits[0].numpy(), told.labels.numpy())
            if point is changed:
                child_loss = loss
            else:
                parent_loss = loss
        if child_loss <= parent_loss:
            parent, parent_loss, sigma, kept = changed, child_loss, sigma * 1.4, kept + 1
        else:
            sigma *= 1.4 ** (-0.25 / 0.75)
        np.testing.assert_allclose(parameters(method), parent, atol=1e-12)
        assert method.state().values["sigma"] == pytest.approx(sigma)
    assert 0 < kept < 12, "the answers show only one side of the rule"


def test_sigma_stays_where_the_wanted_share_of_changes_helps() -> None:
    growth, rate = OnePlusOneEsSettings().growth, OnePlusOneEsSettings().success_rate
    assert rate * np.log(growth) + (1 - rate) * np.log(growth ** (-rate / (1 - rate))) == (
        pytest.approx(0)
    )


def test_ten_children_cost_eleven_queries_on_one_mini_batch() -> None:
    method = build()
    images = []
    for answer in range(22):
        assert method.ask().queries == 1
        images.append(method.images())
        method.tell(scores(answer, 1))
    assert images == ["next", *["same"] * 10] * 2
    assert method.state().values["children"] == 20


def test_it_learns_after_two_queries() -> None:
    settings = OnePlusOneEsSettings()
    demand = OnePlusOneEs.demand(toy_problem(), settings)
    assert OnePlusOneEs.step_queries(settings, demand, TrainingSize(13, 5)) == 2
    method = build()
    method.tell(scores(0, 1))
    assert method.state().values["children"] == 0
    method.tell(scores(1, 1))
    assert method.state().values["children"] == 1


@pytest.mark.parametrize(
    "settings",
    [{"sigma": 0}, {"growth": 1}, {"success_rate": 1}, {"success_rate": 0}, {"batch_children": 0}],
)
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"(greater|less) than"):
        OnePlusOneEsSettings.model_validate(settings)


def test_too_few_tokens_for_the_words_are_refused_by_the_plan() -> None:
    with pytest.raises(SettingsError, match="at least 4"):
        OnePlusOneEs.demand(toy_problem(), OnePlusOneEsSettings(context_tokens=2))
