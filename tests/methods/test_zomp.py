"""ZOMP against a plain-numpy transcription of its update, its start, its sizes and its limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from methods.interface import Demand, Problem, Prompts, PromptSpace, SettingsError, State
from methods.parts.directions import segmented_uniform
from methods.parts.seeding import generator
from methods.zomp import Zomp, ZompSettings
from tests.methods.problems import POCKET, RN50, VIT_B16, numpy_loss, problem, scores

DEEP = replace(POCKET, text_width=6, vision_width=5, text_layers=3, vision_layers=4)
DEEP_B16 = replace(VIT_B16, text_layers=12, vision_layers=12)
DEEP_RN50 = replace(RN50, text_layers=12)


class CountedWords:
    """Every word is a token, and every number of its embedding says which."""

    def __init__(self, width: int) -> None:
        self._width = width

    def count(self, text: str) -> int:
        return len(text.split())

    def embed(self, text: str) -> Tensor:
        return torch.arange(1.0, 1 + self.count(text)).unsqueeze(1).expand(-1, self._width)


def problem_on(space: PromptSpace = DEEP, budget: int = 100) -> Problem:
    return replace(problem(space, budget=budget), words=CountedWords(space.text_width))


def build(space: PromptSpace = DEEP, budget: int = 100, **settings: Any) -> Zomp:
    return Zomp(problem_on(space, budget), ZompSettings.model_validate(settings))


def parameters(method: Zomp) -> np.ndarray:
    found: np.ndarray = method.state().tensors["parameters"].numpy()
    return found


def parts(method: Zomp, prompts: Prompts) -> tuple[np.ndarray, np.ndarray]:
    """All layers' prompts of both towers, `(K, L, T, D)` and `(K, L, T, W)`."""
    assert prompts.context is not None
    assert prompts.visual_tokens is not None
    assert prompts.deep is not None
    assert prompts.deep.text is not None
    assert prompts.deep.visual is not None
    text = torch.cat((prompts.context.unsqueeze(1), prompts.deep.text), dim=1).numpy().copy()
    text[:, 0] -= np.arange(1, 5)[:, None]
    visual = torch.cat((prompts.visual_tokens.unsqueeze(1), prompts.deep.visual), dim=1)
    return text, visual.numpy()


