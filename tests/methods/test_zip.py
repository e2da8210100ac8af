"""ZIP against a plain-numpy transcription of its update, and its settings' limits."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from methods.interface import SettingsError, State
from methods.parts.directions import segmented_uniform
from methods.parts.intrinsic import LowRank
from methods.parts.seeding import generator
from methods.zip import Zip, ZipSettings
from tests.methods.problems import POCKET, numpy_loss, problem, scores


def build(**settings: Any) -> Zip:
    space = replace(POCKET, text_width=64)
    return Zip(problem(space, batches=1), ZipSettings.model_validate(settings))


@pytest.mark.parametrize("clip", ["sqrt_dim", "none", 0.5])
def test_update_equals_the_formulas_written_out(clip: str | float) -> None:
    method = build(clip=clip, intrinsic_dimension=80, context_tokens=4, rank=2, pairs=3)
    shape = LowRank(4, 20, 2)
    draw = generator(1, "zip", "start")
    torch.randn(4, 64, generator=draw)
    weights = method.state().tensors["parameters"].double().numpy().copy()
    for step in range(1, 4):
        answer = scores(step, method.ask().count)
        method.tell(answer)
        directions = segmented_uniform(3, shape.dimension, generator(1, "zip", "directions", step))
        c = 0.01 / step**0.1
        gradient = np.zeros(shape.dimension)
        for k, d in enumerate(directions.double().numpy()):
            plus = numpy_loss(answer.logits[2 * k].numpy(), answer.labels.numpy())
            minus = numpy_loss(answer.logits[2 * k + 1].numpy(), answer.labels.numpy())
            gradient += (plus - minus) / (2 * c) / d / 3
        limit = {"sqrt_dim": math.sqrt(shape.dimension), "none": math.inf}.get(str(clip), clip)
        norm = np.linalg.norm(gradient)
        if norm >= limit:
            gradient *= limit / norm
        weights -= 0.01 / (step + 1) ** 0.4 * gradient
        # The method computes in float32; losses near 5 leave about 1e-6 / (2 c) of rounding.
        np.testing.assert_allclose(method.state().tensors["parameters"].numpy(), weights, atol=2e-5)


def test_candidates_are_the_pairs_around_the_deployed_prompt() -> None:
    method = build()
    prompts, best = method.ask(), method.best_prompt()
    assert prompts.context is not None
    assert best.context is not None
    assert prompts.context.shape == (10, 8, 64)
    assert best.context.shape == (1, 8, 64)


def test_starts_at_the_unprojected_context() -> None:
    best = build(context_std=0.0).best_prompt()
    assert best.context is not None
    assert torch.count_nonzero(best.context) == 0


def test_reports_what_was_clipped() -> None:
    method = build(clip=1e-3)
    measured = method.tell(scores(0, method.ask().count))
    assert measured["clip_scale"] == pytest.approx(1e-3 / measured["gradient_norm"])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"intrinsic_dimension": 7}, "at least context_tokens"),
        ({"rank": 9}, "between 1 and 8"),
        ({"pairs": 0}, "greater than or equal to 1"),
        ({"clip": "sqrt"}, "clip"),
        ({"step_size": 0}, "greater than 0"),
        ({"learning_rate": 1}, "learning_rate"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ZipSettings.model_validate(settings)


def test_too_many_context_tokens_for_the_model_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 16"):
        build(context_tokens=17)


def test_more_intrinsic_rows_than_the_width_holds_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 512 for tokens of width 64"):
        build(intrinsic_dimension=800)


def test_a_state_of_other_settings_is_refused() -> None:
    method = build()
    with pytest.raises(SettingsError, match="shape"):
        method.load(State({"parameters": torch.zeros(3)}, {"steps_done": 1}))
