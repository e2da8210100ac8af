"""The ledger never lets a query through that the budget doesn't cover."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.oracle.ledger import BudgetExhausted, Ledger


@given(limit=st.integers(0, 60), requests=st.lists(st.integers(1, 20), max_size=20))
def test_the_limit_holds_for_any_sequence_of_requests(limit: int, requests: list[int]) -> None:
    ledger, granted = Ledger(limit=limit), 0
    for queries in requests:
        try:
            ledger.charge(queries, batch_size=3)
            granted += queries
        except BudgetExhausted as refusal:
            assert granted + queries > limit
            assert refusal.remaining == limit - granted
        assert ledger.queries == granted <= limit
        assert ledger.images == 3 * granted


def test_without_a_limit_everything_is_granted() -> None:
    ledger = Ledger()
    ledger.charge(10**9, 128)
    assert ledger.queries == 10**9


def test_refusal_says_what_is_left() -> None:
    with pytest.raises(BudgetExhausted, match="10 queries asked for, but only 3 of 3 are left"):
        Ledger(limit=3).charge(10, 1)
