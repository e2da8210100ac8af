"""What a memory of logits tells of their derivatives."""

import numpy as np
import pytest
import torch

from methods.parts.logit_memory import LogitMemory
from methods.parts.seeding import generator

WIDTH = 9


def linear_memory(count: int, spread: float = 0.05) -> tuple[LogitMemory, torch.Tensor]:
    """Points near another, with logits that are linear in them, and their Jacobian `(N, B C)`."""
    draw = generator(1, "memory")
    points = spread * torch.randn(count, WIDTH, generator=draw, dtype=torch.float64)
    jacobian = torch.randn(WIDTH, 6, generator=draw, dtype=torch.float64).reshape(WIDTH, 2, 3)
    jacobian = (jacobian - jacobian.mean(dim=-1, keepdim=True)).flatten(1)
    return LogitMemory(points, (points @ jacobian).reshape(count, 2, 3)), jacobian


def test_derivatives_equal_the_formulas_written_out() -> None:
    draw, length = generator(2, "memory"), 0.7
    points = torch.randn(5, WIDTH, generator=draw, dtype=torch.float64)
    logits = torch.randn(5, 2, 3, generator=draw, dtype=torch.float64)
    found = LogitMemory(points, logits).tangent(2, length)

    x, z = points.numpy(), logits.numpy()
    z = z - z.mean(axis=2, keepdims=True)
    z = z - z.mean(axis=0)
    k = np.array([[1 / (1 + ((a - b) ** 2).sum() / (2 * length**2)) for b in x] for a in x])
    weights = np.linalg.solve(k + 1e-5 * np.eye(5), z.reshape(5, -1))
    for direction, moves in zip(found.directions.numpy(), found.moves.numpy(), strict=True):
        slopes = [k[2, i] ** 2 * (x[i] - x[2]) @ direction / length**2 for i in range(5)]
        np.testing.assert_allclose(moves.ravel(), slopes @ weights, atol=1e-6)


def test_directions_are_orthonormal_and_span_the_differences() -> None:
    memory, _ = linear_memory(5)
    directions = memory.tangent(1, 1.0).directions
    assert directions.shape == (4, WIDTH)
    torch.testing.assert_close(directions @ directions.mT, torch.eye(4, dtype=torch.float64))
    away = memory.points - memory.points[1]
    torch.testing.assert_close(away @ directions.mT @ directions, away)


def test_linear_logits_are_known_once_the_points_span_the_space() -> None:
    memory, jacobian = linear_memory(3 * WIDTH)
    tangent = memory.tangent(0, 1.6)
    expected = tangent.directions @ jacobian
    error = (tangent.moves.flatten(1) - expected).norm() / expected.norm()
    assert float(error) < 0.05


def test_a_constant_per_image_makes_no_difference() -> None:
    memory, _ = linear_memory(6)
    shifted = memory.logits + torch.randn(6, 2, 1, generator=generator(3, "shift")).double()
    found = LogitMemory(memory.points, shifted).tangent(0, 1.0)
    torch.testing.assert_close(found.moves, memory.tangent(0, 1.0).moves)


@pytest.mark.parametrize("true", [0.2, 1.6])
def test_the_likeliest_length_is_near_that_of_the_function(true: float) -> None:
    draw = generator(4, "waves")
    points = torch.rand(40, 2, generator=draw, dtype=torch.float64)
    waves = torch.randn(2, 200, generator=draw, dtype=torch.float64) / true
    phases = 6.3 * torch.rand(200, generator=draw, dtype=torch.float64)
    logits = torch.cos(points @ waves + phases).reshape(40, 50, 4)
    found = LogitMemory(points, logits).likeliest((0.02, 0.2, 1.6, 16.0))
    assert found == true
