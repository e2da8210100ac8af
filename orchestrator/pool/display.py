"""Shows a run to the person who waits for it: bars on a terminal, plain lines elsewhere."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Self

from rich.console import Console
from rich.progress import Progress, TaskID

from orchestrator.console import say
from orchestrator.plan.alike import Group
from orchestrator.plan.budget import queries_of
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.columns import columns_for, time_told
from orchestrator.pool.time_left import TimeLeft

MOST_NAMED = 4
"""Running cells that a line of a log names."""

TELLING = 0.5
"""Seconds between two estimates of the time that is left, at least."""

SHARE = 0.02
"""Share of the driver's time that estimates may take, which are dear with very many cells."""


class RunDisplay:
    """Told what happens to cells; a context manager around a run.

    A terminal shows one bar over all queries and one for each running cell; a log gets a line now
    and then.

    Args:
        cells: the cells that will run.
        console: where to print.
        interval: seconds between two lines of a log.
        paces: seconds per query of earlier cells, by group.
    """

    def __init__(
        self,
        cells: Sequence[PlannedCell],
        console: Console,
        interval: float = 10.0,
        paces: Mapping[Group, float] | None = None,
    ) -> None:
        self._console, self._interval = console, interval
        self._total = sum(queries_of(cell) for cell in cells)
        self._cells = len(cells)
        self._ended = 0
        self._spent = 0
        self._queries: dict[str, int] = {}  # of cells that run
        self._running: dict[str, PlannedCell] = {}
        self._errors: set[str] = set()
        self._waits = ""
        self._last = time.monotonic()
        self._lefts: dict[str, float | None] = {}
        self._whole: tuple[float | None, float] = None, 0.0
        self._tell_from = -math.inf
        self._left = TimeLeft(cells, paces or {}, clock=time.monotonic)
        self._progress = Progress(*columns_for(console.width), console=console)
        self._overall = self._progress.add_task("starting", total=max(self._total, 1), whole=True)
        self._bars: dict[str, TaskID] = {}

    def actors(self, count: int) -> None:
        """So many actors work, or will once they have started."""
        self._left.actors(count)

    def started(self, cell: PlannedCell) -> None:
        """A cell was given to an actor (again, after a lost one)."""
        self._running[cell.key] = cell
        self._left.started(cell)
        self._draw()

    def advanced(self, key: str, queries: int) -> None:
        """A running cell has spent so many queries."""
        if key in self._running:
            self._note(key, queries)
            self._left.advanced(key, queries)
            self._draw()

    def waits(self, text: str) -> None:
        """What everybody waits for and how long, such as for a quota; empty where none does."""
        waits = f", {text}" if text else ""
        if waits or self._waits:
            self._waits = waits
            self._draw()

    def left(self, cell: PlannedCell) -> None:
        """A cell was left to another run."""
        self._running.pop(cell.key, None)
        self._left.left(cell.key)
        self._draw()

    def ended(self, cell: PlannedCell, error: str, *, found: bool = False) -> None:
        """A cell ended; `error` is empty when it finished, or was `found` finished elsewhere."""
        self._running.pop(cell.key, None)
        self._ended += 1
        self._left.ended(cell.key, ran=not (error or found))
        self._note(cell.key, queries_of(cell))
        self._queries.pop(cell.key)
        mark = "failed" if error else "found" if found else "finished"
        self.say(f"{mark:8} {cell.title}{self._why(error)}")
        self._draw()

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        say(text, console=self._console)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._draw()
            self._progress.stop()

    def _why(self, error: str) -> str:
        """What is added to a line: the error, once for all cells that have it."""
        if not error:
            return ""
        if error in self._errors:
            return ": for the same reason"
        self._errors.add(error)
        return f": {error}"

    def _note(self, key: str, queries: int) -> None:
        known = self._queries.get(key, 0)
        self._queries[key] = max(queries, known)
        self._spent += self._queries[key] - known

    def _draw(self) -> None:
        if self._console.is_terminal:
            self._draw_bars()
        elif time.monotonic() - self._last >= self._interval:
            self._last = time.monotonic()
            done = f"{self._ended}/{self._cells} cells{self._pace()}{self._waits}"
            self.say(f"{done}; running: {self._named()}")

    def _named(self) -> str:
        """The first cells that run, and how many more."""
        titles = [cell.title for cell in self._running.values()]
        more = f" and {len(titles) - MOST_NAMED} more" if len(titles) > MOST_NAMED else ""
        return f"{', '.join(titles[:MOST_NAMED])}{more}" if titles else "nothing"

    def _draw_bars(self) -> None:
        done = f"{self._ended}/{self._cells} cells{self._waits}"
        self._progress.update(self._overall, completed=self._spent, description=done)
        left, least = self._estimate()
        self._progress.update(self._overall, left=left, least=least)
        for key in self._bars.keys() - self._running.keys():
            self._progress.remove_task(self._bars.pop(key))
        for key, cell in self._running.items():
            if key not in self._bars:
                size = max(queries_of(cell), 1)
                self._bars[key] = self._progress.add_task(f"  {cell.title}", total=size)
            spent, left = self._queries.get(key, 0), self._lefts.get(key)
            self._progress.update(self._bars[key], completed=spent, left=left)

    def _estimate(self) -> tuple[float | None, float]:
        """Seconds that all still takes, likely and at least; made anew now and then."""
        began = time.monotonic()
        if began >= self._tell_from:
            left, self._lefts = self._left.lefts()
            self._whole = left, self._left.at_least() if left is None else left
            self._tell_from = began + max(TELLING, (time.monotonic() - began) / SHARE)
        return self._whole

    def _pace(self) -> str:
        """Nothing where no cell spends queries, as when prompts are only tested."""
        if not self._total:
            return ""
        told = time_told(*self._estimate()) or "unknown time"
        return f", {self._spent:,}/{self._total:,} queries, {told} left"
