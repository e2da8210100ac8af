"""Softmax regression in a span against plain numpy, and what convexity promises."""

import numpy as np
import pytest
import torch

from methods.parts.logit_span import LogitSpan
from methods.parts.seeding import generator

IMAGES, CLASSES, DIRECTIONS = 12, 5, 4


def span(seed: int, scale: float = 1.0) -> LogitSpan:
    draw = generator(seed, "span")
    base = 3 * torch.randn(IMAGES, CLASSES, generator=draw, dtype=torch.float64)
    moves = torch.randn(DIRECTIONS, IMAGES, CLASSES, generator=draw, dtype=torch.float64)
    return LogitSpan(base, scale * moves, torch.randint(0, CLASSES, (IMAGES,), generator=draw))


def numpy_minimum(problem: LogitSpan, damping: float, steps: int) -> tuple[np.ndarray, float]:
    """Damped Newton, image by image and class by class, with the same halving rule."""
    z, d, y = problem.base.numpy(), problem.moves.numpy(), problem.labels.numpy()

    def probabilities(a: np.ndarray) -> np.ndarray:
        logits = z + np.tensordot(a, d, axes=1)
        exp = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(exp / exp.sum(axis=1, keepdims=True))

    def loss(a: np.ndarray) -> float:
        return float(-np.log(probabilities(a)[np.arange(len(y)), y]).mean())

    a = np.zeros(len(d))
    for _ in range(steps):
        p = probabilities(a)
        gradient, hessian = damping * a, (damping + 1e-12) * np.eye(len(d))
        for i in range(len(y)):
            error = p[i] - np.eye(z.shape[1])[y[i]]
            gradient = gradient + d[:, i] @ error / len(y)
            hessian += d[:, i] @ (np.diag(p[i]) - np.outer(p[i], p[i])) @ d[:, i].T / len(y)
        step = -np.linalg.solve(hessian, gradient)
        value, slope = loss(a) + damping / 2 * a @ a, gradient @ step
        for halving in range(10):
            t = 0.5**halving
            tried = a + t * step
            if loss(tried) + damping / 2 * tried @ tried <= value + 1e-4 * slope * t:
                a = tried
                break
        else:
            break
    return a, loss(a)


@pytest.mark.parametrize("damping", [0.001, 0.1, 3.0])
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_newton_steps_equal_the_formulas_written_out(damping: float, steps: int) -> None:
    problem = span(1)
    found = problem.minimum(damping, steps)
    expected, loss = numpy_minimum(problem, damping, steps)
    np.testing.assert_allclose(found.coefficients.numpy(), expected, atol=1e-6)
    assert found.loss == pytest.approx(loss, abs=1e-6)


def test_the_gradient_vanishes_at_the_minimum() -> None:
    problem = span(2)
    a = problem.minimum(0.05, steps=30).coefficients
    gradient, _ = problem.derivatives(a)
    torch.testing.assert_close(gradient, -0.05 * a, atol=1e-9, rtol=0)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 50.0, 1e4])
def test_the_loss_never_rises(scale: float) -> None:
    for seed in range(10):
        for damping in (0.0, 1e-6, 1.0):
            found = span(seed, scale).minimum(damping)
            assert found.loss <= found.before + 1e-12


def test_the_loss_between_two_points_lies_below_the_chord() -> None:
    problem, draw = span(3), generator(3, "points")
    for _ in range(20):
        a, b = 5 * torch.randn(2, DIRECTIONS, generator=draw, dtype=torch.float64)
        ends = (problem.loss(a) + problem.loss(b)) / 2
        assert problem.loss((a + b) / 2) <= ends + 1e-12


@pytest.mark.parametrize("length", [1e-3, 0.1, 1.0])
def test_damping_makes_the_first_step_as_long_as_wished(length: float) -> None:
    problem = span(4)
    gradient, hessian = problem.derivatives(torch.zeros(DIRECTIONS, dtype=torch.float64))
    damping = problem.damping(length)
    step = torch.linalg.solve(hessian + damping * torch.eye(DIRECTIONS), gradient)
    assert float(step.norm()) == pytest.approx(length, rel=1e-6)


def test_a_step_that_is_short_enough_is_not_damped() -> None:
    assert span(4).damping(1e6) == 0


def test_no_moves_mean_no_step() -> None:
    problem = span(5, scale=0.0)
    found = problem.minimum(problem.damping(0.3))
    assert torch.count_nonzero(found.coefficients) == 0
    assert found.loss == found.before
