"""The service's account beside our own."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.analysis.reconciliation import (
    CellCharge,
    Counts,
    counts_of,
    reconciled,
    unlike_asked,
)
from tests.orchestrator.analysis.builders import make_run, served

numbers = st.integers(0, 10**6)
counts = st.builds(Counts, numbers, numbers, numbers)
charges = st.lists(st.tuples(counts, counts), min_size=1, max_size=20)


def cell(charged: int, counted: int, title: str = "dots / zip") -> CellCharge:
    return CellCharge(title, Counts(charged, 10 * charged), Counts(counted, 10 * counted))


def test_what_is_equal_is_said_in_one_line() -> None:
    assert list(reconciled([cell(12_000, 12_000), cell(345, 345)])) == [
        "the service charged 12,345 queries with 123,450 images, as counted here"
    ]


def test_what_differs_is_named_with_why_it_may() -> None:
    first, second, why = reconciled([cell(5, 5), cell(120, 100, "dots / bar")])
    assert first == (
        "the service charged 125 queries with 1,250 images, but 105 queries with 1,050 images are "
        "counted here; 1 cell of 2 differs:"
    )
    assert second == (
        "  dots / bar: 120 queries charged, 100 counted; 1,200 images charged, 1,000 counted"
    )
    assert "a cell failed or was stopped" in why
    assert "ids" in why


def test_two_differences_that_cancel_out_are_two() -> None:
    first, *_ = reconciled([cell(90, 100), cell(110, 100)])
    assert first.endswith("2 cells of 2 differ:")


def test_of_many_differences_a_few_are_named() -> None:
    lines = list(reconciled([cell(2, 1, f"cell {n}") for n in range(9)]))
    assert len(lines) == 8
    assert lines[-2] == "  and 4 more"


@given(charges)
def test_it_is_quiet_exactly_where_all_cells_agree(pairs: list[tuple[Counts, Counts]]) -> None:
    lines = list(reconciled([CellCharge("one", charged, here) for charged, here in pairs]))
    assert (len(lines) == 1) == all(charged == here for charged, here in pairs)


def test_nothing_is_said_of_nothing() -> None:
    assert list(reconciled([])) == []


def test_a_trace_counts_training_and_measuring_together() -> None:
    run = make_run([(0, 1), (10, 2)])
    assert counts_of(run.trace) is None
    both = served(
        run,
        training={"requests": 1, "queries": 10, "images": 100, "tokens": 50},
        measuring={"requests": 1, "queries": 1, "images": 7, "tokens": 5, "money": 1.0},
    )
    assert counts_of(both.trace) == Counts(11, 107, 55)


def test_a_service_that_charges_more_than_was_asked_is_told_although_its_account_agrees() -> None:
    run = make_run([(0, 1), (10, 2)])
    asked = run.trace.ledgers["method"]["images"]
    measuring = {"requests": 1, "queries": 1, "images": 7, "tokens": 5}
    alike, more = (
        served(run, training={"requests": 1, "queries": 10, "images": n}, measuring=measuring).trace
        for n in (asked, 2 * asked)
    )
    assert list(unlike_asked([("dots / zip", alike), ("in memory", run.trace)])) == []
    first, second = unlike_asked([("dots / zip", alike), ("dots / bar", more)])
    assert first.startswith("the service charged the training of 1 cell otherwise")
    assert second == f"  dots / bar: {2 * asked:,} images charged, {asked:,} asked about"
