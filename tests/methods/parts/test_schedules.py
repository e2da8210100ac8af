"""Schedules against their formulas."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.parts.schedules import (
    CosineDecay,
    LinearDecay,
    PolynomialDecay,
    PowerDecay,
    ScheduleName,
    named_schedule,
)


def test_power_decay_is_spalls_gain_sequence() -> None:
    schedule = PowerDecay(initial=0.01, exponent=0.4, offset=1)
    assert schedule.at(3) == pytest.approx(0.01 / 4**0.4)


def test_polynomial_decay_reaches_its_end_and_stays() -> None:
    schedule = PolynomialDecay(initial=10, final=0.1, steps=900, exponent=0.9)
    assert schedule.at(300) == pytest.approx(9.9 * (1 - 300 / 900) ** 0.9 + 0.1)
    assert schedule.at(900) == schedule.at(5000) == pytest.approx(0.1)


def test_linear_and_cosine_start_at_the_initial_value() -> None:
    assert LinearDecay(2.0, 10).at(1) == CosineDecay(2.0, 10).at(1) == 2.0
    assert LinearDecay(2.0, 10).at(6) == pytest.approx(1.0)
    assert CosineDecay(2.0, 10).at(4) == pytest.approx(1 + math.cos(0.3 * math.pi))


@given(
    name=st.sampled_from(["power", "constant", "linear", "cosine"]),
    steps=st.integers(0, 50),
    step=st.integers(1, 200),
)
def test_every_schedule_stays_positive_and_never_grows(
    name: ScheduleName, steps: int, step: int
) -> None:
    schedule = named_schedule(name, PowerDecay(0.5, 0.4, 1.0), steps)
    assert 0 < schedule.at(step + 1) <= schedule.at(step) <= 0.5
