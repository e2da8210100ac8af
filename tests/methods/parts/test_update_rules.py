"""Update rules: clipping, and the momentum of gradient correction."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from methods.parts.update_rules import Clipped, ClipRule, GradientCorrected, clip_threshold


def test_thresholds() -> None:
    assert clip_threshold("none", 417) == math.inf
    assert clip_threshold("sqrt_dim", 417) == pytest.approx(20.4206, abs=1e-4)
    assert clip_threshold(3, 417) == 3.0


@given(norm=st.floats(0.01, 1e4), threshold=st.floats(0.1, 1e3))
def test_clipping_bounds_the_norm_and_keeps_the_direction(norm: float, threshold: float) -> None:
    gradient = torch.tensor([0.6, -0.8], dtype=torch.float64) * norm
    clipped, measured = Clipped(threshold).direction(gradient)
    assert measured["gradient_norm"] == pytest.approx(norm)
    assert measured["clip_scale"] == pytest.approx(min(1.0, threshold / norm))
    assert float(clipped.norm()) == pytest.approx(min(norm, threshold))
    torch.testing.assert_close(clipped / clipped.norm(), gradient / norm)


@pytest.mark.parametrize("rule", ["sqrt", 0, -1.0])
def test_impossible_rules_are_refused(rule: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ClipRule).validate_python(rule)


def test_no_clipping_leaves_a_gradient_as_it_is() -> None:
    for gradient in (torch.zeros(3), torch.tensor([3e4, -1.0, 0.1])):
        assert torch.equal(Clipped(math.inf).direction(gradient)[0], gradient)


def test_the_first_momentum_is_the_first_estimate() -> None:
    direction, _ = GradientCorrected(0.8).direction(torch.tensor([1.0, -1.0]))
    torch.testing.assert_close(direction, torch.tensor([1.8, -1.8]))
