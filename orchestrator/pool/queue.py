"""What a run gives to the pool next: encodings, cells, and cells that wait for another's prompt."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ray

from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.pool import Outcome, PoolTask

LOOK_AGAIN = 3.0
"""Seconds after which a cell that another run works on is tried again."""


@dataclass
class CellQueue:
    """Feeds the pool: a dataset's test split is encoded once, then its cells may run.

    Cells on a service need no features.

    A cell that tests another one's prompt is held until that one has ended.

    Args:
        cells: what is to run, in order.
        load_features: reads stored features by digest; None when they are not stored yet.
    """

    cells: tuple[PlannedCell, ...]
    load_features: Callable[[str], FeatureTable | None]
    _ready: deque[PlannedCell] = field(default_factory=deque)
    _held: dict[str, list[PlannedCell]] = field(default_factory=lambda: defaultdict(list))
    _encoding: dict[str, list[PlannedCell]] = field(default_factory=lambda: defaultdict(list))
    _to_encode: deque[str] = field(default_factory=deque)
    _tables: dict[str, Any] = field(default_factory=dict)
    _given: dict[str, PlannedCell] = field(default_factory=dict)
    _elsewhere: deque[tuple[float, PlannedCell]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        ahead = {cell.key for cell in self.cells}
        for cell in self.cells:
            source = cell.cell.source
            if source is not None and source.key in ahead:
                self._held[source.key].append(cell)
            else:
                self._admit(cell)

    def next_task(self) -> PoolTask | None:
        """An encoding, or a cell whose features are there."""
        if self._to_encode:
            digest = self._to_encode.popleft()
            dataset = self._encoding[digest][0].cell.dataset
            return PoolTask(
                f"encode {digest}",
                lambda actor: actor.encode_test_split.remote(dataset, digest),
                f"the encoding of {dataset}'s test split",
            )
        if self._ready:
            cell = self._ready.popleft()
        elif self._elsewhere and self._elsewhere[0][0] <= time.monotonic():
            cell = self._elsewhere.popleft()[1]
        else:
            return None
        table = self._tables.get(cell.features)
        self._given[cell.key] = cell
        return PoolTask(
            cell.key,
            lambda actor: actor.run_cell.remote(cell.cell, cell.key, table, cell.split),
            cell.title,
        )

    def exhausted(self) -> bool:
        """Whether neither a cell nor an encoding is left."""
        return not (
            self._ready or self._to_encode or self._encoding or self._held or self._elsewhere
        )

    def leave(self, cell: PlannedCell) -> None:
        """Puts a cell aside that another run works on: that run finishes it, or lets go of it."""
        self._elsewhere.append((time.monotonic() + LOOK_AGAIN, cell))

    def cell_of(self, task: PoolTask) -> PlannedCell | None:
        """The cell that a task runs; None for an encoding."""
        return self._given.get(task.id)

    def encoded(self, outcome: Outcome) -> list[PlannedCell]:
        """Takes note of an encoding's end; returns the cells that can't run because it failed."""
        digest = outcome.task.id.removeprefix("encode ")
        waiting = self._encoding.pop(digest)
        if not outcome.error and self._share(digest):
            self._ready.extend(waiting)
            return []
        return waiting

    def ended(self, cell: PlannedCell, *, failed: bool) -> list[PlannedCell]:
        """Takes note of a cell's end; returns the cells that can't run because it failed."""
        waiting = self._held.pop(cell.key, [])
        if failed:
            return waiting
        for held in waiting:
            self._admit(held)
        return []

    def _admit(self, cell: PlannedCell) -> None:
        """Makes a cell ready, once the features of its test split are there, if it needs any."""
        digest = cell.features
        if digest in self._encoding:  # the store was asked for it
            self._encoding[digest].append(cell)
        elif not digest or digest in self._tables or self._share(digest):
            self._ready.append(cell)
        else:
            self._to_encode.append(digest)
            self._encoding[digest].append(cell)

    def _share(self, digest: str) -> bool:
        """Puts stored features into shared memory, once for all actors; False if there are none."""
        table = self.load_features(digest)
        if table is None:
            return False
        self._tables[digest] = ray.put(table)
        return True
