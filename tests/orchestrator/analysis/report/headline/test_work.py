"""Cells, days and seconds in words."""

from dataclasses import replace
from datetime import date

import pytest

from orchestrator.analysis.report.headline.work import days_text, duration_text, work_words
from orchestrator.analysis.runs import Run
from tests.orchestrator.analysis.builders import make_run
from tests.orchestrator.analysis.report.cases import comparison


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ([], ""),
        ([date(2026, 11, 27)], "27 November 2026"),
        ([date(2026, 11, 26), date(2026, 11, 27)], "26 to 27 November 2026"),
        ([date(2026, 10, 31), date(2026, 11, 1)], "31 October to 1 November 2026"),
        ([date(2025, 12, 31), date(2026, 1, 1)], "31 December 2025 to 1 January 2026"),
    ],
)
def test_days(days: list[date], text: str) -> None:
    assert days_text(days) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "under 1 s"), (59.7, "1 min 0 s"), (190, "3 min 10 s"), (7150, "1 h 59 min")],
)
def test_seconds(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def written(run: Run, day: str) -> Run:
    return replace(run, trace=replace(run.trace, provenance={"written": f"{day}T10:00:00+00:00"}))


def test_a_cell_that_two_labels_share_counts_once() -> None:
    run = written(make_run([(0, 1.0), (10, 2.0)]), "2026-11-27")
    shared = replace(run, method="zip-again", same_as="zip")
    assert work_words(comparison([run, shared])) == "1 cell, 27 November 2026, 2 s of work."


def test_what_is_not_known_is_left_out() -> None:
    run = make_run([(0, 1.0)])
    assert work_words(comparison([replace(run, trace=replace(run.trace, timing={}))])) == "1 cell."
