"""Schedules against their formulas."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.parts.schedules import (
    Schedule,
    ScheduleName,
    named_schedule,
    polynomial_decay,
    power_decay,
)


def schedule(name: ScheduleName, initial: float, steps: int) -> Schedule:
    return named_schedule(name, initial, steps, exponent=0.4, offset=1.0)


def test_power_decay_is_spalls_gain_sequence() -> None:
    expected = pytest.approx(0.01 / 4**0.4)
    assert power_decay(initial=0.01, exponent=0.4, offset=1)(3) == expected
    assert schedule("power", 0.01, steps=2)(3) == expected


def test_polynomial_decay_reaches_its_end_and_stays() -> None:
    value = polynomial_decay(initial=10, final=0.1, steps=900, exponent=0.9)
    assert value(300) == pytest.approx(9.9 * (1 - 300 / 900) ** 0.9 + 0.1)
    assert value(900) == value(5000) == pytest.approx(0.1)


def test_linear_and_cosine_start_at_the_initial_value() -> None:
    linear, cosine = schedule("linear", 2.0, 10), schedule("cosine", 2.0, 10)
    assert linear(1) == cosine(1) == 2.0
    assert linear(6) == pytest.approx(1.0)
    assert cosine(4) == pytest.approx(1 + math.cos(0.3 * math.pi))


def test_a_constant_stays() -> None:
    constant = schedule("constant", 2.0, 10)
    assert constant(1) == constant(10) == constant(99) == 2.0


@given(
    name=st.sampled_from(["power", "constant", "linear", "cosine"]),
    steps=st.integers(0, 50),
    step=st.integers(1, 200),
)
def test_every_schedule_stays_positive_and_never_grows(
    name: ScheduleName, steps: int, step: int
) -> None:
    value = schedule(name, 0.5, steps)
    assert 0 < value(step + 1) <= value(step) <= 0.5
