"""Two-sided estimates against numpy, and on a function whose gradient is known."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from methods.parts.directions import LAWS, LawName, segmented_uniform
from methods.parts.seeding import generator
from methods.parts.spsa import Spsa, SpsaSettings, two_sided_estimate, two_sided_probes


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
    estimate = two_sided_estimate(losses, directions, 0.01, LAWS["segmented_uniform"])
    np.testing.assert_allclose(estimate.numpy(), expected, rtol=1e-9)


@pytest.mark.parametrize("law", LAWS)
def test_estimate_of_a_linear_function_is_right_on_average(law: LawName) -> None:
    slope = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    directions = LAWS[law].draw(40_000, 3, generator(0, "law")).double()
    losses = two_sided_probes(torch.zeros(3, dtype=torch.float64), directions, 0.1) @ slope
    estimate = two_sided_estimate(losses, directions, 0.1, LAWS[law])
    torch.testing.assert_close(estimate, slope, atol=0.06, rtol=0)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("optimiser", ["spsa", "spsa-gc", "spsa-clip"])
def test_steps_equal_the_formulas_written_out(optimiser: str, law: LawName) -> None:
    settings = SpsaSettings.model_validate(
        {"optimiser": optimiser, "perturbation": law, "clip": 3.0, "momentum": 0.7, "pairs": 2}
    )
    subject = Spsa(settings, dimension=5, budget=100, seed=4, owner="test")
    weights = np.arange(5.0)
    momentum = np.zeros(5)
    for step in range(1, 5):
        c = 0.01 / step**0.1
        directions = LAWS[law].draw(2, 5, generator(4, "test", "directions", step)).double().numpy()
        points = subject.probes(torch.from_numpy(weights))
        expected = [weights + sign * c * d for d in directions for sign in (1, -1)]
        np.testing.assert_allclose(points.numpy(), expected, atol=1e-9)
        losses = np.sin(3 * np.array(expected)).sum(axis=1) + np.square(expected).sum(axis=1)
        gradient = np.zeros(5)
        for k, d in enumerate(directions):
            slope = (losses[2 * k] - losses[2 * k + 1]) / (2 * c)
            gradient += (slope * d if law == "gaussian" else slope / d) / 2
        momentum = 0.7 * momentum + gradient
        norm = float(np.linalg.norm(gradient))
        moved = {
            "spsa": gradient,
            "spsa-gc": gradient + 0.7 * momentum,
            "spsa-clip": gradient * min(1.0, 3.0 / norm),
        }[optimiser]
        after, measured = subject.step(torch.from_numpy(weights), torch.from_numpy(losses))
        weights = weights - 0.01 / (step + 1) ** 0.4 * moved
        np.testing.assert_allclose(after.numpy(), weights, atol=1e-6)
        assert measured["gradient_norm"] == pytest.approx(norm)


def test_a_mask_holds_parameters_still_and_keeps_their_momentum() -> None:
    settings = SpsaSettings.model_validate({"optimiser": "spsa-gc", "momentum": 0.5, "pairs": 2})
    subject = Spsa(settings, dimension=3, budget=100, seed=4, owner="test")
    start, mask = torch.arange(3.0), torch.tensor([1.0, 0, 0])
    probes = subject.probes(start, mask)
    assert torch.equal(probes[:, 1:], start[1:].expand(4, -1))
    assert (probes[:, 0] != start[0]).all()
    losses = torch.tensor([1.0, 3.0, 2.0, 5.0])
    after, _ = subject.step(start, losses, mask)
    assert torch.equal(after[1:], start[1:])
    assert after[0] != start[0]
    momentum = subject.state().tensors["momentum"]
    assert momentum.count_nonzero() == 1
    subject.step(after, losses)
    gathered = subject.state().tensors["momentum"]
    assert (gathered != 0).all()
    other = Spsa(settings, dimension=3, budget=100, seed=4, owner="test")
    other.step(after, losses, torch.zeros(3))
    other.step(after, losses)
    alone = other.state().tensors["momentum"]
    torch.testing.assert_close(gathered, alone + 0.5 * momentum)


def test_optimisers_without_clipping_have_one_spelling() -> None:
    plain = SpsaSettings.model_validate({"optimiser": "spsa", "clip": 3.0})
    assert plain.clip == "none"
    assert plain == SpsaSettings.model_validate({"optimiser": "spsa"})
    assert SpsaSettings().clip == "sqrt_dim"
