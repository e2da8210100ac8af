"""Charts as data: step functions over the whole axis."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.analysis.charts.chart import END_ROOM, EVEN_ROOM, Line, LineChart
from orchestrator.analysis.charts.palette import Look

LOOK = Look("#0072B2", "solid")
EARLY = Line("early", LOOK, (0, 2), (40, 70), (39, 68), (41, 72))
WHOLE = Line("whole", LOOK, (0, 100, 2000), (40, 50, 60))


def test_a_line_that_stops_early_is_level_from_there_to_the_end() -> None:
    whole = EARLY.between(0, 2000)
    assert (whole.x, whole.y) == ((0, 2, 2000), (40, 70, 70))
    assert (whole.lower, whole.upper) == ((39, 68, 68), (41, 72, 72))
    assert WHOLE.between(0, 2000) == replace(WHOLE, stop=2000)
    assert whole.stop == 2, "where it was measured last"
    assert Line("level", LOOK, (0,), (45,)).between(0, 2000).stop is None


def test_a_line_that_begins_before_the_axis_is_cut_where_that_begins() -> None:
    assert (EARLY.between(50, 2000).x, EARLY.between(50, 2000).y) == ((50, 2000), (70, 70))
    assert (WHOLE.between(50, 2000).x, WHOLE.between(50, 2000).y) == (
        (50, 100, 2000), (40, 50, 60),
    )  # fmt: skip


def test_nothing_is_drawn_before_the_first_measurement() -> None:
    late = Line("late", LOOK, (30,), (40,))
    assert late.between(0, 100).x == (30, 100)


@pytest.mark.parametrize("ticks", [(), (100, 500)])
def test_every_line_goes_to_the_end_of_the_budget(ticks: tuple[int, ...]) -> None:
    level = Line("level", LOOK, (0,), (45,))
    chart = LineChart("queries", "accuracy", (EARLY, level), end=2000, ticks=ticks)
    start, end = chart.span
    assert (start, end) == ((50, 2000 * END_ROOM) if ticks else (0, 2000 * EVEN_ROOM))
    assert {(line.x[0], line.x[-1]) for line in chart.drawn} == {(start, end)}


def test_main_lines_are_wide_and_drawn_last_and_the_background_first() -> None:
    main, faint = Line("m", LOOK, (0,), (1,), main=True), Line("f", LOOK, (0,), (1,), faint=True)
    chart = LineChart("queries", "accuracy", (main, WHOLE, faint))
    assert [line.label for line in chart.drawn] == ["f", "whole", "m"]
    widths = [chart.width(line) for line in chart.drawn]
    assert widths == sorted(set(widths))
    assert chart.width(WHOLE) < LineChart("queries", "accuracy", (WHOLE,)).width(WHOLE)


def test_bars_stand_in_the_middle_of_their_steps_and_none_where_nothing_is_uncertain() -> None:
    line = Line("part", LOOK, (0, 100, 400), (40, 50, 60), errors=(1.0, 2.0, 0.0))
    assert line.between(0, 900).bars(log=False) == ((50, 40, 1.0), (250, 50, 2.0))
    assert line.between(25, 900).bars(log=True) == ((50, 40, 1.0), (200, 50, 2.0))
    assert line.plain().bars(log=False) == WHOLE.bars(log=False) == ()
