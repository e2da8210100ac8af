"""Runs of MLflow begin and end when their cells did."""

from __future__ import annotations

from dataclasses import replace

from orchestrator.analysis.runs import Run
from orchestrator.store.trace import Trace
from orchestrator.tracking.entries import TrackedSpec, aggregate_entries, cell_entry
from orchestrator.tracking.spans import Span, span_of, span_over
from tests.orchestrator.analysis.builders import make_run

NOON = 1_767_268_800_000  # of the first day of 2026
SPEC = TrackedSpec("demo", "name: demo\n", budget=20)


def at(run: Run, minutes: int, seconds: float) -> Run:
    """A run that ended some minutes after noon and worked some seconds."""
    written = f"2026-01-01T12:{minutes:02}:00+00:00"
    trace = replace(
        run.trace, provenance={"written": written}, timing={"total": seconds, "query": 1.0}
    )
    return replace(run, trace=trace)


ONE = at(make_run([(0, 30.0), (10, 40.0), (20, 50.0)]), 1, 30)
OTHER = at(make_run([(0, 30.0), (20, 50.0)], seed=2), 5, 90.5)


def test_a_cell_ends_when_its_trace_was_written_and_lasts_as_long_as_it_worked() -> None:
    assert span_of(ONE.trace) == Span(NOON + 30_000, NOON + 60_000)
    assert cell_entry(ONE, SPEC).span == span_of(ONE.trace)


def test_a_mean_lasts_from_the_first_start_to_the_last_end() -> None:
    (entry,) = aggregate_entries([ONE, OTHER], SPEC)
    assert entry.span == Span(NOON + 30_000, NOON + 300_000)


def test_what_does_not_say_when_it_was_has_no_times() -> None:
    old: Trace = replace(ONE.trace, provenance={})
    odd: Trace = replace(ONE.trace, provenance={"written": "yesterday"})
    assert (span_of(old), span_of(odd), span_over([old, odd])) == (None, None, None)
    assert span_over([old, OTHER.trace]) == span_of(OTHER.trace)


def test_even_what_took_no_time_has_an_end_after_its_start() -> None:
    span = span_of(at(ONE, 1, 0).trace)
    assert span is not None
    assert span.end - span.start == 1


def test_times_of_steps_follow_from_the_step_alone() -> None:
    span = Span(1000, 3000)
    assert [span.at(step, 20) for step in (0, 10, 20)] == [1000, 2000, 3000]
    assert span.at(0, 0) == 3000


def test_a_cell_that_was_run_again_is_written_anew() -> None:
    again = at(ONE, 2, 30)
    assert cell_entry(again, SPEC).fingerprint != cell_entry(ONE, SPEC).fingerprint
    assert cell_entry(ONE, SPEC).fingerprint == cell_entry(replace(ONE), SPEC).fingerprint
