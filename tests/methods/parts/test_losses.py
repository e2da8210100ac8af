"""Losses against plain numpy."""

import numpy as np
import pytest
import torch

from methods.parts.losses import cross_entropy, focal_loss
from methods.parts.seeding import generator


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_focal_loss_equals_the_formula_written_out(gamma: float) -> None:
    draw = generator(1, "losses")
    logits = 4 * torch.randn(3, 7, 5, generator=draw, dtype=torch.float64)
    labels = torch.randint(0, 5, (7,), generator=draw)
    for row, loss in zip(logits.numpy(), focal_loss(logits, labels, gamma), strict=True):
        p = np.exp(row) / np.exp(row).sum(axis=1, keepdims=True)
        true = p[np.arange(7), labels.numpy()]
        assert float(loss) == pytest.approx(np.mean(-((1 - true) ** gamma) * np.log(true)))


def test_focal_loss_without_focus_is_cross_entropy() -> None:
    logits, labels = torch.randn(2, 6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    torch.testing.assert_close(focal_loss(logits, labels, 0.0), cross_entropy(logits, labels))


def test_precision_is_at_least_single_and_never_lowered() -> None:
    labels = torch.tensor([0])
    assert cross_entropy(torch.zeros(1, 1, 2, dtype=torch.bfloat16), labels).dtype == torch.float32
    assert cross_entropy(torch.zeros(1, 1, 2, dtype=torch.float64), labels).dtype == torch.float64
