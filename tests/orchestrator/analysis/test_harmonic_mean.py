"""Base, new and their harmonic mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.harmonic_mean import base_to_new, harmonic_mean
from tests.orchestrator.analysis.builders import make_run


def test_published_numbers() -> None:
    # CoOp on ImageNet: base 76.47, new 67.88, H 71.92 (CoCoOp, table 1)
    assert harmonic_mean(76.47, 67.88) == pytest.approx(71.92, abs=0.005)


@given(base=st.floats(0.1, 100), new=st.floats(0.1, 100))
def test_lies_between_and_is_symmetric(base: float, new: float) -> None:
    value = harmonic_mean(base, new)
    assert min(base, new) - 1e-9 <= value <= max(base, new) + 1e-9
    assert value == pytest.approx(harmonic_mean(new, base))


def test_nothing_right_is_zero() -> None:
    assert harmonic_mean(0, 0) == harmonic_mean(0, 50) == 0


def test_each_seed_has_its_own_harmonic_mean() -> None:
    runs = [
        make_run([(0, 1), (10, 60)], new_accuracy=30, seed=1),
        make_run([(0, 1), (10, 20)], new_accuracy=20, seed=2),
        make_run([(0, 1), (10, 99)], seed=3),
    ]
    (row,) = base_to_new(runs)
    assert (row.base.mean, row.new.mean, row.base.count) == (40, 25, 2)
    assert row.harmonic.mean == pytest.approx((40 + 20) / 2)


def test_other_protocols_have_none() -> None:
    assert base_to_new([make_run([(0, 1)])]) == []
