"""How close logits must be for two computations of them to be the same."""

from __future__ import annotations

from torch import Tensor

RELATIVE = 1e-5


def assert_same_logits(found: Tensor, plain: Tensor) -> None:
    """Fails where logits `(..., C)` of an image differ by more than 1e-5 of its largest."""
    assert found.shape == plain.shape
    largest = plain.abs().amax(dim=-1)
    difference = float(((found - plain).abs().amax(dim=-1) / largest).max())
    assert difference <= RELATIVE, f"logits differ by {difference:.2g} of the largest"
