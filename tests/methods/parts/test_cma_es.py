"""CMA-ES by the library: CSA, own random numbers, replayed states."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from cma.sigma_adaptation import CMAAdaptSigmaCSA

from methods.interface import SettingsError
from methods.parts.cma_es import BoundedCmaEs, CmaEs


def sphere(points: torch.Tensor) -> torch.Tensor:
    return (points - 1).square().sum(dim=1)


@pytest.mark.parametrize("dimension", [4, 400])
@pytest.mark.parametrize("diagonal", [False, True])
def test_step_sizes_are_adapted_by_csa_in_any_dimension(dimension: int, diagonal: bool) -> None:
    search = CmaEs(15, dimension, 1.0, seed=1, diagonal=diagonal)
    search.tell(sphere(search.ask()))
    assert type(search._strategy.adapt_sigma) is CMAAdaptSigmaCSA


def test_the_mean_moves_to_the_weighted_best_half() -> None:
    search = CmaEs(15, 6, 1.0, seed=3)
    for _ in range(3):
        points = search.ask().numpy()
        values = sphere(torch.from_numpy(points)).numpy()
        ranked = points[np.argsort(values)][:7]
        weights = np.array([math.log(8) - math.log(rank) for rank in range(1, 8)])
        expected = weights / weights.sum() @ ranked
        search.tell(torch.from_numpy(values))
        np.testing.assert_allclose(search.mean.numpy(), expected, atol=1e-6)


def test_first_samples_are_standard_normal_around_zero() -> None:
    points = CmaEs(40, 200, 2.0, seed=1).ask()
    assert abs(float(points.mean())) < 0.1
    assert float(points.std()) == pytest.approx(2.0, rel=0.05)


def test_asking_twice_proposes_the_same() -> None:
    search = CmaEs(5, 3, 1.0, seed=1)
    assert torch.equal(search.ask(), search.ask())


@pytest.mark.parametrize("generations", [0, 1, 30])
def test_a_replayed_search_goes_on_the_same(generations: int) -> None:
    search = CmaEs(8, 5, 1.0, seed=2)
    for _ in range(generations):
        search.tell(sphere(search.ask()))
    replayed = CmaEs(8, 5, 1.0, seed=2)
    replayed.load(search.state())
    assert replayed.generations == generations
    for _ in range(3):
        assert torch.equal(search.ask(), replayed.ask())
        for each in (search, replayed):
            each.tell(sphere(each.ask()))


def test_it_minimises() -> None:
    search = CmaEs(10, 5, 1.0, seed=2)
    for _ in range(60):
        search.tell(sphere(search.ask()))
    assert float(sphere(search.mean.unsqueeze(0))) < 1e-3
    assert search.sigma < 0.2


def test_a_state_of_another_population_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"population of 8.*need 9"):
        CmaEs(9, 5, 1.0, 1).load(CmaEs(8, 5, 1.0, 1).state())


def test_bounded_points_and_their_mean_stay_in_the_box() -> None:
    search = BoundedCmaEs(12, 4, 1.0, seed=1, bound=0.8)
    assert not search.mean.any()
    for _ in range(25):
        assert float(search.ask().abs().max()) <= 0.8
        search.tell(sphere(search.ask()))
        assert float(search.mean.abs().max()) <= 0.8
    torch.testing.assert_close(search.mean, torch.full_like(search.mean, 0.8), atol=0.05, rtol=0)


def test_a_wide_box_changes_nothing() -> None:
    bounded, free = BoundedCmaEs(8, 5, 1.0, seed=2, bound=50.0), CmaEs(8, 5, 1.0, seed=2)
    for _ in range(10):
        torch.testing.assert_close(bounded.ask(), free.ask())
        for each in (bounded, free):
            each.tell(sphere(each.ask()))
    torch.testing.assert_close(bounded.mean, free.mean)
    again = BoundedCmaEs(8, 5, 1.0, seed=2, bound=50.0)
    again.load(bounded.state())
    assert torch.equal(again.ask(), bounded.ask())
