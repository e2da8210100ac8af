"""BAR against a plain-numpy transcription, its frame, its image size and its settings' limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.bar import Bar, BarSettings, _step_size_schedule
from methods.interface import SettingsError, State
from methods.parts.directions import unit_directions
from methods.parts.seeding import generator
from tests.methods.problems import POCKET, VIT_B16, problem, scores


def numpy_focal(logits: np.ndarray, labels: np.ndarray) -> float:
    wide = logits.astype(np.float64)
    p = np.exp(wide) / np.exp(wide).sum(axis=1, keepdims=True)
    true = p[np.arange(len(labels)), labels]
    return float(np.mean(-((1 - true) ** 2) * np.log(true)))


@pytest.mark.parametrize(("decay_epochs", "steps"), [(None, 120 // 6), (1000, 1000 * 4)])
def test_update_equals_the_formulas_written_out(decay_epochs: int | None, steps: int) -> None:
    # Small answers keep float32 parameters comparable to the float64 transcription.
    settings = BarSettings(decay_epochs=decay_epochs, smoothing=1e3)
    method = Bar(problem(budget=120, batches=4), settings)
    dimension = 3 * 24 * 24
    weights = method.state().tensors["parameters"].double().numpy()
    for step in range(1, 4):
        answer = scores(step, 6)
        assert method.ask().count == 6
        method.tell(answer)
        losses = [numpy_focal(row.numpy(), answer.labels.numpy()) for row in answer.logits]
        draw = generator(1, "bar", "directions", step)
        directions = unit_directions(5, dimension, draw).double().numpy()
        gradient = np.zeros(dimension)
        for j in range(5):
            gradient += dimension / 5 * directions[j] * (losses[j + 1] - losses[0]) / 1e3
        end = 0.9 * steps
        rate = 9.9 * (1 - min(step, end) / end) ** 0.9 + 0.1
        weights = weights - rate * gradient
        np.testing.assert_allclose(method.state().tensors["parameters"].numpy(), weights, atol=1e-5)


def test_the_zip_ports_rate_hardly_falls_with_many_batches_an_epoch() -> None:
    variant = BarSettings.model_validate(Bar.variants["zip-port"])
    assert variant.decay_epochs == 1000
    assert BarSettings().decay_epochs is None


@pytest.mark.parametrize(
    ("decay_epochs", "batches", "total"),
    [
        *((None, batches, 3985) for batches in (1, 12, 125)),
        (1000, 1, 4735),
        (1000, 4, 7463),
        (1000, 5, 7638),
        (1000, 12, 8043),
        (1000, 49, 8260),
        (1000, 125, 8302),
    ],
)
def test_rates_sum_to_what_the_docstring_says(
    decay_epochs: int | None, batches: int, total: int
) -> None:
    settings = BarSettings(decay_epochs=decay_epochs)
    rate = _step_size_schedule(problem(budget=5000, batches=batches), settings)
    assert round(sum(map(rate, range(1, 5000 // 6 + 1)))) == total


@pytest.mark.parametrize(
    ("budget", "changes", "moves"),
    [
        (6, {}, False),
        (12, {}, True),
        (12, {"step_decay": 0.5}, False),
        (6, {"final_step_size": 0.1}, True),
        (6, {"directions": 1}, True),
    ],
)
def test_settings_by_which_no_step_has_a_size_are_refused(
    budget: int, changes: dict[str, float], moves: bool
) -> None:
    settings = BarSettings.model_validate({"final_step_size": 0, **changes})
    assert (_step_size_schedule(problem(budget=budget), settings)(1) > 0) == moves
    if moves:
        Bar.demand(problem(budget=budget), settings)
        return
    with pytest.raises(SettingsError, match="final_step_size = 0 is reached at the first step"):
        Bar.demand(problem(budget=budget), settings)


def test_the_image_stands_in_the_centre_and_the_frame_is_a_normalised_picture() -> None:
    method = Bar(problem(), BarSettings())
    images = torch.randn(2, 3, 20, 20, generator=generator(0, "images"))
    pixels = method.best_prompt().pixels
    assert pixels is not None
    framed = pixels.apply(images, 0)
    assert framed.shape == (2, 3, 24, 24)
    assert torch.equal(framed[..., 2:22, 2:22], images), "the image is neither scaled nor clamped"
    weights = method.state().tensors["parameters"].reshape(3, 24, 24).numpy()
    for channel in range(3):
        mean, std = POCKET.pixel_mean[channel], POCKET.pixel_std[channel]
        expected = (1 / (1 + math.exp(-weights[channel, 0, 5])) - mean) / std
        assert float(framed[1, channel, 0, 5]) == pytest.approx(expected, rel=1e-5)


def test_images_come_at_194_pixels_for_a_canvas_of_224() -> None:
    assert Bar.image_size(VIT_B16, BarSettings()) == 194
    assert Bar.image_size(VIT_B16, BarSettings(image_size=160)) == 160
    method = Bar(problem(VIT_B16), BarSettings())
    assert method.state().tensors["parameters"].shape == (150_528,)
    pixels = method.best_prompt().pixels
    assert pixels is not None
    framed = pixels.apply(torch.zeros(1, 3, 194, 194), 0)
    assert framed.shape == (1, 3, 224, 224)
    # rows and columns 15 to 208 are the image's
    assert torch.count_nonzero(framed[..., 15:209, 15:209]) == 0
    assert torch.all(framed[..., 14, :] != 0)
    assert torch.all(framed[..., 209, :] != 0)


def test_images_of_another_size_are_refused() -> None:
    pixels = Bar(problem(), BarSettings()).best_prompt().pixels
    assert pixels is not None
    with pytest.raises(ValueError, match="images of 20 pixels"):
        pixels.apply(torch.zeros(1, 3, 24, 24), 0)


@pytest.mark.parametrize("size", [24, 30])
def test_a_frame_smaller_than_the_image_is_refused(size: int) -> None:
    with pytest.raises(SettingsError, match="between 1 and 23"):
        Bar(problem(), BarSettings(image_size=size))


@pytest.mark.parametrize("settings", [{"image_size": 0}, {"directions": 0}, {"step_decay": 2}])
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=r"greater|less"):
        BarSettings.model_validate(settings)


def test_a_state_of_other_settings_is_refused() -> None:
    with pytest.raises(SettingsError, match="shape"):
        Bar(problem(), BarSettings()).load(State({"parameters": torch.zeros(3)}, {"steps_done": 1}))
