"""What a person sees while a search runs."""

from __future__ import annotations

import io
import time

import pytest
from rich.console import Console

from orchestrator.analysis.search import Search, SearchTrial
from orchestrator.search.display import SearchDisplay


def display(width: int, *, terminal: bool) -> tuple[SearchDisplay, io.StringIO]:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, color_system=None)
    return SearchDisplay(Search("zip", planned=20, trials=()), console), out


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_counts_and_times_come_first_and_long_lines_are_cut(clock: list[float]) -> None:
    shown, out = display(80, terminal=True)
    shown.started(0)
    shown.started(1)
    clock[0] += 60
    shown.ended(SearchTrial(0, {"clip": 1}, "complete", {"accuracy": 80.0}, 200))
    shown.reported(1, 100, {"accuracy": 81.2, "area": 74.6, "queries_to_target": 123.0})
    shown.waits("waits for the service's quota (12 s)")
    out.seek(0)
    out.truncate()
    shown.console.print(shown._status.renderable)
    first, second = out.getvalue().splitlines()
    assert first[2:].startswith("1 of 20 trials, 60 s so far, about 19 min left, waits for the")
    assert second.strip().startswith("trial 1: accuracy 81.2")
    assert max(len(first), len(second)) <= 80


def test_a_log_says_it_in_a_line_now_and_then(clock: list[float]) -> None:
    shown, out = display(80, terminal=False)
    shown.started(0)
    clock[0] += 10
    shown.reported(0, 100, {"accuracy": 81.2})
    assert out.getvalue() == (
        "0 of 20 trials, 10 s so far; running: trial 0: accuracy 81.2 after 100 queries\n"
    )
