"""Clip rules: thresholds, and what they do to a gradient."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from methods.parts.update_rules import ClipRule, clip_norm, clip_threshold


def test_thresholds() -> None:
    assert clip_threshold("none", 417) == math.inf
    assert clip_threshold("sqrt_dim", 417) == pytest.approx(20.4206, abs=1e-4)
    assert clip_threshold(3, 417) == 3.0


@given(norm=st.floats(0.01, 1e4), threshold=st.floats(0.1, 1e3))
def test_clipping_bounds_the_norm_and_keeps_the_direction(norm: float, threshold: float) -> None:
    gradient = torch.tensor([0.6, -0.8], dtype=torch.float64) * norm
    clipped, before = clip_norm(gradient, threshold)
    assert before == pytest.approx(norm)
    assert float(clipped.norm()) == pytest.approx(min(norm, threshold))
    torch.testing.assert_close(clipped / clipped.norm(), gradient / norm)


@pytest.mark.parametrize("rule", ["sqrt", 0, -1.0])
def test_impossible_rules_are_refused(rule: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ClipRule).validate_python(rule)
