"""Runs a plan: what the store lacks, fed to the pool cell by cell, and nothing twice."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ray

from orchestrator.actors import OracleActorFactory
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan import Plan, PlannedCell
from orchestrator.pool import ActorPool, Outcome, PoolLimits, PoolListener, PoolTask
from orchestrator.progress import RunDisplay
from orchestrator.store import Store
from orchestrator.trace import Trace
from orchestrator.worker import WorkerSetup


@dataclass(frozen=True)
class RunSummary:
    """How a run ended.

    Attributes:
        finished: cells that finished in this run.
        failed: cells that failed in this run, with the last line of their error.
    """

    finished: tuple[PlannedCell, ...]
    failed: tuple[tuple[PlannedCell, str], ...]


@dataclass
class CellSource:
    """Feeds the pool: a dataset's test split is encoded once, then its cells may run.

    Args:
        cells: what is to run, in order.
        load_features: reads stored features by digest; None when they are not stored yet.
    """

    cells: tuple[PlannedCell, ...]
    load_features: Callable[[str], FeatureTable | None]
    _ready: deque[PlannedCell] = field(default_factory=deque)
    _encoding: dict[str, list[PlannedCell]] = field(default_factory=lambda: defaultdict(list))
    _to_encode: deque[str] = field(default_factory=deque)
    _tables: dict[str, Any] = field(default_factory=dict)
    _given: dict[str, PlannedCell] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for cell in self.cells:
            if cell.features in self._tables or self._share(cell.features):
                self._ready.append(cell)
            else:
                if cell.features not in self._encoding:
                    self._to_encode.append(cell.features)
                self._encoding[cell.features].append(cell)

    def next_task(self) -> PoolTask | None:
        """An encoding, or a cell whose features are there."""
        if self._to_encode:
            digest = self._to_encode.popleft()
            dataset = self._encoding[digest][0].cell.dataset
            return PoolTask(
                f"encode {digest}",
                lambda actor: actor.encode_test_split.remote(dataset, digest),
            )
        if not self._ready:
            return None
        cell = self._ready.popleft()
        table = self._tables[cell.features]
        self._given[cell.key] = cell
        return PoolTask(cell.key, lambda actor: actor.run_cell.remote(cell.cell, cell.key, table))

    def exhausted(self) -> bool:
        """Whether neither a cell nor an encoding is left."""
        return not (self._ready or self._to_encode or self._encoding)

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

    def _share(self, digest: str) -> bool:
        """Puts stored features into shared memory, once for all actors; False if there are none."""
        table = self.load_features(digest)
        if table is None:
            return False
        self._tables[digest] = ray.put(table)
        return True


@dataclass
class Driver:
    """Runs the cells of a plan on a pool of oracle actors.

    Attributes:
        plan: what is to be run.
        store: where results go.
        setup: what each actor loads.
        limits: resources of the actors.
        display: told what happens.
        on_trace: told every trace that was stored, finished or failed.
    """

    plan: Plan
    store: Store
    setup: WorkerSetup
    limits: PoolLimits
    display: RunDisplay
    on_trace: Callable[[PlannedCell, Trace], None] = lambda _cell, _trace: None
    _finished: list[PlannedCell] = field(default_factory=list)
    _failed: list[tuple[PlannedCell, str]] = field(default_factory=list)

    def run(self) -> RunSummary:
        """Runs everything the store lacks; failures don't stop the rest.

        Raises:
            PoolError: no actor can be started.
        """
        source = CellSource(self.plan.to_run(), self._load_features)
        listener = PoolListener(
            on_start=lambda task: self._started(source, task),
            on_progress=lambda task, value: self.display.advanced(task.id, value),
            on_event=self.display.say,
        )
        factory = OracleActorFactory(self.setup, self.limits.cpus, self.limits.gpus)
        with ActorPool(factory, self.limits, listener) as pool:
            for outcome in pool.run(source):
                self._handle(source, outcome)
        return RunSummary(tuple(self._finished), tuple(self._failed))

    def _started(self, source: CellSource, task: PoolTask) -> None:
        cell = source.cell_of(task)
        if cell is None:
            self.display.say("encoding the images of a test split, once for all cells")
        else:
            self.display.started(cell)

    def _handle(self, source: CellSource, outcome: Outcome) -> None:
        cell = source.cell_of(outcome.task)
        if cell is None:
            for stranded in source.encoded(outcome):
                self._fail(stranded, outcome.error or "its image features were not stored")
        elif outcome.error:  # the actor died, or could not even store the failure
            self._fail(cell, outcome.error)
        elif outcome.value.status == "failed":
            self._note_failure(cell, self.store.failed(cell.key), outcome.value.error)
        else:
            self._finished.append(cell)
            self.display.ended(cell, "")
            self.on_trace(cell, self.store.finished(cell.key))

    def _fail(self, cell: PlannedCell, error: str) -> None:
        """Stores a failure that the actor could not store itself."""
        trace = Trace(cell.key, cell.cell.model_dump(mode="json"), "failed", points=(), error=error)
        self.store.save(trace)
        self._note_failure(cell, trace, _last_line(error))

    def _note_failure(self, cell: PlannedCell, trace: Trace, error: str) -> None:
        self._failed.append((cell, error))
        self.display.ended(cell, error)
        self.on_trace(cell, trace)

    def _load_features(self, digest: str) -> FeatureTable | None:
        data = self.store.features(digest)
        return None if data is None else FeatureTable.from_bytes(data)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "unknown error"
