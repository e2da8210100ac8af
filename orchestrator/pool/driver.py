"""Feeds what the store lacks to the pool cell by cell, and nothing twice."""

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
from orchestrator.pool.pool import ActorPool, Outcome, PoolTask
from orchestrator.pool.queue import CellQueue
from orchestrator.pool.run_gate import RunGate
from orchestrator.pool.slots import PoolLimits
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.trial.messages import Progress, WorkerSetup


@dataclass
class Driver:
    """Runs cells on a pool of oracle actors, which all hold the same model.

    Attributes:
        cells: what is to be run, in order.
        store: where results go.
        setup: what each actor loads.
        limits: resources of the actors.
        display: told what happens.
        on_end: told every cell whose trace was stored, finished or failed.
        actors: makes the factory of actors from set-up, CPUs and GPUs.
    """

    cells: tuple[PlannedCell, ...]
    store: Store
    setup: WorkerSetup
    limits: PoolLimits
    display: RunDisplay
    on_end: Callable[[PlannedCell], None] = lambda _: None
    actors: Callable[[WorkerSetup, float, float], Callable[[], Any]] = OracleActorFactory
    _queue: CellQueue = field(init=False)
    _pool: ActorPool | None = None
    _failed: list[tuple[PlannedCell, str]] = field(default_factory=list)
    _left: set[str] = field(default_factory=set)
    _remarks: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._queue = CellQueue(self.cells, self._load_features)

    def run(self) -> list[tuple[PlannedCell, str]]:
        """Runs all cells; returns those that failed, with the last line of their error.

        Raises:
            PoolError: no actor can be started.
            KeyboardInterrupt: somebody interrupted the run; running cells have a checkpoint.
        """
        factory = self.actors(self.setup, self.limits.cpus, self.limits.gpus)
        pool = self._pool = ActorPool(
            factory, self.limits, self._started, self._progressed, on_event=self.display.say
        )
        with pool, first_interrupt(pool.stop):
            for outcome in pool.run(self._queue):
                self._handle(outcome)
        if pool.stopping:
            raise KeyboardInterrupt
        return self._failed

    def _started(self, task: PoolTask) -> None:
        cell = self._queue.cell_of(task)
        if cell is None:
            self.display.say("encoding the images of a test split, once for all cells")
        else:
            self._tell_actors()
            self.display.started(cell)

    def _progressed(self, task: PoolTask, progress: Progress) -> None:
        self._tell_actors()
        self.display.advanced(task.id, progress.queries)
        for notice in progress.notices:
            self.display.say(notice)
        self._remark(progress.remarks)
        if isinstance(self.setup.gate, RunGate):
            self.display.waits(self.setup.gate.standing().text)

    def _tell_actors(self) -> None:
        if self._pool is not None:
            self.display.actors(self._pool.slots.expected)

    def _remark(self, remarks: tuple[str, ...]) -> None:
        for remark in remarks:  # of every actor, each time
            if remark not in self._remarks:
                self._remarks.add(remark)
                self.display.say(remark)

    def _handle(self, outcome: Outcome) -> None:
        cell = self._queue.cell_of(outcome.task)
        if cell is not None and not outcome.error:
            self._remark(outcome.value.remarks)
        if cell is None:
            for stranded in self._queue.encoded(outcome):
                self._fail(stranded, outcome.error or "its image features were not stored")
        elif outcome.error:  # the actor died, or could not even store the failure
            self._fail(cell, outcome.error)
        elif outcome.value.status == "elsewhere":
            self._queue.leave(cell)
            self._leave(cell)
        elif outcome.value.status == "stopped":
            self.display.say(f"stopped  {cell.title} at {outcome.value.queries} queries")
        elif outcome.value.status == "failed":
            self._note_failure(cell, outcome.value.error)
        else:
            self.display.ended(cell, "", found=outcome.value.found)
            self.on_end(cell)
            self._queue.ended(cell, failed=False)

    def _leave(self, cell: PlannedCell) -> None:
        self.display.left(cell)
        if cell.key not in self._left:
            self._left.add(cell.key)
            self.display.say(f"elsewhere {cell.title}: another run works on it")

    def _fail(self, cell: PlannedCell, error: str) -> None:
        """Stores a failure that the actor could not store itself."""
        error = masked(error)
        trace = Trace(cell.key, cell.cell.model_dump(mode="json"), "failed", points=(), error=error)
        self.store.save(trace)
        self._note_failure(cell, last_line(error))

    def _note_failure(self, cell: PlannedCell, error: str) -> None:
        self._failed.append((cell, error))
        self.display.ended(cell, error)
        self.on_end(cell)
        for waiting in self._queue.ended(cell, failed=True):
            self._fail(waiting, f"its prompt comes from {cell.title}, which failed")

    def _load_features(self, digest: str) -> FeatureTable | None:
        data = self.store.features(digest)
        return None if data is None else FeatureTable.from_bytes(data)
