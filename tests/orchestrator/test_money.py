"""Money is a sum over calls, images and tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.money import Prices, Use, amount_text, calls_for, calls_in, price_text

amounts = st.floats(0, 1e6)
uses = st.builds(Use, amounts, amounts, amounts)
prices = st.builds(Prices, *[st.floats(0, 100)] * 3)


@given(prices, uses, uses)
def test_money_for_two_uses_is_the_sum_for_each(asked: Prices, one: Use, other: Use) -> None:
    assert asked.of(one + other) == pytest.approx(asked.of(one) + asked.of(other))


@given(prices, uses, uses)
def test_more_use_never_costs_less(asked: Prices, one: Use, more: Use) -> None:
    assert asked.of(one + more) >= asked.of(one) * (1 - 1e-12)


@given(prices, uses, st.integers(0, 1000))
def test_so_many_times_the_use_costs_so_many_times_as_much(
    asked: Prices, one: Use, count: int
) -> None:
    assert asked.of(one.times(count)) == pytest.approx(count * asked.of(one))


@given(uses)
def test_what_has_no_price_costs_nothing(one: Use) -> None:
    assert Prices().of(one) == 0
    assert not Prices().known


@given(uses)
def test_each_unit_has_a_price_of_its_own(one: Use) -> None:
    assert Prices(per_call=1).of(one) == one.calls
    assert Prices(per_image=1).of(one) == one.images
    assert Prices(per_1000_tokens=1000).of(one) == pytest.approx(one.tokens)
    assert all(p.known for p in (Prices(per_call=1), Prices(per_1000_tokens=1)))


@given(st.integers(1, 10_000), st.integers(1, 300))
def test_calls_hold_all_images_and_none_could_be_spared(images: int, at_once: int) -> None:
    calls = calls_for(images, at_once)
    assert (calls - 1) * at_once < images <= calls * at_once
    assert calls_for(images, None) == 1


@pytest.mark.parametrize(
    ("queries", "requests", "calls"),
    [(10, 1, 10), (1, 128, 128), (4, 4, 4), (0, 0, 0)],
)
def test_queries_in_a_request_are_calls_and_so_are_requests_of_a_query(
    queries: int, requests: int, calls: int
) -> None:
    assert calls_in(queries, requests) == calls


@given(st.floats(1e-9, 1e9))
def test_an_amount_is_shown_with_two_digits_that_count(amount: float) -> None:
    shown = float(amount_text(amount).replace(",", ""))
    assert shown == pytest.approx(amount, rel=0.051)


def test_amounts_are_shown_with_their_currency() -> None:
    assert Prices(currency="EUR").text(1234.567) == "1,234.57 EUR"
    assert Prices().text(0) == "0.00 USD"


@pytest.mark.parametrize(
    ("price", "text"),
    [(0.00002, "0.00002"), (1.5e-7, "0.00000015"), (0.1, "0.1"), (20, "20"), (2e6, "2,000,000")],
)
def test_a_price_has_all_its_digits_and_no_exponent(price: float, text: str) -> None:
    assert price_text(price) == text
