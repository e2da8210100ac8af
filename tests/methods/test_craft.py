"""CraFT: fitness with the head, the head's epochs, costs, what is deployed, resumption."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.bbt import Bbt, BbtSettings
from methods.craft import Craft, CraftSettings
from methods.interface import Demand, Named, Scores, SettingsError, State, TrainingSize
from methods.parts.losses import cross_entropy
from methods.parts.score_head import ScoreHead
from methods.parts.seeding import generator
from querycurve.testing.toy_oracle import (
    BATCH,
    CLASSES,
    EXAMPLES,
    ToyOracle,
    toy_batch,
    toy_problem,
)
from tests.methods.problems import numpy_loss

SMALL: dict[str, Any] = {"dimension": 9, "population": 6, "hidden": 7}
RELEASED: dict[str, Any] = {**Craft.variants["released"], **SMALL}


def build(budget: int = 200, **settings: Any) -> Craft:
    chosen = CraftSettings.model_validate({**SMALL, **settings})
    return Craft(toy_problem(budget=budget), chosen)


def answer(place: int, candidates: int = 6, images: int = 5) -> Scores:
    draw = generator(place, "answer")
    logits = 3 * torch.randn(candidates, images, CLASSES, generator=draw)
    return Scores(
        logits, torch.randint(0, CLASSES, (images,), generator=draw), torch.arange(images)
    )


def asked(method: Craft) -> tuple[int, Named]:
    """How many contexts are asked about, and on which named images."""
    prompts, images = method.ask(), method.images()
    assert isinstance(images, Named)
    return prompts.count, images


def softmax(scores: np.ndarray) -> np.ndarray:
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def numpy_fitness(logits: np.ndarray, labels: np.ndarray, state: State, weight: float) -> float:
    """CE(y, t) + w KL(softmax y' || softmax y) of one context's logits y `(B, C)`."""
    y = logits.astype(np.float64)
    shapes = ((7, CLASSES), (7,), (CLASSES, 7), (CLASSES,))
    flat, weights = state.tensors["head"].numpy(), []
    for shape in shapes:
        size = int(np.prod(shape))
        weights.append(flat[:size].reshape(shape))
        flat = flat[size:]
    w1, b1, w2, b2 = weights
    corrected = y + np.maximum(y @ w1.T + b1, 0) @ w2.T + b2
    p, q = softmax(y), softmax(corrected)
    return numpy_loss(y, labels) + weight * float((q * np.log(q / p)).sum(axis=1).mean())


def test_fitness_holds_the_prompt_to_its_head() -> None:
    method = build(kl_weight=0.4, head_start="random")
    for generation in range(2):
        method.ask()
        state, scores = method.state(), answer(2 * generation)
        method.tell(scores)
        expected = [
            numpy_fitness(row.numpy(), scores.labels.numpy(), state, 0.4) for row in scores.logits
        ]
        told = method.state().tensors["fitness"][-1]
        np.testing.assert_allclose(told.numpy(), expected, atol=1e-6)
        method.ask()
        method.tell(answer(2 * generation + 1, candidates=1))


@pytest.mark.parametrize("head_steps", [1, 4])
def test_after_each_generation_the_head_learns_from_the_deployed_prompt(head_steps: int) -> None:
    method = build(head_steps=head_steps, head_rate=0.02)
    head = ScoreHead(CLASSES, 7, 0.02, "identity", generator(1, "craft", "head"))
    for generation in range(3):
        assert method.ask().count == 6
        method.tell(answer(2 * generation))
        prompts, scores = method.ask(), answer(2 * generation + 1, candidates=1)
        assert prompts.context is not None
        assert method.best_prompt().context is not None
        assert torch.equal(prompts.context, method.best_prompt().context)
        assert method.images() == "next"
        method.tell(scores)
        for _ in range(head_steps):
            head.step(scores.logits[0], scores.labels, 0.1)
        assert torch.equal(method.state().tensors["head"], head.state().tensors["head"])


def test_the_released_code_trains_the_head_on_a_fresh_view_of_the_whole_set() -> None:
    method, orders = build(**RELEASED), []
    for generation in range(1, 4):
        for place, images in enumerate((5, 5, 3)):
            count, named = asked(method)
            assert (count, named.view, len(named.examples)) == (6, 0, images)
            method.tell(answer(place, images=images))
        seen: list[int] = []
        for place, images in enumerate((5, 5, 3)):
            count, named = asked(method)
            assert (count, named.view, len(named.examples)) == (1, generation, images)
            seen += named.examples
            method.tell(answer(place, candidates=1, images=images))
        assert sorted(seen) == list(range(EXAMPLES))
        orders.append(seen)
    assert orders[0] != orders[1] != orders[2]


def test_the_heads_own_term_ends_with_its_share_of_the_budget() -> None:
    """Both terms are on in the search to the end."""
    held, free = build(14, kl_share=1.0), build(14, kl_share=0.5)
    for step in range(4):
        scores = answer(step, candidates=1 if step % 2 else 6)
        for method in (held, free):
            method.ask()
            method.tell(scores)
        same = torch.equal(held.state().tensors["head"], free.state().tensors["head"])
        assert same == (step < 3), "7 of 14 queries are spent after the second step"


def test_with_one_seed_it_searches_like_bbt() -> None:
    settings = {"dimension": 9, "population": 6}
    plain = Bbt(toy_problem(), BbtSettings.model_validate(settings)).ask().context
    proposed = build().ask().context
    assert plain is not None
    assert proposed is not None
    assert torch.equal(plain, proposed)


def test_what_is_deployed_is_the_prompt_with_its_head() -> None:
    method, oracle = build(head_rate=0.05), ToyOracle()
    for step in range(8):
        batch = toy_batch(step)
        scores = oracle.query(method.ask(), batch)
        method.tell(Scores(scores, batch.labels, batch.examples))
    batch = toy_batch(1000, size=60)
    (_, logits), *_ = oracle.observe(method.best_prompt(), [batch])
    corrected = method.readout()(logits)
    assert corrected.shape == (60, CLASSES)
    plain = cross_entropy(logits, batch.labels)
    assert cross_entropy(corrected.unsqueeze(0), batch.labels) < plain


@pytest.mark.parametrize(
    ("settings", "queries"),
    [({}, 7), ({"fitness_batches": 3}, 21), ({"fitness_batches": None}, 14), (RELEASED, 21)],
)
def test_a_step_costs_a_generation_and_the_heads_epoch(
    settings: dict[str, Any], queries: int
) -> None:
    chosen = CraftSettings.model_validate({**SMALL, **settings})
    demand = Craft.demand(toy_problem(), chosen)
    assert demand == Demand(6, soft_text=True)
    assert Craft.step_queries(chosen, demand, TrainingSize(EXAMPLES, BATCH)) == queries
    method, spent = Craft(toy_problem(), chosen), 0
    before = method.state().tensors["head"]
    while spent < queries:
        prompts, images = method.ask(), method.images()
        size = len(images.examples) if isinstance(images, Named) else BATCH
        method.tell(answer(spent, prompts.count, size))
        spent += prompts.count
    assert spent == queries
    assert method.ask().count == 6
    assert not torch.equal(method.state().tensors["head"], before)


def test_a_head_for_other_classes_is_refused() -> None:
    narrow = build()
    for step, candidates in enumerate((6, 1)):
        narrow.ask()
        narrow.tell(answer(step, candidates))
    state = narrow.state()
    wide = build(hidden=8)
    with pytest.raises(SettingsError, match="only the classes that it was trained on"):
        wide.load(state)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kl_share": 1.5}, "less than or equal to 1"),
        ({"kl_weight": -0.1}, "greater than or equal to 0"),
        ({"hidden": 0}, "greater than or equal to 1"),
        ({"head_start": "zero"}, "'identity' or 'random'"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CraftSettings.model_validate(settings)
