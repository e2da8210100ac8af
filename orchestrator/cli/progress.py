"""Shows a run to the person who waits for it: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from orchestrator.cli.console import duration, say
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.display import RunDisplay


class BarDisplay(RunDisplay):
    """One bar over all queries, and a bar for each running cell."""

    def __init__(self, cells: Sequence[PlannedCell], console: Console) -> None:
        super().__init__(cells)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} queries"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._overall = self._progress.add_task("starting", total=max(self._total, 1))
        self._bars: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        say(text, self._progress.console)

    def _draw(self) -> None:
        self._progress.update(
            self._overall,
            completed=self._spent,
            description=f"[bold]{self._ended}/{self._cells} cells",
        )
        for key in [key for key in self._bars if key not in self._running]:
            self._progress.remove_task(self._bars.pop(key))
        for key, cell in self._running.items():
            if key not in self._bars:
                self._bars[key] = self._progress.add_task(
                    f"  {escape(cell.title)}", total=max(cell.cell.queries, 1)
                )
            self._progress.update(self._bars[key], completed=self._queries.get(key, 0))

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._draw()
        self._progress.stop()


class LineDisplay(RunDisplay):
    """A line now and then, for logs.

    Args:
        cells: the cells that will run.
        console: where to print.
        interval: seconds between two lines.
    """

    def __init__(
        self, cells: Sequence[PlannedCell], console: Console, interval: float = 10.0
    ) -> None:
        super().__init__(cells)
        self._console = console
        self._interval = interval
        self._start = time.monotonic()
        self._last = self._start

    def say(self, text: str) -> None:
        say(text, self._console)

    def _draw(self) -> None:
        now = time.monotonic()
        if now - self._last < self._interval:
            return
        self._last = now
        running = ", ".join(cell.title for cell in self._running.values())
        self.say(
            f"{self._ended}/{self._cells} cells{self._queries_words(now)}; running: "
            f"{running or 'nothing'}"
        )

    def _queries_words(self, now: float) -> str:
        """Nothing where no cell spends queries, as when prompts are only tested."""
        if not self._total:
            return ""
        return f", {self._spent:,}/{self._total:,} queries, {self._left(now)} left"

    def _left(self, now: float) -> str:
        if not self._spent:
            return "unknown time"
        return duration((now - self._start) * (self._total - self._spent) / self._spent)


def display_for(cells: Sequence[PlannedCell], console: Console) -> RunDisplay:
    """Bars on a terminal, lines elsewhere."""
    return BarDisplay(cells, console) if console.is_terminal else LineDisplay(cells, console)
