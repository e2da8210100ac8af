"""Two-sided estimates against numpy, and on a function whose gradient is known."""

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st

from methods.perturbation import segmented_uniform
from methods.seeding import generator
from methods.spsa import two_sided_estimate, two_sided_probes


def test_probes_alternate_plus_and_minus() -> None:
    probes = two_sided_probes(torch.tensor([1.0]), torch.tensor([[0.5], [0.25]]), radius=2.0)
    assert probes.flatten().tolist() == [2.0, 0.0, 1.5, 0.5]


@given(seed=st.integers(0, 1000), pairs=st.integers(1, 6), dimension=st.integers(1, 40))
def test_estimate_equals_the_formula_written_out(seed: int, pairs: int, dimension: int) -> None:
    draw = generator(seed, "test")
    directions = segmented_uniform(pairs, dimension, draw).double()
    losses = torch.rand(2 * pairs, generator=draw, dtype=torch.float64)
    expected = np.zeros(dimension)
    for k in range(pairs):
        difference = float(losses[2 * k]) - float(losses[2 * k + 1])
        expected += difference / (2 * 0.01) / directions[k].numpy() / pairs
    estimate = two_sided_estimate(losses, directions, 0.01)
    np.testing.assert_allclose(estimate.numpy(), expected, rtol=1e-9)


def test_estimate_of_a_linear_function_is_right_on_average() -> None:
    slope = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    directions = segmented_uniform(20_000, 3, generator(0, "law")).double()
    losses = two_sided_probes(torch.zeros(3, dtype=torch.float64), directions, 0.1) @ slope
    estimate = two_sided_estimate(losses, directions, 0.1)
    torch.testing.assert_close(estimate, slope, atol=0.06, rtol=0)


def test_directions_stay_away_from_zero() -> None:
    directions = segmented_uniform(50, 100, generator(5, "law"))
    magnitude = directions.abs()
    assert float(magnitude.min()) >= 0.5
    assert float(magnitude.max()) <= 1.0
    assert 0.45 < float((directions > 0).float().mean()) < 0.55
