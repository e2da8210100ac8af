"""The mask of a sparse optimiser by SharpZO's score."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from methods.parts.pruning import z_pruning_mask


@pytest.mark.parametrize(("ratio", "kept"), [(0.0, 9), (0.5, 5), (0.8, 2)])
def test_the_highest_scores_are_kept(ratio: float, kept: int) -> None:
    draw = torch.Generator().manual_seed(1)
    point = torch.randn(9, generator=draw, dtype=torch.float64)
    gradient = torch.randn(9, generator=draw, dtype=torch.float64)
    mask = z_pruning_mask(point, gradient, ratio).numpy()
    squares = gradient.numpy() ** 2
    score = point.numpy() ** 2 * (squares - squares.mean()) / squares.std()
    assert set(np.flatnonzero(mask)) == set(np.argsort(score)[-kept:])
    assert set(mask) <= {0.0, 1.0}


def test_equal_slopes_leave_a_mask_of_the_right_size() -> None:
    assert z_pruning_mask(torch.ones(6), torch.ones(6), 0.5).sum() == 3
