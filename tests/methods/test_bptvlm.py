"""BPT-VLM: projections, fitness over a pass, what the end of the budget does, variants, limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.bptvlm import BptVlm, BptVlmSettings
from methods.interface import Prompts, SettingsError
from methods.parts.cma_es import CmaEs
from methods.parts.seeding import generator
from tests.methods.problems import RN50, VIT_B16, numpy_loss, problem, scores

SMALL = {"text_dimension": 10, "visual_dimension": 8, "population": 4}


def build(batches: int = 3, **settings: Any) -> BptVlm:
    return BptVlm(problem(batches=batches), BptVlmSettings.model_validate({**SMALL, **settings}))


def asked(method: BptVlm) -> Prompts:
    prompts = method.ask()
    assert prompts is not None
    return prompts


def test_prompts_are_fixed_random_projections_of_the_search_vector() -> None:
    settings = BptVlmSettings(text_dimension=200, visual_dimension=300)
    method = BptVlm(problem(VIT_B16), settings)
    prompts = asked(method)
    assert prompts.context is not None
    assert prompts.visual_tokens is not None
    assert prompts.context.shape == (15, 5, 512)
    assert prompts.visual_tokens.shape == (15, 5, 768)
    draw = generator(1, "bptvlm", "projections")
    to_text = torch.randn(5 * 512, 200, generator=draw).double().numpy()
    to_image = torch.randn(5 * 768, 300, generator=draw).double().numpy()
    points = method._search.ask().numpy()
    to_text *= VIT_B16.token_embedding_std / math.sqrt(200)
    mean = VIT_B16.patch_weight_mean * 3072 / 300
    to_image = mean + VIT_B16.patch_weight_std * math.sqrt(3072 / 300) * to_image
    text = (points[:, :200] @ to_text.T).reshape(15, 5, 512)
    visual = (points[:, 200:] @ to_image.T).reshape(15, 5, 768)
    np.testing.assert_allclose(prompts.context.numpy(), text, atol=1e-6)
    np.testing.assert_allclose(prompts.visual_tokens.numpy(), visual, atol=1e-5)


@pytest.mark.parametrize("shared", [True, False])
def test_fitness_is_the_mean_loss_over_one_pass(shared: bool) -> None:
    method = build(shared_batches=shared)
    losses: list[list[float]] = [[] for _ in range(4)]
    for place in range(3 if shared else 12):
        prompts = asked(method)
        assert prompts.count == (4 if shared else 1)
        answer = scores(place, prompts.count)
        method.tell(answer)
        for k, row in enumerate(answer.logits):
            losses[k if shared else place // 3].append(
                numpy_loss(row.numpy(), answer.labels.numpy())
            )
    (told,) = method.state().tensors["fitness"]
    np.testing.assert_allclose(told.numpy(), np.mean(losses, axis=1), atol=1e-6)


def test_a_generation_meets_the_same_prompts_on_every_mini_batch() -> None:
    method = build()
    first = asked(method).context
    method.tell(scores(0, 4))
    second = asked(method).context
    assert first is not None
    assert second is not None
    assert torch.equal(first, second)


@pytest.mark.parametrize(("best", "improved"), [("fitness", False), ("running_mean", True)])
def test_a_prompt_seen_in_part_wins_only_in_the_research_code(best: str, improved: bool) -> None:
    method = build(best=best, shared_batches=False)
    start = method.best_prompt().context
    assert start is not None
    method.ask()
    method.tell(scores(0, 1))  # the budget ends here, in the middle of a pass
    after = method.best_prompt().context
    assert after is not None
    assert torch.equal(after, start) is not improved
    assert method.state().tensors["fitness"].shape == (0, 4), "a cut generation is never told"


def test_the_best_individual_is_kept_over_generations() -> None:
    method = build(batches=1)
    best = (math.inf, torch.empty(0))
    for generation in range(4):
        points = method._search.ask()
        answer = scores(generation, 4)
        method.tell(answer)
        for k, row in enumerate(answer.logits):
            loss = numpy_loss(row.numpy(), answer.labels.numpy())
            best = min(best, (loss, points[k]), key=lambda pair: pair[0])
        assert torch.equal(method.state().tensors["best"], best[1])


def test_the_mean_of_the_search_may_be_deployed_instead() -> None:
    method = build(batches=1, best="mean")
    method.tell(scores(0, 4))
    expected = method._prompts(method._search.mean.unsqueeze(0)).context
    assert expected is not None
    deployed = method.best_prompt().context
    assert deployed is not None
    assert torch.equal(deployed, expected)


@pytest.mark.parametrize("shared", [True, False])
def test_the_last_prompt_is_the_one_evaluated_last(shared: bool) -> None:
    method = build(batches=2, best="last", shared_batches=shared)
    start = method.best_prompt().context
    assert start is not None
    assert not start.any()
    for place in range(20):  # generations end within, and the last pass is cut
        asked_last = asked(method)
        method.tell(scores(place, asked_last.count))
        again = build(batches=2, best="last", shared_batches=shared)
        again.load(method.state())
        for one in (method, again):
            deployed = one.best_prompt().context
            assert deployed is not None
            assert asked_last.context is not None
            torch.testing.assert_close(deployed, asked_last.context[-1:])


def test_the_zip_port_transfers_the_last_prompt_and_deploys_the_best() -> None:
    variant = build(batches=1, **BptVlm.variants["zip-port"])
    plain = build(batches=1, **{**BptVlm.variants["zip-port"], "transferred": "best"})
    for place in range(9):
        last = asked(variant).context
        for method in (variant, plain):
            method.ask()
            method.tell(scores(place, 1))
    best, elsewhere = variant.best_prompt().context, variant.transferred_prompt().context
    usual = plain.transferred_prompt().context
    assert best is not None
    assert elsewhere is not None
    assert usual is not None
    assert last is not None
    torch.testing.assert_close(elsewhere, last)
    assert torch.equal(usual, best)
    assert not torch.equal(best, elsewhere)


def official_loop(search: CmaEs, batches: int, budget: int) -> tuple[np.ndarray, np.ndarray]:
    """The points that the research code tests at home and elsewhere, its loop written out."""
    spent, lowest = 0, math.inf
    best = last = np.zeros(18)
    while search.generations < 3:  # its limit, which it looks at between generations
        fitness = []
        for point in search.ask().numpy():
            total = 0.0
            for place in range(1, batches + 1):
                if spent == budget:
                    return best, last
                answer, spent = scores(spent, 1), spent + 1
                total += numpy_loss(answer.logits[0].numpy(), answer.labels.numpy())
                last = point
                if total / place < lowest:
                    lowest, best = total / place, point
            fitness.append(total / batches)
        search.tell(torch.tensor(fitness))
    return best, last


@pytest.mark.parametrize("batches", [1, 3])
@pytest.mark.parametrize("budget", [1, 5, 10, 13, 24, 1000])
@pytest.mark.parametrize("resumed", [False, True])
def test_the_zip_port_is_the_research_codes_loop(batches: int, budget: int, resumed: bool) -> None:
    settings = {**BptVlm.variants["zip-port"], "max_individuals": 10}
    method = build(batches, **settings)
    for spent in range(budget):
        if method.ask() is None:
            break
        method.tell(scores(spent, 1))
        if resumed:
            state, method = method.state(), build(batches, **settings)
            method.load(state)
    points = official_loop(build(batches, **settings)._search, batches, budget)
    for found, point in zip(
        (method.best_prompt(), method.transferred_prompt()), points, strict=True
    ):
        expected = method._prompts(torch.from_numpy(point).unsqueeze(0)).context
        assert found.context is not None
        torch.testing.assert_close(found.context, expected)


def test_a_choice_that_is_not_made_leaves_keys_as_they_were() -> None:
    assert "transferred" not in BptVlmSettings().model_dump(mode="json")
    variant = BptVlmSettings.model_validate(BptVlm.variants["zip-port"])
    assert variant.model_dump(mode="json")["transferred"] == "last"


def test_the_zip_ports_run_ends_after_1005_individuals() -> None:
    defaults = BptVlm.variants["zip-port"]
    settings = BptVlmSettings.model_validate({**defaults, "text_dimension": 3, "visual_tokens": 0})
    method = BptVlm(problem(batches=1), settings)
    queries = 0
    while (prompts := method.ask()) is not None:
        queries += prompts.count
        method.tell(scores(queries, prompts.count))
    assert queries == 1005


def test_the_original_has_its_own_sizes() -> None:
    original = BptVlmSettings.model_validate(BptVlm.variants["original"])
    assert (original.population, original.context_tokens) == (30, 8)
    assert (original.text_dimension, original.visual_dimension) == (500, 500)
    paper = BptVlmSettings()
    assert (paper.population, paper.context_tokens) == (15, 5)
    assert (paper.text_dimension, paper.visual_dimension) == (2000, 2000)


def test_without_visual_tokens_the_image_tower_is_left_alone() -> None:
    prompts = asked(build(visual_tokens=0))
    assert not prompts.touches_images


def test_a_black_box_without_visual_tokens_is_refused() -> None:
    with pytest.raises(SettingsError, match="visual_tokens: 0"):
        BptVlm(problem(RN50), BptVlmSettings.model_validate(SMALL))
    text_only = BptVlmSettings.model_validate({**SMALL, "visual_tokens": 0})
    assert BptVlm(problem(RN50), text_only).ask() is not None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 1}, "greater than or equal to 2"),
        ({"context_tokens": 0}, "greater than or equal to 1"),
        ({"sigma": 0}, "greater than 0"),
        ({"covariance": "sparse"}, "'full' or 'diagonal'"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BptVlmSettings.model_validate(settings)


def test_too_many_context_tokens_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 16"):
        build(context_tokens=17)
