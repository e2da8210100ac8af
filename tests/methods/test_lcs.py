"""LCS: shared and private numbers of tokens, searches that are told the same, costs, limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.interface import Demand, Scores, SettingsError, TrainingSize
from methods.lcs import Lcs, LcsSettings
from methods.parts.seeding import generator
from querycurve.testing.toy_oracle import BATCH, CLASSES, EXAMPLES, SPACE, ToyWords, toy_problem
from tests.methods.problems import numpy_loss

WIDTH = SPACE.text_width


def build(**settings: Any) -> Lcs:
    return Lcs(toy_problem(), LcsSettings.model_validate(settings))


def answer(place: int, candidates: int = 20) -> Scores:
    draw = generator(place, "answer")
    logits = 3 * torch.randn(candidates, 5, CLASSES, generator=draw)
    return Scores(logits, torch.randint(0, CLASSES, (5,), generator=draw), torch.arange(5))


def numpy_contexts(points: np.ndarray, alpha: float, shared: int, private: int) -> np.ndarray:
    """Words + A [z_s; z_i], token by token, of points `(K, d_s + T d_u)`."""
    draw = generator(1, "lcs", "projection")
    lift = torch.randn(WIDTH, shared + private, generator=draw).double().numpy()
    lift *= alpha * SPACE.token_embedding_std
    words = ToyWords().embed("a photo of a").double().numpy()
    contexts = np.zeros((len(points), 4, WIDTH))
    for k, point in enumerate(points):
        for i in range(4):
            own = point[shared + i * private : shared + (i + 1) * private]
            contexts[k, i] = words[i] + lift @ np.concatenate((point[:shared], own))
    return contexts


@pytest.mark.parametrize(("alpha", "shared", "private"), [(1.0, 20, 5), (0.5, 3, 2)])
def test_tokens_share_some_numbers_and_have_others_of_their_own(
    alpha: float, shared: int, private: int
) -> None:
    method = build(alpha=alpha, shared_dimension=shared, private_dimension=private)
    proposed = method.ask().context
    assert proposed is not None
    points = method._search._search.ask().numpy()
    assert points.shape == (20, shared + 4 * private)
    expected = numpy_contexts(points, alpha, shared, private)
    np.testing.assert_allclose(proposed.numpy(), expected, atol=1e-6)


def test_it_has_40_numbers_by_default() -> None:
    assert build()._search._search.ask().shape == (20, 40)


def test_every_search_moves_to_the_same_better_half() -> None:
    method = build()
    points = method._search._search.ask().numpy()
    scores = answer(0)
    method.tell(scores)
    losses = [numpy_loss(row.numpy(), scores.labels.numpy()) for row in scores.logits]
    weights = math.log(21 / 2) - np.log(np.arange(1, 11))
    mean = weights / weights.sum() @ points[np.argsort(losses)][:10]
    expected = numpy_contexts(mean[None], 1.0, 20, 5)
    deployed = method.best_prompt().context
    assert deployed is not None
    np.testing.assert_allclose(deployed.numpy(), expected, atol=1e-6)


def test_searches_draw_different_numbers() -> None:
    points = build(shared_dimension=5)._search._search.ask().reshape(20, 5, 5)
    for first in range(5):
        for second in range(first):
            assert not torch.equal(points[:, first], points[:, second])


def test_step_sizes_are_each_searchs_own() -> None:
    method = build()
    for place in range(5):
        method.tell(answer(place))
    sigmas = {search.sigma for search in method._search._search._searches}
    assert len(sigmas) == 5


def test_a_step_costs_every_context_on_every_mini_batch() -> None:
    size = TrainingSize(EXAMPLES, BATCH)
    for settings, queries in (({}, 20), ({"fitness_batches": None}, 40)):
        chosen = LcsSettings.model_validate(settings)
        demand = Lcs.demand(toy_problem(), chosen)
        assert demand == Demand(20, soft_text=True)
        assert Lcs.step_queries(chosen, demand, size) == queries


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shared_dimension": 0}, "greater than or equal to 1"),
        ({"private_dimension": 0}, "greater than or equal to 1"),
        ({"sigma": 0}, "greater than 0"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LcsSettings.model_validate(settings)


def test_more_tokens_than_fit_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 12"):
        build(words="", context_tokens=13)
