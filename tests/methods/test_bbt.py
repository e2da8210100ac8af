"""BBT: projection, fitness, what is evaluated on what, what is deployed, costs, limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.bbt import Bbt, BbtSettings
from methods.interface import Demand, Named, Scores, SettingsError, TrainingSize
from methods.parts.seeding import generator
from querycurve.testing.toy_oracle import (
    BATCH,
    CLASSES,
    EXAMPLES,
    SPACE,
    ToyWords,
    toy_problem,
)
from tests.methods.problems import numpy_loss

SMALL: dict[str, Any] = {"dimension": 9, "population": 6, "alpha": 1.0}
CRAFT: dict[str, Any] = {**Bbt.variants["craft"], **SMALL}
SIZE = TrainingSize(EXAMPLES, BATCH)


def build(**settings: Any) -> Bbt:
    return Bbt(toy_problem(), BbtSettings.model_validate({**SMALL, **settings}))


def answer(place: int, candidates: int = 6, images: int = 5) -> Scores:
    draw = generator(place, "answer")
    logits = 3 * torch.randn(candidates, images, CLASSES, generator=draw)
    return Scores(
        logits, torch.randint(0, CLASSES, (images,), generator=draw), torch.arange(images)
    )


def context(method: Bbt) -> torch.Tensor:
    found = method.best_prompt().context
    assert found is not None
    return found


def losses_of(scores: Scores) -> np.ndarray:
    return np.array([numpy_loss(row.numpy(), scores.labels.numpy()) for row in scores.logits])


def recombined(points: np.ndarray, fitness: np.ndarray) -> np.ndarray:
    """CMA-ES's new mean: the better half, weighted by the logarithm of their ranks."""
    half = len(points) // 2
    weights = math.log((len(points) + 1) / 2) - np.log(np.arange(1, half + 1))
    ranked = points[np.argsort(fitness)][:half]
    return np.asarray(weights / weights.sum() @ ranked)


def matrix(std: float) -> np.ndarray:
    """A `(T D, d)` of the seed 1."""
    draw = generator(1, "context_search", "projection")
    return std * torch.randn(4 * SPACE.text_width, 9, generator=draw).double().numpy()


@pytest.mark.parametrize("sigma", [0.5, 1.0])
def test_contexts_are_words_and_a_projection_by_bbts_law(sigma: float) -> None:
    method = build(sigma=sigma, alpha=2.0)
    proposed = method.ask().context
    assert proposed is not None
    assert proposed.shape == (6, 4, SPACE.text_width)
    lift = matrix(2 * SPACE.token_embedding_std / (math.sqrt(9) * sigma))
    points = method._search._search.ask().numpy()
    words = ToyWords().embed("a photo of a").numpy()
    expected = words + (points @ lift.T).reshape(6, 4, SPACE.text_width)
    np.testing.assert_allclose(proposed.numpy(), expected, atol=1e-6)


def test_the_first_generation_moves_contexts_by_alpha_whatever_dimension_and_sigma() -> None:
    for settings in ({"dimension": 300}, {"dimension": 100, "sigma": 3.0}):
        method = build(population=40, alpha=4.0, **settings)
        proposed = method.ask().context
        assert proposed is not None
        moved = (proposed - context(method)).std()
        assert float(moved) == pytest.approx(4 * SPACE.token_embedding_std, rel=0.1)


def test_the_mean_moves_to_the_better_half() -> None:
    method = build()
    points = method._search._search.ask().numpy()
    scores = answer(0)
    method.tell(scores)
    lift = matrix(SPACE.token_embedding_std / math.sqrt(9))
    words = ToyWords().embed("a photo of a").numpy()
    expected = words + (lift @ recombined(points, losses_of(scores))).reshape(words.shape)
    np.testing.assert_allclose(context(method)[0].numpy(), expected, atol=1e-6)


def test_a_generation_over_several_mini_batches_pools_their_losses() -> None:
    method = build(fitness_batches=3)
    first = method.ask().context
    pooled = []
    for place in range(3):
        again = method.ask().context
        assert first is not None
        assert again is not None
        assert torch.equal(again, first)
        assert method.images() == "next"
        method.tell(answer(place))
        pooled.append(losses_of(answer(place)))
    (told,) = method.state().tensors["fitness"]
    np.testing.assert_allclose(told.numpy(), np.mean(pooled, axis=0), atol=1e-6)