def factors(point: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U `(L, T, r)`, V_t `(L, r, D)` and V_v `(L, r, W)` of the small problem."""
    table = point.reshape(3, 2, 4 + 6 + 5)
    return table[..., :4].swapaxes(1, 2), table[..., 4:10], table[..., 10:]


def test_update_equals_the_formulas_written_out_before_and_after_the_unlock() -> None:
    method = build(rank=2, pairs=2, budget=40, first_component_share=0.3)  # 3 of 10 steps
    point = parameters(method).copy()
    mask = np.zeros((3, 2, 15))
    mask[:, 0] = 1
    momentum = np.zeros(90)
    for step in range(1, 6):
        moving = mask.flatten() if step * 4 / 40 <= 0.3 else np.ones(90)
        directions = segmented_uniform(2, 90, generator(1, "zomp", "directions", step))
        prompts = method.ask()
        text, visual = parts(method, prompts)
        answer = scores(step, 4)
        method.tell(answer)
        c, gradient = 0.01 / step**0.1, np.zeros(90)
        for k, z in enumerate(directions.double().numpy()):
            losses = []
            for place, sign in ((2 * k, 1), (2 * k + 1, -1)):
                left, words, patches = factors(point + sign * c * moving * z)
                np.testing.assert_allclose(text[place], left @ words, atol=1e-6)
                np.testing.assert_allclose(visual[place], left @ patches, atol=1e-6)
                losses.append(numpy_loss(answer.logits[place].numpy(), answer.labels.numpy()))
            gradient += (losses[0] - losses[1]) / (2 * c) * moving / z / 2
        momentum = 0.8 * momentum + gradient
        point = point - 0.01 / (step + 1) ** 0.4 * (gradient + 0.8 * momentum)
        np.testing.assert_allclose(parameters(method), point, atol=1e-6)


def test_sizes_are_those_of_the_paper() -> None:
    assert len(parameters(build(DEEP_B16))) == 46_224
    assert len(parameters(build(DEEP_B16, layers=1))) == 5_136
    assert len(parameters(build(DEEP_B16, towers="text"))) == 9 * 4 * (4 + 512)
    prompts = build(DEEP_B16).ask()
    assert prompts.context is not None
    assert prompts.visual_tokens is not None
    assert prompts.deep is not None
    assert prompts.deep.text is not None
    assert prompts.deep.visual is not None
    assert prompts.context.shape == (10, 4, 512)
    assert prompts.visual_tokens.shape == (10, 4, 768)
    assert prompts.deep.text.shape == (10, 8, 4, 512)
    assert prompts.deep.visual.shape == (10, 8, 4, 768)


def test_starts_at_the_words_with_nothing_added() -> None:
    method = build()
    start = method.best_prompt()
    assert start.context is not None
    assert torch.equal(start.context[0], CountedWords(6).embed("a photo of a"))
    assert not any(part.any() for part in parts(method, start))
    left, *right = factors_of_rank_4(parameters(method))
    assert 0.03 < left.std() < 0.07
    assert not any(one.any() for one in right)


def factors_of_rank_4(point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    table = point.reshape(3, 4, 15)
    return table[..., :4], table[..., 4:]


def moved(method: Zomp, steps: int) -> list[bool]:
    """Whether each of the four components has moved after some steps."""
    before = parameters(method).reshape(-1, 4, 15).copy()
    for step in range(steps):
        method.tell(scores(step, method.ask().count))
    after = parameters(method).reshape(-1, 4, 15)
    return [bool((before[:, r] != after[:, r]).any()) for r in range(4)]


@pytest.mark.parametrize(("steps", "whole"), [(100, False), (101, True)])
def test_all_components_move_from_step_101_of_500_on(steps: int, whole: bool) -> None:
    method = build(budget=5000, layers=1)
    assert moved(method, steps) == [True, whole, whole, whole]


@pytest.mark.parametrize(("share", "whole"), [(0, True), (1, False)])
def test_the_unlock_may_come_at_once_or_never(share: float, whole: bool) -> None:
    method = build(budget=20, first_component_share=share)
    assert moved(method, 2) == [True, whole, whole, whole]


def test_takes_nine_layers_or_as_many_as_the_towers_have() -> None:
    def layers(space: PromptSpace, **settings: Any) -> int:
        deep = build(space, **settings).ask().deep
        return 1 if deep is None or deep.text is None else 1 + deep.text.shape[1]

    assert layers(DEEP_B16) == 9
    assert layers(replace(DEEP_B16, vision_layers=5)) == 5
    assert layers(replace(DEEP_B16, vision_layers=5), towers="text") == 9
    assert layers(DEEP_B16, layers=12) == 12
    assert layers(DEEP_B16, layers=1) == 1


def test_the_first_layer_alone_needs_no_inner_layers() -> None:
    input_alone = ZompSettings.model_validate(Zomp.variants["input"])
    assert Zomp.access(input_alone).inputs == {"soft context", "visual tokens"}
    assert Zomp.access(input_alone).track == "plain box"
    plain = problem_on(replace(DEEP, text_layers=0, vision_layers=0))
    assert Zomp.demand(plain, input_alone) == Demand(10, touches_images=True, soft_text=True)
    assert Zomp(plain, input_alone).ask().deep is None
    assert Zomp.access(ZompSettings()).track == "translucent box"
    with pytest.raises(SettingsError, match=r"can't be reached\. Use zomp@input"):
        Zomp.demand(plain, ZompSettings())


def test_the_text_tower_alone_serves_residual_networks() -> None:
    with pytest.raises(SettingsError, match="Use a ViT backbone, or set towers: text"):
        Zomp.demand(problem_on(DEEP_RN50), ZompSettings())
    text = ZompSettings(towers="text")
    assert Zomp.demand(problem_on(DEEP_RN50), text) == Demand(10, soft_text=True)
    assert Zomp.access(text).inputs == {"soft context", "inner layers"}
    prompts = Zomp(problem_on(DEEP_RN50), text).ask()
    assert not prompts.touches_images
    assert prompts.deep is not None
    assert prompts.deep.visual is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": 4}, "layers must be at most 3, the blocks of the shallower tower, but got 4"),
        ({"layers": 4, "towers": "text"}, "at most 3, the blocks of the text tower, but got 4"),
        ({"words": "a " * 17}, "words must have 1 to 16 tokens.*has 17"),
        ({"words": "  "}, "words must have 1 to 16 tokens.*has 0"),
    ],
)
def test_what_does_not_fit_is_refused_in_the_plan(settings: dict[str, Any], message: str) -> None:
    chosen = ZompSettings.model_validate(settings)
    for refuses in (Zomp.demand, Zomp):
        with pytest.raises(SettingsError, match=message):
            refuses(problem_on(), chosen)


def test_a_black_box_without_soft_context_is_refused() -> None:
    with pytest.raises(SettingsError, match="takes no soft context"):
        Zomp(replace(problem_on(), words=None), ZompSettings())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"layers": 0}, "greater than or equal to 1"),
        ({"rank": 0}, "greater than or equal to 1"),
        ({"start_std": 0}, "greater than 0"),
        ({"first_component_share": 1.5}, "less than or equal to 1"),
        ({"towers": "image"}, "'both' or 'text'"),
        ({"words": ""}, "at least 1 character"),
        ({"context_tokens": 4}, "context_tokens"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ZompSettings.model_validate(settings)


def test_it_does_not_clip() -> None:
    assert ZompSettings().clip == "none"
    assert "clip_scale" not in build().tell(scores(0, 10))


def test_a_state_of_other_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match="shape"):
        build().load(State({"parameters": torch.zeros(3)}, {"steps_done": 1}))
