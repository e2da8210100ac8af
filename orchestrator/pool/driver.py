"""Feeds what the store lacks to the pool cell by cell, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from orchestrator.errors import last_line
from orchestrator.masking import masked
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.plan import PlannedCell
from orchestrator.pool.actors import OracleActorFactory
from orchestrator.pool.display import RunDisplay
from orchestrator.pool.interrupts import first_interrupt
from orchestrator.pool.pool import ActorPool, Outcome, PoolListener, PoolTask
from orchestrator.pool.queue import CellQueue
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.trial.messages import Progress, WorkerSetup


@dataclass(frozen=True)
class RunSummary:
    """How a run ended.

    Attributes:
        finished: cells that finished in this run.
        failed: cells that failed in this run, with the last line of their error.
    """

    finished: tuple[PlannedCell, ...] = ()
    failed: tuple[tuple[PlannedCell, str], ...] = ()

    def __add__(self, other: RunSummary) -> RunSummary:
        return RunSummary(self.finished + other.finished, self.failed + other.failed)


@dataclass
class Driver:
    """Runs cells on a pool of oracle actors, which all hold the same model.

    Attributes:
        cells: what is to be run, in order.
        store: where results go.
        setup: what each actor loads.
        limits: resources of the actors.
        display: told what happens.
        on_trace: told every trace that was stored, finished or failed.
        actors: makes the factory of actors from set-up, CPUs and GPUs.
    """

    cells: tuple[PlannedCell, ...]
    store: Store
    setup: WorkerSetup
    limits: PoolLimits
    display: RunDisplay
    on_trace: Callable[[PlannedCell, Trace], None] = lambda _cell, _trace: None
    actors: Callable[[WorkerSetup, float, float], Callable[[], Any]] = OracleActorFactory
    _finished: list[PlannedCell] = field(default_factory=list)
    _failed: list[tuple[PlannedCell, str]] = field(default_factory=list)
    _left: set[str] = field(default_factory=set)
    _remarks: set[str] = field(default_factory=set)

    def run(self) -> RunSummary:
        """Runs everything the store lacks; failures don't stop the rest.

        Raises:
            PoolError: no actor can be started.
            KeyboardInterrupt: somebody interrupted the run; running cells have a checkpoint.
        """
        queue = CellQueue(self.cells, self._load_features)
        listener = PoolListener(
            on_start=lambda task: self._started(queue, task),
            on_progress=self._progressed,
            on_event=self.display.say,
        )
        factory = self.actors(self.setup, self.limits.cpus, self.limits.gpus)
        with ActorPool(factory, self.limits, listener) as pool, first_interrupt(pool.stop):
            for outcome in pool.run(queue):
                self._handle(queue, outcome)
        if pool.stopping:
            raise KeyboardInterrupt
        return RunSummary(tuple(self._finished), tuple(self._failed))

    def _started(self, queue: CellQueue, task: PoolTask) -> None:
        cell = queue.cell_of(task)
        if cell is None:
            self.display.say("encoding the images of a test split, once for all cells")
        else:
            self.display.started(cell)

    def _progressed(self, task: PoolTask, progress: Progress) -> None:
        self.display.advanced(task.id, progress.queries)
        for notice in progress.notices:
            self.display.say(notice)
        for remark in progress.remarks:  # of every actor, each time
            if remark not in self._remarks:
                self._remarks.add(remark)
                self.display.say(remark)

    def _handle(self, queue: CellQueue, outcome: Outcome) -> None:
        cell = queue.cell_of(outcome.task)
        if cell is None:
            for stranded in queue.encoded(outcome):
                self._fail(queue, stranded, outcome.error or "its image features were not stored")
        elif outcome.error:  # the actor died, or could not even store the failure
            self._fail(queue, cell, outcome.error)
        elif outcome.value.status == "elsewhere":
            queue.leave(cell)
            self._leave(cell)
        elif outcome.value.status == "stopped":
            self.display.say(f"stopped  {cell.title} at {outcome.value.queries} queries")
        elif outcome.value.status == "failed":
            self._note_failure(queue, cell, self.store.failed(cell.key), outcome.value.error)
        else:
            self._finished.append(cell)
            self.display.ended(cell, "", found=outcome.value.found)
            self.on_trace(cell, self.store.finished(cell.key))
            queue.ended(cell, failed=False)

    def _leave(self, cell: PlannedCell) -> None:
        self.display.left(cell)
        if cell.key not in self._left:
            self._left.add(cell.key)
            self.display.say(f"elsewhere {cell.title}: another run works on it")

    def _fail(self, queue: CellQueue, cell: PlannedCell, error: str) -> None:
        """Stores a failure that the actor could not store itself."""
        error = masked(error)
        trace = Trace(cell.key, cell.cell.model_dump(mode="json"), "failed", points=(), error=error)
        self.store.save(trace)
        self._note_failure(queue, cell, trace, last_line(error))

    def _note_failure(self, queue: CellQueue, cell: PlannedCell, trace: Trace, error: str) -> None:
        self._failed.append((cell, error))
        self.display.ended(cell, error)
        self.on_trace(cell, trace)
        for waiting in queue.ended(cell, failed=True):
            self._fail(queue, waiting, f"its prompt comes from {cell.title}, which failed")

    def _load_features(self, digest: str) -> FeatureTable | None:
        data = self.store.features(digest)
        return None if data is None else FeatureTable.from_bytes(data)
