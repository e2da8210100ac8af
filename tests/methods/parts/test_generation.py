"""A generation's fitness over several mini-batches, together or one after the other."""

from __future__ import annotations

import pytest
import torch

from methods.parts.generation import Generation
from methods.parts.seeding import generator


def losses(place: int, count: int) -> torch.Tensor:
    return torch.rand(count, generator=generator(place, "losses"), dtype=torch.float64)


def test_fitness_is_the_weighted_mean_over_the_pass() -> None:
    generation = Generation(3, [5, 5, 2])
    for place in range(3):
        assert not generation.pass_done
        generation.add(losses(place, 3))
    assert generation.pass_done
    fitness = generation.end_pass()
    assert fitness is not None
    expected = (5 * losses(0, 3) + 5 * losses(1, 3) + 2 * losses(2, 3)) / 12
    torch.testing.assert_close(fitness, expected, rtol=0, atol=1e-12)


def test_one_after_the_other_each_point_has_its_own_pass() -> None:
    generation, expected = Generation(2, [1, 1], together=False), []
    fitness = None
    for point in range(2):
        assert generation.asked == slice(point, point + 1)
        for batch in range(2):
            generation.add(losses(2 * point + batch, 1))
        expected.append((losses(2 * point, 1) + losses(2 * point + 1, 1)) / 2)
        fitness = generation.end_pass()
        assert (fitness is None) == (point == 0)
    assert fitness is not None
    torch.testing.assert_close(fitness, torch.cat(expected))


def test_means_are_those_of_the_part_of_a_pass_that_is_done() -> None:
    generation = Generation(2, [3, 1])
    generation.add(torch.tensor([1.0, 2.0]))
    torch.testing.assert_close(generation.means, torch.tensor([1.0, 2.0], dtype=torch.float64))
    generation.add(torch.tensor([5.0, 2.0]))
    torch.testing.assert_close(generation.means, torch.tensor([2.0, 2.0], dtype=torch.float64))


def test_a_new_generation_knows_nothing_of_the_one_before() -> None:
    generation = Generation(2, [1])
    generation.add(losses(0, 2))
    assert generation.begun
    generation.end_pass()
    generation.begin()
    assert not generation.begun
    generation.add(losses(1, 2))
    torch.testing.assert_close(generation.means, losses(1, 2))


@pytest.mark.parametrize("together", [True, False])
def test_a_loaded_generation_goes_on_the_same(together: bool) -> None:
    one = Generation(2, [4, 4, 1], together=together)
    one.add(losses(0, 2 if together else 1))
    other = Generation(2, [4, 4, 1], together=together)
    other.load(one.state())
    for place in (1, 2):
        for each in (one, other):
            each.add(losses(place, 2 if together else 1))
    assert one.pass_done
    assert other.pass_done
    assert torch.equal(one.means, other.means)
