"""Softmax regression towards a given map, against a plain transcription and by its properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logsumexp

from methods.parts.second_moments import WIDE
from methods.parts.seeding import generator
from methods.parts.softmax_regression import STRENGTHS, softmax_regression, validated_strength

CLASSES, WIDTH = 3, 4


def images(
    seed: int, per_class: int, noise: float = 1.0, width: int = WIDTH
) -> tuple[torch.Tensor, torch.Tensor]:
    """Features `(N, F)` that scatter around a centre of their class, and labels."""
    centres = 2 * torch.randn(CLASSES, width, generator=generator(9, "centres"))
    labels = torch.arange(CLASSES).repeat(per_class)
    scatter = torch.randn(len(labels), width, generator=generator(seed, "scatter"))
    return centres[labels] + noise * scatter, labels


def objective(
    flat: np.ndarray, x: np.ndarray, y: np.ndarray, prior: np.ndarray, a: float
) -> tuple[float, np.ndarray]:
    """The formula of the docstring, and its gradient, at V and b in one vector."""
    n, f = x.shape
    z = (x - x.mean(axis=0)) / x.std(axis=0) / np.sqrt(f)
    v, b = flat[:-CLASSES].reshape(CLASSES, f), flat[-CLASSES:]
    scores = x @ prior.T + z @ v.T + b
    losses = logsumexp(scores, axis=1) - scores[np.arange(n), y]
    errors = np.exp(scores - logsumexp(scores, axis=1, keepdims=True)) - np.eye(CLASSES)[y]
    slope = np.concatenate([(errors.T @ z + a * v).ravel(), errors.sum(axis=0) + a * b])
    return float(losses.sum() + a / 2 * ((v**2).sum() + (b**2).sum())), slope


@pytest.mark.parametrize("strength", [0.01, 0.3, 5.0])
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_minimum_is_that_of_the_formula(strength: float, share: float) -> None:
    features, labels = images(1, per_class=7)
    prior = share * torch.randn(CLASSES, WIDTH, generator=generator(2, "prior"))
    x, y, p = features.double().numpy(), labels.numpy(), prior.double().numpy()
    start = np.zeros(CLASSES * (WIDTH + 1))
    options = {"ftol": 0, "gtol": 1e-10, "maxiter": 10**4}
    found = minimize(
        objective, start, (x, y, p, strength), jac=True, method="L-BFGS-B", options=options
    ).x
    spread = x.std(axis=0) * np.sqrt(WIDTH)
    v = found[:-CLASSES].reshape(CLASSES, WIDTH) / spread
    fitted = softmax_regression(features, labels, prior, strength)
    assert fitted.weights.dtype == torch.float64
    np.testing.assert_allclose(fitted.weights.numpy(), p + v, atol=1e-6)
    np.testing.assert_allclose(
        fitted.bias.numpy(), found[-CLASSES:] - v @ x.mean(axis=0), atol=1e-6
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), strength=st.sampled_from(STRENGTHS))
def test_it_never_fits_worse_than_the_prior(seed: int, strength: float) -> None:
    features, labels = images(seed, per_class=3)
    prior = torch.randn(CLASSES, WIDTH, generator=generator(seed, "prior")).double()
    fitted = softmax_regression(features, labels, prior, strength)
    before = torch.nn.functional.cross_entropy(features.double() @ prior.T, labels)
    assert torch.nn.functional.cross_entropy(fitted(features), labels) <= before + 1e-9


def test_an_endless_strength_leaves_the_prior_as_it_is() -> None:
    features, labels = images(3, per_class=2)
    prior = torch.randn(CLASSES, WIDTH, generator=generator(3, "prior")).double()
    fitted = softmax_regression(features, labels, prior, 1e9)
    torch.testing.assert_close(fitted.weights, prior, atol=1e-6, rtol=0)
    torch.testing.assert_close(fitted.bias, torch.zeros(CLASSES).double(), atol=1e-6, rtol=0)


def test_the_unit_and_origin_of_features_make_no_difference_without_a_prior() -> None:
    features, labels = images(4, per_class=4)
    features, none = features.double(), torch.zeros(CLASSES, WIDTH)
    scale = torch.tensor([0.01, 1.0, 7.0, 300.0]).double()
    plain = softmax_regression(features, labels, none, 0.1)(features)
    other = 5 + scale * features
    torch.testing.assert_close(
        softmax_regression(other, labels, none, 0.1)(other), plain, atol=1e-5, rtol=0
    )


def test_features_said_twice_or_constant_are_no_trouble() -> None:
    features, labels = images(5, per_class=4)
    constant = torch.full((len(features), 1), 1e6)
    wide = torch.cat([features, features, constant], dim=1)
    fitted = softmax_regression(wide, labels, torch.zeros(CLASSES, wide.shape[1]), 0.1)
    assert torch.isfinite(fitted.weights).all()
    assert (fitted.weights[:, -1] == 0).all()
    torch.testing.assert_close(fitted.weights[:, :WIDTH], fitted.weights[:, WIDTH:-1])


def test_more_features_than_images() -> None:
    features, labels = images(6, per_class=2, width=40)
    fitted = softmax_regression(features, labels, torch.zeros(CLASSES, 40), 0.01)
    assert (fitted(features).argmax(dim=-1) == labels).all()


def test_thousands_of_features_are_fitted_as_the_few_that_they_repeat() -> None:
    features, labels = images(6, per_class=6, noise=2.0)
    prior = torch.randn(CLASSES, WIDTH, generator=generator(6, "prior"))
    times = WIDE // WIDTH + 1
    wide = softmax_regression(
        features.repeat(1, times), labels, prior.repeat(1, times) / times, 0.1
    )
    narrow = softmax_regression(features, labels, prior, 0.1)
    torch.testing.assert_close(wide(features.repeat(1, times)), narrow(features), rtol=0, atol=1e-3)


def test_a_large_problem_has_nearly_the_same_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = images(9, per_class=20, noise=3.0)
    prior = torch.randn(CLASSES, WIDTH, generator=generator(9, "prior"))

    def answer() -> tuple[float, torch.Tensor]:
        strength = validated_strength(features, labels, prior, folds=5, otherwise=1.0)
        return strength, softmax_regression(features, labels, prior, strength)(features)

    close = answer()
    monkeypatch.setattr("methods.parts.softmax_regression._LARGE", 1)
    large = answer()
    assert large[0] == close[0]
    assert not torch.equal(large[1], close[1])
    torch.testing.assert_close(large[1], close[1], rtol=0, atol=0.02)


def test_a_class_without_images_is_given_none() -> None:
    features, labels = images(7, per_class=4)
    kept = labels != 1
    fitted = softmax_regression(features[kept], labels[kept], torch.zeros(CLASSES, WIDTH), 0.01)
    assert not (fitted(features[kept]).argmax(dim=-1) == 1).any()


def test_noisy_features_are_regularised_more() -> None:
    prior = torch.zeros(CLASSES, WIDTH)
    clear = validated_strength(*images(8, 12, noise=0.5), prior, folds=4, otherwise=1.0)
    noisy = validated_strength(*images(8, 12, noise=20.0), prior, folds=4, otherwise=1.0)
    assert clear < noisy
    assert {clear, noisy} <= set(STRENGTHS)


def test_the_chosen_strength_has_the_lowest_loss_on_what_was_left_out() -> None:
    features, labels = images(9, per_class=6, noise=3.0)
    prior = torch.zeros(CLASSES, WIDTH)
    chosen = validated_strength(features, labels, prior, folds=3, otherwise=1.0)
    losses = dict.fromkeys(STRENGTHS, 0.0)
    for fold in range(3):
        # Image i is the (i // 3)th of class i % 3, which starts with fold i % 3.
        out = torch.tensor([(i // 3 + i % 3) % 3 == fold for i in range(len(labels))])
        for strength in STRENGTHS:
            fitted = softmax_regression(features[~out], labels[~out], prior, strength)
            left = torch.nn.functional.cross_entropy(
                fitted(features[out]), labels[out], reduction="sum"
            )
            losses[strength] += float(left)
    assert chosen == min(losses, key=lambda strength: losses[strength])


@pytest.mark.parametrize("rows", [[0, 1, 2], [0, 1, 2, 3]])
def test_a_single_image_a_class_is_too_few_to_validate(rows: list[int]) -> None:
    features, labels = images(10, per_class=2)
    prior = torch.zeros(CLASSES, WIDTH)
    assert validated_strength(features[rows], labels[rows], prior, folds=5, otherwise=0.7) == 0.7
