"""Functions of scores on the client."""

from __future__ import annotations

import numpy as np
import torch
from safetensors.torch import load, save

from methods.parts.readouts import Affine, centred_scores
from methods.parts.seeding import generator


def logits(prompts: int) -> torch.Tensor:
    """Random scores `(K, 5, 3)`."""
    return 10 * torch.randn(prompts, 5, 3, generator=generator(1, "logits"))


def affine(prompts: int) -> Affine:
    """A random readout of the scores of K prompts."""
    draw = generator(2, "readout")
    weights = torch.randn(3, 3 * prompts, generator=draw, dtype=torch.float64)
    return Affine(weights, torch.randn(3, generator=draw, dtype=torch.float64))


def test_scores_of_all_prompts_are_weighed_as_the_formula_says() -> None:
    given, readout = logits(2), affine(2)
    wide = given.double().numpy()
    wide = wide - wide.mean(axis=2, keepdims=True)
    expected = [
        readout.weights.numpy() @ np.concatenate([wide[0, b], wide[1, b]]) + readout.bias.numpy()
        for b in range(5)
    ]
    np.testing.assert_allclose(readout(given.double()).numpy(), expected, rtol=1e-12)


def test_answers_have_the_logits_number_format() -> None:
    assert affine(2)(logits(2)).shape == (5, 3)
    assert affine(2)(logits(2)).dtype == torch.float32


def test_log_probabilities_serve_as_well_as_logits() -> None:
    given = logits(2).double()
    torch.testing.assert_close(affine(2)(given.log_softmax(dim=-1)), affine(2)(given))


def test_each_image_is_treated_by_itself() -> None:
    given = logits(2)
    one_by_one = torch.cat([affine(2)(given[:, b : b + 1]) for b in range(5)])
    torch.testing.assert_close(affine(2)(given), one_by_one)


def test_averaging_one_prompt_changes_no_probability() -> None:
    given = logits(1)
    answered = Affine.averaging(1, 3)(given)
    torch.testing.assert_close(answered.softmax(dim=-1), given[0].softmax(dim=-1))


def test_averaging_several_is_their_mean() -> None:
    given = logits(4)
    expected = (given - given.mean(dim=-1, keepdim=True)).mean(dim=0)
    torch.testing.assert_close(Affine.averaging(4, 3)(given), expected)


def test_it_comes_back_from_a_file() -> None:
    kept = load(save(affine(2).tensors))
    assert torch.equal(Affine.of(kept)(logits(2)), affine(2)(logits(2)))


def test_features_are_centred_per_prompt_and_image() -> None:
    features = centred_scores(logits(2))
    assert features.shape == (5, 6)
    assert features.reshape(5, 2, 3).mean(dim=2).abs().max() < 1e-12