def test_craft_evaluates_every_generation_on_the_whole_set_in_one_view() -> None:
    method = build(**CRAFT)
    for generation in range(2):
        asked, sums = [], np.zeros(6)
        for place, images in enumerate((5, 5, 3)):
            method.ask()
            named = method.images()
            assert isinstance(named, Named)
            assert named.view == 0
            assert len(named.examples) == images
            asked += named.examples
            scores = answer(10 * generation + place, images=images)
            sums += images * losses_of(scores)
            method.tell(scores)
        assert asked == list(range(EXAMPLES))
        told = method.state().tensors["fitness"][-1]
        np.testing.assert_allclose(told.numpy(), sums / EXAMPLES, atol=1e-6)


def test_craft_deploys_the_mean_of_a_fresh_population() -> None:
    method = build(**CRAFT)
    words = ToyWords().embed("a photo of a")
    torch.testing.assert_close(context(method)[0], words)
    for place in range(3):
        method.tell(answer(place))
    fresh = method.ask().context
    assert fresh is not None
    torch.testing.assert_close(context(method), fresh.mean(dim=0, keepdim=True))
    mean = build(**{**CRAFT, "best": "mean"})
    for place in range(3):
        mean.tell(answer(place))
    assert not torch.allclose(context(method), context(mean))


def test_crafts_projection_has_its_own_spread_and_its_points_are_bounded() -> None:
    method = build(**{**CRAFT, "bound": 0.5, "sigma": 2.0})
    points = method._search._search.ask()
    assert float(points.abs().max()) <= 0.5
    proposed = method.ask().context
    assert proposed is not None
    moved = (points.numpy() @ matrix(0.2).T).reshape(6, 4, SPACE.text_width)
    expected = ToyWords().embed("a photo of a").numpy() + moved
    np.testing.assert_allclose(proposed.numpy(), expected, atol=1e-6)


def test_the_best_ever_context_may_be_deployed_instead() -> None:
    method = build(best="fitness")
    lowest, expected = math.inf, torch.empty(0)
    for place in range(4):
        proposed = method.ask().context
        assert proposed is not None
        losses = losses_of(answer(place))
        method.tell(answer(place))
        if losses.min() < lowest:
            lowest, expected = losses.min(), proposed[losses.argmin()]
        again = build(best="fitness")
        again.load(method.state())
        for one in (method, again):
            torch.testing.assert_close(context(one)[0], expected)


def test_a_cut_generation_teaches_nothing() -> None:
    method = build(fitness_batches=2)
    start = context(method)
    method.ask()
    method.tell(answer(0))
    assert torch.equal(context(method), start)


@pytest.mark.parametrize(
    ("settings", "queries"),
    [({}, 6), ({"fitness_batches": 3}, 18), ({"fitness_batches": None}, 12), (CRAFT, 18)],
)
def test_a_step_costs_every_context_on_every_mini_batch(
    settings: dict[str, Any], queries: int
) -> None:
    chosen = BbtSettings.model_validate({**SMALL, **settings})
    demand = Bbt.demand(toy_problem(), chosen)
    assert demand == Demand(6, soft_text=True)
    assert Bbt.step_queries(chosen, demand, SIZE) == queries


def test_what_a_generation_of_every_papers_bbt_costs() -> None:
    chosen = BbtSettings.model_validate(Bbt.variants["craft"])
    demand = Bbt.demand(toy_problem(), chosen)
    costs = {
        classes: Bbt.step_queries(chosen, demand, TrainingSize(16 * classes, 128))
        for classes in (10, 100, 1000)
    }
    assert costs == {10: 80, 100: 520, 1000: 5000}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 1}, "greater than or equal to 2"),
        ({"dimension": 0}, "greater than or equal to 1"),
        ({"alpha": 0}, "greater than 0"),
        ({"bound": -1}, "greater than 0"),
        ({"best": "last"}, "'mean', 'population_mean' or 'fitness'"),
        ({"fitness_images": "whole_set"}, "fitness_batches must be null"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BbtSettings.model_validate(settings)


def test_more_tokens_than_fit_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 12"):
        build(context_tokens=13)
