"""No client passes more often than it may, and is told when it may again."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.server.quotas import Quota
from orchestrator.server.refusals import Refusal


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def wait_of(quota: Quota, client: str = "alice") -> float:
    """Seconds that a client must wait; 0 if it passes."""
    try:
        quota.enter(client)
    except Refusal as refusal:
        assert (refusal.status, refusal.code) == (429, "too_many_requests")
        assert refusal.retry_after is not None
        assert float(refusal.headers["retry-after"]) >= refusal.retry_after
        return refusal.retry_after
    return 0.0


@given(st.integers(1, 5), st.lists(st.floats(0, 40), max_size=40))
def test_no_minute_has_more_requests_than_the_quota(most: int, gaps: list[float]) -> None:
    clock, passed = Clock(), []
    quota = Quota(most, ["alice"], clock)
    for gap in gaps:
        clock.now += gap
        if not wait_of(quota):
            passed.append(clock.now)
    for start, after in zip(passed, passed[most:], strict=False):
        assert after - start >= 60


@given(st.floats(0.1, 300), st.lists(st.floats(0, 10), min_size=1, max_size=30))
def test_who_waits_as_long_as_told_passes(rate: float, gaps: list[float]) -> None:
    clock = Clock()
    quota = Quota(rate, ["alice"], clock)
    for gap in gaps:
        clock.now += gap
        if wait := wait_of(quota):
            clock.now += wait + 1e-6
            assert wait_of(quota) == 0


def test_less_than_one_in_a_minute_is_one_in_several_minutes() -> None:
    clock = Clock()
    quota = Quota(0.5, ["alice"], clock)
    assert [wait_of(quota), wait_of(quota)] == [0, 120]


def test_an_evenly_spread_quota_always_passes() -> None:
    clock = Clock()
    quota = Quota(30, ["alice"], clock)
    for _ in range(100):
        assert wait_of(quota) == 0
        clock.now += 2.0


def test_clients_have_quotas_of_their_own_and_refusals_do_not_count() -> None:
    clock = Clock()
    quota = Quota(1, ["alice", "bob"], clock)
    assert wait_of(quota, "alice") == 0
    waits = []
    for _ in range(5):
        clock.now += 1
        waits.append(wait_of(quota, "alice"))
    assert all(before - after == pytest.approx(1) for before, after in pairwise(waits))
    assert wait_of(quota, "bob") == 0


def test_without_a_limit_everything_passes() -> None:
    quota = Quota(None, ["alice"], Clock())
    assert not any(wait_of(quota) for _ in range(1000))
