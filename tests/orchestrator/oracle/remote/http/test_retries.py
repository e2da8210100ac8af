from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator.oracle.remote.http.retries import FIRST_WAIT, LONGEST_WAIT, backoff, retry_after
from tests.orchestrator.oracle.remote.fake_time import START

CHANCES = st.floats(0, 1)


@given(st.integers(1, 10_000), CHANCES)
def test_waits_have_bounds(failures: int, chance: float) -> None:
    assert FIRST_WAIT / 2 <= backoff(failures, chance) <= LONGEST_WAIT


@given(st.integers(1, 100), CHANCES)
def test_waits_never_shrink_with_failures(failures: int, chance: float) -> None:
    assert backoff(failures, chance) <= backoff(failures + 1, chance)


@given(st.integers(1, 100))
def test_chance_takes_half_a_wait_at_most(failures: int) -> None:
    assert backoff(failures, 1.0) == backoff(failures, 0.0) / 2


@given(st.integers(0, 10**9 - 1))
def test_seconds_are_taken_as_they_are(seconds: int) -> None:
    assert retry_after(f" {seconds} ", START) == seconds


@given(st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_dates_are_seconds_from_now(date: datetime) -> None:
    due = retry_after(format_datetime(date, usegmt=True), START)
    assert due == max(0, int(date.timestamp()) - START)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("1.5", 1.5),
        ("0", 0),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30),
        ("Tue, 14 Nov 2023 23:13:50 +0100", 30),
        ("Tue, 14 Nov 2023 00:00:00 GMT", 0),
        (None, None),
        ("", None),
        ("-1", None),
        ("soon", None),
        ("1e9", None),
        ("nan", None),
        ("inf", None),
        ("99999999999", None),
        ("٣", None),
        ("Tue, 14 Nov 99999 22:13:50 GMT", None),
    ],
)
def test_what_headers_ask_for(header: str | None, expected: float | None) -> None:
    assert retry_after(header, START) == expected


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{1,20} [A-Za-z]{3} [0-9:+ -]{1,30}"))
@example("Tue, 14 Nov 2023 22:13:50 +99999999")
@example("0 Jan 0 0:0:0 GMT")
def test_no_header_breaks_it(header: str) -> None:
    seconds = retry_after(header, START)
    assert seconds is None or 0 <= seconds < 1e12
