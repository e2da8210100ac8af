"""What a person sees while cells run: bars on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from orchestrator.console import duration
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.display import RunDisplay
from tests.orchestrator.cli.verbs import plan_of, write_spec

_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> tuple[PlannedCell, ...]:
    """Two seeds of zip, of 200 queries each."""
    folder = tmp_path_factory.mktemp("progress")
    spec = write_spec(folder, datasets=["pocket_dots"], methods=["zip"])
    return plan_of(spec, folder / "store").cells


def terminal(width: int = 110) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, force_terminal=True, color_system=None), out


def bars(cells: tuple[PlannedCell, ...], width: int = 110) -> tuple[RunDisplay, io.StringIO]:
    """Bars that are drawn when a test asks, and by no thread in between."""
    console, out = terminal(width)
    display = RunDisplay(cells, console)
    display._progress.live.auto_refresh = False
    return display, out


def log() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=80), out


def seen(out: io.StringIO) -> list[str]:
    """What was written since the last look, without what moves the cursor."""
    lines = [line.strip() for line in re.split(r"[\r\n]+", _ESCAPES.sub("", out.getvalue()))]
    out.seek(0)
    out.truncate()
    return [line for line in lines if line]


def refreshed(display: RunDisplay, out: io.StringIO) -> list[str]:
    """The bars as they stand."""
    seen(out)
    display._progress.refresh()
    return seen(out)


def test_bars_show_all_queries_and_those_of_each_running_cell(
    cells: tuple[PlannedCell, ...],
) -> None:
    display, out = bars(cells)
    first, second = cells
    with display:
        (start,) = refreshed(display, out)
        assert start.startswith("starting")
        assert "0/400 queries" in start
        display.started(first)
        display.started(second)
        display.advanced(first.key, 50)
        display.advanced(second.key, 100)
        display.advanced("unknown", 7)
        whole, one, two = refreshed(display, out)
        assert whole.startswith("0/2 cells")
        assert "150/400 queries" in whole
        assert one.startswith("pocket_dots / zip / 16 shots / seed 1")
        assert "50/200 queries" in one
        assert "100/200 queries" in two
        display.ended(first, "")
        assert "finished pocket_dots / zip / 16 shots / seed 1" in seen(out)
        whole, one = refreshed(display, out)
        assert whole.startswith("1/2 cells")
        assert "300/400 queries" in whole
        assert "seed 2" in one
        display.ended(second, "ValueError: no [bold] measurement")
    last = seen(out)
    assert (
        "failed   pocket_dots / zip / 16 shots / seed 2: ValueError: no [bold] measurement" in last
    )
    assert last[-1].startswith("2/2 cells")
    assert "400/400 queries" in last[-1]


@pytest.mark.parametrize("width", [80, 60, 50])
def test_where_room_is_short_titles_are_cut_and_numbers_are_not(
    width: int, cells: tuple[PlannedCell, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    long = tuple(replace(cell, label="one_plus_one_es with a long label") for cell in cells)
    display, out = bars(long, width)
    with display:
        for cell in long:
            display.started(cell)
        display.advanced(long[0].key, 1)
        now += 20
        display.advanced(long[0].key, 100)
        whole, one, two = refreshed(display, out)
    assert max(map(len, (whole, one, two))) <= width
    assert whole.endswith("100/400 0:00:00 ~40 s left")
    assert one.endswith("100/200 0:00:00       20 s")
    assert two.endswith("0/200   0:00:00       40 s")
    assert "…" in one and "seed 1" in one and "seed 2" in two


@pytest.mark.parametrize("where", [terminal, log])
def test_estimates_that_are_dear_are_made_rarely(
    where: Callable[[], tuple[Console, io.StringIO]],
    cells: tuple[PlannedCell, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So it is with very many cells; what was spent is told all the time."""
    now, estimates = 1000.0, 0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    console, out = where()
    display = RunDisplay(cells, console, interval=1)
    display._progress.live.auto_refresh = False

    def dear() -> tuple[float | None, dict[str, float | None]]:
        nonlocal now, estimates
        now, estimates = now + 0.2, estimates + 1
        return 60.0, {}

    monkeypatch.setattr(display._left, "lefts", dear)
    with display:
        display.started(cells[0])
        for queries in range(1, 101):
            now += 1
            display.advanced(cells[0].key, queries)
    assert "100/400 queries" in " ".join(seen(out))
    assert 5 <= estimates <= 12


def test_many_running_cells_are_counted_in_a_log(cells: tuple[PlannedCell, ...]) -> None:
    console, out = log()
    many = tuple(replace(cells[0], key=str(number), label=f"m{number}") for number in range(6))
    display = RunDisplay(many, console, interval=0)
    for cell in many:
        display.started(cell)
    assert seen(out)[-1].endswith("pocket_dots / m3 / 16 shots / seed 1 and 2 more")


def test_a_cell_that_goes_back_after_a_lost_actor_is_not_counted_twice(
    cells: tuple[PlannedCell, ...],
) -> None:
    display, out = bars(cells)
    first, _ = cells
    with display:
        display.started(first)
        display.advanced(first.key, 120)
        display.started(first)  # from its checkpoint at 100
        display.advanced(first.key, 100)
        whole, one = refreshed(display, out)
        assert "120/400 queries" in whole
        assert "120/200 queries" in one


