"""What the driver tells about a run; the command line shows it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Self

from orchestrator.plan.plan import PlannedCell


class RunDisplay(ABC):
    """Told what happens to cells; a context manager around a run.

    Args:
        cells: the cells that will run.
    """

    def __init__(self, cells: Sequence[PlannedCell]) -> None:
        self._total = sum(cell.cell.queries for cell in cells)
        self._cells = len(cells)
        self._ended = 0
        self._spent = 0
        self._queries: dict[str, int] = {}  # of cells that run
        self._running: dict[str, PlannedCell] = {}

    def started(self, cell: PlannedCell) -> None:
        """A cell was given to an actor (again, after a lost one)."""
        self._running[cell.key] = cell
        self._draw()

    def advanced(self, key: str, queries: int) -> None:
        """A running cell has spent so many queries."""
        if key in self._running:
            self._note(key, queries)
            self._draw()

    def left(self, cell: PlannedCell) -> None:
        """A cell was left to another run."""
        self._running.pop(cell.key, None)
        self._draw()

    def ended(self, cell: PlannedCell, error: str, *, found: bool = False) -> None:
        """A cell ended; `error` is empty when it finished, or was `found` finished elsewhere."""
        self._running.pop(cell.key, None)
        self._ended += 1
        self._note(cell.key, cell.cell.queries)
        self._queries.pop(cell.key)
        mark = "failed" if error else "found" if found else "finished"
        self.say(f"{mark:8} {cell.title}{': ' + error if error else ''}")
        self._draw()

    def _note(self, key: str, queries: int) -> None:
        known = self._queries.get(key, 0)
        self._queries[key] = max(queries, known)
        self._spent += self._queries[key] - known

    @abstractmethod
    def say(self, text: str) -> None:
        """Prints a line that stays."""

    @abstractmethod
    def _draw(self) -> None:
        """Shows the present state."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None
