"""The standard error of an accuracy on a part."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.sampling_error import standard_error


@given(right=st.integers(0, 60), part=st.integers(1, 60))
def test_it_is_that_of_drawing_without_replacement(right: int, part: int) -> None:
    """The deviation of the hypergeometric distribution, as a share in percent."""
    share = right / 60
    variance = part * share * (1 - share) * (60 - part) / 59
    assert standard_error(100 * share, part, 60) == pytest.approx(
        100 * math.sqrt(variance) / part, abs=1e-9
    )


def test_drawn_parts_vary_as_it_says() -> None:
    whole = np.repeat([0.0, 1.0], [300, 700])
    generator = np.random.default_rng(0)
    found = [100 * generator.choice(whole, 200, replace=False).mean() for _ in range(2000)]
    assert np.std(found) == pytest.approx(standard_error(70.0, 200, 1000), rel=0.1)


@given(st.floats(0, 100), st.integers(1, 10**5), st.integers(1, 10**5))
def test_a_larger_part_is_nearer_and_the_whole_exact(
    accuracy: float, part: int, whole: int
) -> None:
    error = standard_error(accuracy, part, whole)
    assert 0 <= error <= 50
    assert standard_error(accuracy, part + 1, whole) <= error
    assert standard_error(accuracy, whole, whole) == 0
