"""Losses of many points over mini-batches: which points are asked when, on what, and their mean."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from methods.interface import Named
from methods.parts.evaluation import Evaluation, evaluation_on
from querycurve.testing.toy_oracle import BATCH, EXAMPLES, toy_problem


def run(evaluation: Evaluation, losses: torch.Tensor) -> tuple[list[Any], torch.Tensor]:
    """Asks till all is known, with losses `(batches, P)`; what was asked on what, and the means."""
    asked: list[Any] = []
    batch = -1
    while True:
        points, images = evaluation.asked, evaluation.images()
        batch += points.start == 0
        asked.append((points.start, points.stop, images))
        means = evaluation.add(losses[batch, points])
        if means is not None:
            return asked, means


def test_points_are_asked_in_parts_on_the_same_mini_batch() -> None:
    evaluation = Evaluation(["next", "next"], [1, 1], most=3)
    evaluation.begin(7)
    losses = torch.rand(2, 7, dtype=torch.float64)
    asked, means = run(evaluation, losses)
    once = [(0, 3, "next"), (3, 6, "same"), (6, 7, "same")]
    assert asked == once * 2
    torch.testing.assert_close(means, losses.mean(dim=0))


def test_a_whole_set_is_named_and_weighed_by_its_images() -> None:
    evaluation = evaluation_on(toy_problem(), None, most=2)
    evaluation.begin(3)
    losses = torch.rand(3, 3, dtype=torch.float64)
    asked, means = run(evaluation, losses)
    assert evaluation.cost == 3
    named = [images for _, _, images in asked]
    assert all(isinstance(one, Named) and one.view == 0 for one in named)
    assert named[0] == named[1], "all points are asked about the same images"
    ids = [one.examples for one in named[::2]]
    assert [len(part) for part in ids] == [BATCH, BATCH, EXAMPLES - 2 * BATCH]
    weights = torch.tensor([5.0, 5.0, 3.0], dtype=torch.float64)
    torch.testing.assert_close(means, (weights @ losses) / 13)


def test_the_size_of_asks_makes_no_difference() -> None:
    losses = torch.rand(2, 9, dtype=torch.float64)
    found = []
    for most in (1, 4, 100):
        evaluation = Evaluation(["next", "next"], [2, 1], most)
        evaluation.begin(9)
        found.append(run(evaluation, losses)[1])
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@pytest.mark.parametrize("kill", range(1, 6))
def test_goes_on_from_a_state(kill: int) -> None:
    losses = torch.rand(2, 5, dtype=torch.float64)
    evaluation = Evaluation(["next", "next"], [1, 1], most=2)
    evaluation.begin(5)
    batch = -1
    for ask in range(6):
        if ask == kill:
            state = evaluation.state()
            evaluation = Evaluation(["next", "next"], [1, 1], most=2)
            evaluation.load(state)
        batch += evaluation.asked.start == 0
        means = evaluation.add(losses[batch, evaluation.asked])
    assert means is not None
    torch.testing.assert_close(means, losses.mean(dim=0))
