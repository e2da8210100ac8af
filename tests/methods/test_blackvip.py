"""BlackVIP: the prompted image, batch norm over a step's forwards, encoders, and limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from methods.blackvip import BlackVip, BlackVipSettings
from methods.blackvip_se import BlackVipSe, BlackVipSeSettings
from methods.interface import PixelPrompt, Problem, Prompts, SettingsError
from methods.parts.seeding import generator
from tests.methods.problems import POCKET, VIT_B16, problem, scores


class CountingEncoder:
    """An encoder that knows how often it was run."""

    width = 6
    image_size = 24

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, images: Tensor) -> Tensor:
        self.runs += 1
        return images[:, 0, :6].mean(dim=-1)


def encoded_problem() -> Problem:
    return replace(problem(), encoder=CountingEncoder())


def pictures(count: int = 6, seed: int = 0) -> Tensor:
    return torch.randn(count, 3, 24, 24, generator=generator(seed, "pictures"))


def pixels_of(prompts: Prompts) -> PixelPrompt:
    assert prompts.pixels is not None
    return prompts.pixels


def step(method: BlackVip, images: Tensor, answer: int = 1) -> None:
    pixels = pixels_of(method.ask())
    for candidate in range(len(pixels)):
        pixels.apply(images, candidate)
    method.tell(scores(answer, len(pixels)))


def test_images_are_encoded_once_for_all_candidates_of_a_step() -> None:
    given = encoded_problem()
    step(BlackVip(given, BlackVipSettings()), pictures())
    assert given.encoder.runs == 1  # type: ignore[union-attr]


def test_prompted_images_stay_pictures() -> None:
    pixels = pixels_of(BlackVip(encoded_problem(), BlackVipSettings(strength=50)).ask())
    prompted = pixels.apply(pictures(), 3)
    for channel in range(3):
        mean, std = POCKET.pixel_mean[channel], POCKET.pixel_std[channel]
        assert float(prompted[:, channel].min()) == pytest.approx(-mean / std, abs=1e-6)
        assert float(prompted[:, channel].max()) == pytest.approx((1 - mean) / std, abs=1e-6)


def test_running_statistics_see_the_forwards_of_a_step_in_order() -> None:
    method = BlackVip(encoded_problem(), BlackVipSettings(pairs=2))
    images = pictures()
    pixels = pixels_of(method.ask())
    running = method.state().tensors["running"].double().numpy()
    for candidate in (2, 0, 3, 1):  # whatever order the oracle answers in
        pixels.apply(images, candidate)
    for seen in pixels.statistics():  # type: ignore[attr-defined]
        running = 0.9 * running + 0.1 * seen.double().numpy()
    method.tell(scores(1, 4))
    np.testing.assert_allclose(method.state().tensors["running"].numpy(), running, atol=1e-6)


def test_the_order_in_which_candidates_are_applied_does_not_matter() -> None:
    first, second = (BlackVip(encoded_problem(), BlackVipSettings(pairs=2)) for _ in range(2))
    for method, order in ((first, (0, 1, 2, 3)), (second, (3, 1, 0, 2, 2))):
        pixels = pixels_of(method.ask())
        for candidate in order:
            pixels.apply(pictures(), candidate)
        method.tell(scores(1, 4))
    assert torch.equal(first.state().tensors["running"], second.state().tensors["running"])


def test_momentum_is_part_of_the_state() -> None:
    method = BlackVip(encoded_problem(), BlackVipSettings())
    assert "momentum" not in method.state().tensors
    step(method, pictures())
    assert method.state().tensors["momentum"].shape == method.state().tensors["parameters"].shape


def test_an_encoder_of_another_image_size_is_refused() -> None:
    other = replace(problem(VIT_B16), encoder=CountingEncoder())
    with pytest.raises(SettingsError, match=r"24 pixels.*takes 224.*blackvip_se"):
        BlackVip(other, BlackVipSettings())


def test_scores_that_were_not_asked_for_are_refused() -> None:
    with pytest.raises(RuntimeError, match="had not asked"):
        BlackVip(encoded_problem(), BlackVipSettings()).tell(scores(1, 10))


def test_components_that_leave_no_room_for_a_trigger_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 287 numbers"):
        BlackVipSe(problem(), BlackVipSeSettings(components=288))
    with pytest.raises(ValidationError):
        BlackVipSeSettings(components=0)


def test_components_are_fitted_to_the_first_mini_batch_and_kept() -> None:
    method = BlackVipSe(problem(), BlackVipSeSettings(components=4))
    assert "pca_mean" not in method.state().tensors
    step(method, pictures(seed=1))
    fitted = method.state().tensors["pca_components"]
    assert fitted.shape == (4, 3 * 24 * 24)
    step(method, pictures(seed=2))
    assert torch.equal(method.state().tensors["pca_components"], fitted)


def test_before_the_first_step_every_image_gets_the_same_prompt() -> None:
    method = BlackVipSe(problem(), BlackVipSeSettings())
    images = 0.1 * pictures()
    added = pixels_of(method.best_prompt()).apply(images, 0) - images
    torch.testing.assert_close(added, added[:1].expand_as(added), atol=1e-5, rtol=0)


def test_measuring_fits_nothing() -> None:
    method = BlackVipSe(problem(), BlackVipSeSettings())
    pixels_of(method.best_prompt()).apply(pictures(), 0)
    assert "pca_mean" not in method.state().tensors