def test_cells_left_to_or_found_finished_by_another_run_leave_the_bars(
    cells: tuple[PlannedCell, ...],
) -> None:
    display, out = bars(cells)
    first, second = cells
    with display:
        display.started(first)
        display.left(first)
        assert len(refreshed(display, out)) == 1
        display.started(second)
        display.ended(second, "", found=True)
        assert "found    pocket_dots / zip / 16 shots / seed 2" in seen(out)
        (whole,) = refreshed(display, out)
        assert whole.startswith("1/2 cells")


def test_long_lines_above_the_bars_are_whole(cells: tuple[PlannedCell, ...]) -> None:
    display, out = bars(cells)
    with display:
        display.say("word " * 60)
        assert ("word " * 60).strip() in seen(out)


def test_bars_end_where_they_stand_when_a_run_is_interrupted(
    cells: tuple[PlannedCell, ...],
) -> None:
    display, out = bars(cells)
    with pytest.raises(KeyboardInterrupt), display:
        display.started(cells[0])
        display.advanced(cells[0].key, 30)
        raise KeyboardInterrupt
    assert any("30/400 queries" in line for line in seen(out))
    display._progress.console.print("after")
    assert seen(out) == ["after"]


def test_a_log_gets_a_line_for_every_end_and_one_now_and_then(
    cells: tuple[PlannedCell, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    console, out = log()
    first, second = cells
    with RunDisplay(cells, console, interval=10) as display:
        display.started(first)
        now += 1
        display.advanced(first.key, 5)
        now += 8
        display.advanced(first.key, 45)
        assert seen(out) == []
        now += 1
        display.advanced(first.key, 50)
        # 45 queries took 9 seconds, so the other 350 take 70
        assert seen(out) == [
            "0/2 cells, 50/400 queries, about 70 s left; "
            "running: pocket_dots / zip / 16 shots / seed 1"
        ]
        display.advanced(first.key, 60)
        assert seen(out) == [], "one line in ten seconds"
        display.ended(first, "")
        display.started(second)
        now += 10
        display.ended(second, "OSError: disk full")
        assert seen(out) == [
            "finished pocket_dots / zip / 16 shots / seed 1",
            "failed   pocket_dots / zip / 16 shots / seed 2: OSError: disk full",
            "2/2 cells, 400/400 queries, about 0 s left; running: nothing",
        ]


def test_bars_say_how_long_a_run_waits_for_a_quota(cells: tuple[PlannedCell, ...]) -> None:
    display, out = bars(cells)
    with display:
        display.started(cells[0])
        display.waits("waits for the service's quota (12 s)")
        whole, _ = refreshed(display, out)
        assert whole.startswith("0/2 cells, waits for the service's quota (12 s)")
        display.waits("")
        whole, _ = refreshed(display, out)
        assert "quota" not in whole


def test_a_log_says_that_a_run_waits_for_a_quota_with_its_line_now_and_then(
    cells: tuple[PlannedCell, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    console, out = log()
    with RunDisplay(cells, console, interval=10) as display:
        display.started(cells[0])
        for left in range(40, 0, -1):
            now += 1
            display.waits(f"waits for the service's quota ({left} s)")
        display.waits("")
        assert [line.partition(" left")[2] for line in seen(out)] == [
            f", waits for the service's quota ({left} s); running: pocket_dots / zip / 16 shots / "
            "seed 1"
            for left in (31, 21, 11, 1)
        ]


def test_nothing_is_said_of_time_before_the_first_query(
    cells: tuple[PlannedCell, ...],
) -> None:
    console, out = log()
    display = RunDisplay(cells, console, interval=0)
    display.started(cells[0])
    assert "0/400 queries, unknown time left" in seen(out)[0]


def test_a_log_says_what_a_run_takes_at_least_while_some_methods_are_unknown(
    cells: tuple[PlannedCell, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    first, second = cells
    other = replace(first, key="other", label="bar")
    console, out = log()
    with RunDisplay((first, other, second), console, interval=0) as display:
        display.started(first)
        now += 600
        display.ended(first, "")
        assert "200/600 queries, at least 10 min left" in seen(out)[-1]


@pytest.mark.parametrize(("width", "told"), [(110, "at least 10 min left"), (80, ">10 min left")])
def test_bars_say_what_a_run_takes_at_least_while_some_methods_are_unknown(
    width: int, told: str, cells: tuple[PlannedCell, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    first, second = cells
    display, out = bars((first, replace(first, key="other", label="bar"), second), width)
    with display:
        display.started(first)
        now += 600
        display.ended(first, "")
        assert refreshed(display, out)[0].endswith(told)


def test_cells_that_spend_no_queries_are_counted_alone(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, methods=["zero_shot"])
    console, out = log()
    cells = plan_of(spec, tmp_path / "store").cells
    display = RunDisplay(cells, console, interval=0)
    display.started(cells[0])
    display.ended(cells[0], "")
    assert seen(out) == [
        "0/2 cells; running: pocket_dots / zero_shot",
        "finished pocket_dots / zero_shot",
        "1/2 cells; running: nothing",
    ]


@pytest.mark.parametrize(("where", "drawn"), [(terminal, True), (log, False)])
def test_bars_are_for_terminals(
    where: Callable[[], tuple[Console, io.StringIO]], drawn: bool, cells: tuple[PlannedCell, ...]
) -> None:
    console, out = where()
    with RunDisplay(cells, console) as display:
        display.started(cells[0])
    assert bool(out.getvalue()) is drawn


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (98, "98 s"),
        (99, "2 min"),
        (5399, "90 min"),
        (5400, "1.5 h"),
        (360_000, "100.0 h"),
    ],
)
def test_durations_are_said_as_a_person_would(seconds: float, text: str) -> None:
    assert duration(seconds) == text
