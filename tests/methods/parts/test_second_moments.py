"""Second moments of inputs: all axes of narrow ones, the leading axes of wide ones."""

from __future__ import annotations

import pytest
import torch

from methods.parts.second_moments import WIDE, second_moments
from methods.parts.seeding import generator

RANK, IMAGES = 6, 40


def inputs(width: int) -> torch.Tensor:
    """Inputs `(N, F)` that lie on 6 axes, with very different moments along them."""
    draw = generator(1, "inputs")
    scales = 10.0 ** -torch.arange(RANK)
    return (
        torch.randn(IMAGES, RANK, generator=draw)
        * scales
        @ torch.randn(RANK, width, generator=draw)
    )


@pytest.mark.parametrize("width", [30, WIDE + 60])
def test_moments_and_axes_are_those_of_the_inputs(width: int) -> None:
    x = inputs(width).double()
    moments, axes = second_moments(x)
    exact = torch.linalg.svdvals(x).square()[:RANK].flip(0)
    torch.testing.assert_close(moments[-RANK:], exact, rtol=1e-4, atol=0)
    leading = axes[:, -RANK:]
    torch.testing.assert_close(leading.T @ leading, torch.eye(RANK).double())
    torch.testing.assert_close((x @ leading).square().sum(dim=0), exact, rtol=1e-4, atol=0)
    torch.testing.assert_close(x @ leading @ leading.T, x, rtol=0, atol=1e-4)


def test_the_same_inputs_give_the_same_axes() -> None:
    first, again = (second_moments(inputs(WIDE + 1)) for _ in range(2))
    assert torch.equal(first[1], again[1])
