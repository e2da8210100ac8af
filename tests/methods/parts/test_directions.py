"""Laws of directions; one-sided estimates against numpy, and where the gradient is known."""

import numpy as np
import torch

from methods.parts.directions import (
    one_sided_estimate,
    one_sided_probes,
    orthonormal_directions,
    rademacher,
    segmented_uniform,
    unit_directions,
)
from methods.parts.seeding import generator


def test_segmented_uniform_directions_stay_away_from_zero() -> None:
    directions = segmented_uniform(50, 100, generator(5, "law"))
    magnitude = directions.abs()
    assert float(magnitude.min()) >= 0.5
    assert float(magnitude.max()) <= 1.0
    assert 0.45 < float((directions > 0).float().mean()) < 0.55


def test_rademacher_directions_are_signs() -> None:
    assert set(rademacher(20, 30, generator(1, "law")).flatten().tolist()) == {-1.0, 1.0}


def test_unit_directions_have_norm_one() -> None:
    norms = unit_directions(20, 500, generator(1, "unit")).norm(dim=1)
    torch.testing.assert_close(norms, torch.ones(20))


def test_orthonormal_directions_are_at_right_angles() -> None:
    directions = orthonormal_directions(4, 30, generator(1, "orthonormal"))
    torch.testing.assert_close(directions @ directions.mT, torch.eye(4, dtype=torch.float64))


def test_probes_are_here_and_one_point_a_direction() -> None:
    probes = one_sided_probes(torch.tensor([1.0]), torch.tensor([[0.5], [-1.0]]), radius=0.1)
    torch.testing.assert_close(probes.flatten(), torch.tensor([1.0, 1.05, 0.9]))


def test_estimate_equals_the_formula_written_out() -> None:
    draw = generator(3, "test")
    directions = unit_directions(5, 12, draw).double()
    losses = torch.rand(6, generator=draw, dtype=torch.float64)
    expected = np.zeros(12)
    for j in range(5):
        difference = float(losses[j + 1]) - float(losses[0])
        expected += 12 / 5 * directions[j].numpy() * difference / 0.01
    np.testing.assert_allclose(
        one_sided_estimate(losses, directions, 0.01).numpy(), expected, rtol=1e-9
    )


def test_estimate_of_a_linear_function_is_right_on_average() -> None:
    slope = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    directions = unit_directions(40_000, 3, generator(0, "law")).double()
    losses = one_sided_probes(torch.zeros(3, dtype=torch.float64), directions, 0.1) @ slope
    estimate = one_sided_estimate(losses, directions, 0.1)
    torch.testing.assert_close(estimate, slope, atol=0.06, rtol=0)
