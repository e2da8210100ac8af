"""`status --watch`: looks at the store again and again, and writes nothing into it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from rich.console import Console
from rich.live import Live
from rich.text import Text

from orchestrator.cli.plan_view import status_counts
from orchestrator.cli.standing import Standing, standing_of
from orchestrator.cli.status_view import show_whole_status
from orchestrator.cli.typed_command import Typed
from orchestrator.cli.work import Work, open_work_to_read
from orchestrator.console import errors, hushed, output, say
from orchestrator.plan.states import refreshed

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of `run`."""

Look = tuple[Work, Standing]


def terminal() -> Console | None:
    """The terminal that stdout is, to draw on; None where it is none.

    It isn't the console that verbs print with, whose lines make up the picture.
    """
    return Console(markup=False, emoji=False, width=output.width) if output.is_terminal else None


def watch_status(
    work: Work,
    typed: Typed,
    every: float,
    screen: Console | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Shows where a spec stands until all is done; the exit code.

    On a terminal the picture is drawn anew; elsewhere a line is printed when something has changed.

    Args:
        work: the spec beside its store, as it is now.
        typed: what was typed.
        every: seconds between two looks.
        screen: the terminal; None prints lines.
        pause: waits so many seconds.

    Returns:
        0 once all is done; 1 where a run was watched and left nothing but cells that failed; 130
        after Ctrl-C.
    """
    looks = _looks(work, typed, lambda: pause(every))
    try:
        return _told(looks, typed) if screen is None else _drawn(looks, typed, screen)
    except KeyboardInterrupt:
        return INTERRUPTED


def _looks(work: Work, typed: Typed, wait: Callable[[], None]) -> Iterator[Look]:
    """A look each round; the last one is of what is over.

    Between two cells an actor holds no lease, so a run counts as over when two looks in a row say
    that nothing runs.
    """
    last = standing_of(work)
    yield work, last
    ran = last.state == "running"
    while last.state != "done" and not (ran and last.state == "failed"):
        wait()
        work = _again(work, typed)
        found = standing_of(work)
        if last.state == "running" and found.state in ("paused", "failed"):
            wait()
            work = _again(work, typed)
            found = standing_of(work)
        ran = ran or found.state == "running"
        last = found
        yield work, found


def _again(work: Work, typed: Typed) -> Work:
    """The work as it is now.

    Planned anew only where cells may be added: those that follow from a search, and those of data
    that isn't here, which only their results tell.
    """
    if work.search is None and not work.plan.unchecked:
        return replace(work, plan=refreshed(work.plan, work.store))
    with hushed(errors):  # it has said all that before
        return open_work_to_read(
            typed.spec, typed.overrides, typed.store, typed.data, results=False
        )


def _drawn(looks: Iterator[Look], typed: Typed, screen: Console) -> int:
    """Draws each look over the one before; taller ones are cut until the last."""
    last: Standing | None = None
    with Live(console=screen, auto_refresh=False) as live:
        for work, last in looks:
            live.update(_picture(work, last, typed), refresh=True)
    return _code(last)


def _picture(work: Work, standing: Standing, typed: Typed) -> Text:
    with output.capture() as said:
        show_whole_status(work, standing, typed)
    return Text.from_ansi(said.get())


def _told(looks: Iterator[Look], typed: Typed) -> int:
    """Prints a line for each look that differs from the one before."""
    told, last = "", None
    for work, last in looks:
        line = (
            f"{last.text(typed.command('run'))} ({status_counts(work.plan.cells)}{_trials(work)})"
        )
        if line != told:
            say(line)
            told = line
    return _code(last)


def _trials(work: Work) -> str:
    if work.search is None:
        return ""
    search = work.search.search
    return f"; {search.ended} of {search.planned} trials ended"


def _code(last: Standing | None) -> int:
    return 0 if last is None or last.state == "done" else 1
