"""Runs cells with one model in memory: leases them, checkpoints their trials, stores traces.

Whoever makes a `Worker` on another machine imports this module, so it imports what loads and runs
models only when a worker is made.
"""

from __future__ import annotations

import platform
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.protocols import Task
from orchestrator.cell import Cell
from orchestrator.errors import UserError, last_line
from orchestrator.masking import masked
from orchestrator.oracle.remote.service import Caller, Stopped
from orchestrator.pixels.cache.pixel_cache import opened
from orchestrator.store.leases import Lease, LeaseLost, Leases
from orchestrator.store.storage import Patience, StorageDown, open_storage
from orchestrator.store.store import Store
from orchestrator.store.trace import Trace
from orchestrator.trial.messages import CellOutcome, Progress, TrialStopped, WorkerSetup

if TYPE_CHECKING:
    from orchestrator.oracle.features import FeatureTable
    from orchestrator.trial.trial import Trial


@dataclass(frozen=True)
class _Started:
    """A cell whose trial is in memory."""

    cell: Cell
    key: str
    task: Task
    trial: Trial


class Worker:
    """Holds a model and runs one cell after another.

    Raises:
        UserError: the model can't be loaded, this host sees another store than the driver, or it
            lacks a method or a dataset of another package.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        from orchestrator.trial.factory import TrialFactory
        from orchestrator.trial.outside import check_outside

        check_outside(setup.outside_methods, setup.outside_datasets)
        self._setup = setup
        self._stopped = False
        self._notices: list[str] = []
        patience = Patience(limit=setup.patience, introduction=setup.patience)
        self._store = Store(open_storage(setup.store, patience, self._notices.append))
        _check_shared(self._store, setup.store_identity)
        self._leases = Leases.of_process(open_storage(setup.store, patience), setup.run)
        self._lease: Lease | None = None
        packs = opened(setup.pixel_cache, self._notices.append)
        self._factory = TrialFactory(setup, self._store, self._caller(), packs)
        self._queries = 0
        self._remarks = self._factory.box.remarks
        self._paused: _Started | None = None

    def stop(self) -> None:
        """Stops the running cell after its next step, with a checkpoint; later cells likewise."""
        self._stopped = True

    def progress(self) -> Progress:
        """How far the running cell is, with what is to be told for the first time."""
        told = tuple(self._notices)
        del self._notices[: len(told)]
        return Progress(self._queries, told, self._remarks)

    def encode_test_split(self, dataset_name: str, digest: str) -> None:
        """Stores the features of a dataset's test split under their digest.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            OtherImages: the digest is that of other images than this host has.
        """
        self._factory.use_threads()  # the last digits depend on it
        self._factory.encode_test_split(dataset_name, digest)

    def run_cell(
        self, cell: Cell, key: str, table: FeatureTable | None, split: str = ""
    ) -> CellOutcome:
        """Runs a cell to its end, from its checkpoint if there is one, and stores its trace.

        A cell that another run works on, or has finished, is left alone; one whose result is there
        but not its prompt runs again. An error of the cell is stored with its traceback and
        reported, never raised.

        Args:
            cell: the cell.
            key: the key of its result.
            table: the features of the dataset's whole test split; None of a service.
            split: digest of its images as they were planned; it fails where this host has others.
                "" takes any.

        Raises:
            StorageDown: the store has not answered for too long.
        """
        self._begin()
        with self._leases.held(key) as lease:
            if lease is None:
                return CellOutcome(key, "elsewhere", 0)
            if self._store.is_finished(key) and not _prompt_lost(self._store, cell, key):
                return CellOutcome(key, "finished", 0, found=True)
            self._lease = lease
            try:
                return self._attempt(cell, key, table, split, pauses=False)
            finally:
                self._lease = None

    def advance_cell(self, cell: Cell, key: str, split: str = "") -> CellOutcome:
        """Runs a blind cell to its next measurement, where it waits in memory and as a checkpoint.

        A cell that goes on from a checkpoint first reports what that has measured. Errors are
        stored and reported as by `run_cell`, which has the same arguments.

        Raises:
            StorageDown: the store has not answered for too long.
        """
        self._begin()
        return self._attempt(cell, key, None, split, pauses=True)

    def _attempt(
        self, cell: Cell, key: str, table: FeatureTable | None, split: str, *, pauses: bool
    ) -> CellOutcome:
        """Runs a cell to its end or, if it pauses, to its next measurement.

        Raises:
            StorageDown: the store has not answered for too long.
        """
        started = None
        try:
            started, waits = self._waiting(key), False
            if started is None:
                started = self._start(cell, key, table, split)
                waits = pauses and bool(started.trial.points)  # measured before its checkpoint
            if not pauses:
                started.trial.run()
            elif waits or started.trial.run_to_measurement():
                return self._pause(started)
            self._check_unchanged(started, split)
        except LeaseLost:
            return CellOutcome(key, "elsewhere", self._queries)
        except StorageDown:
            raise
        except (TrialStopped, Stopped):
            return CellOutcome(key, "stopped", self._queries)
        except Exception:
            return self._end(self._failure(cell, key, started))
        return self._end(self._finish(started, split))

    def _waiting(self, key: str) -> _Started | None:
        """The trial that waits in memory, if it is this cell's; any other one is let go of."""
        paused, self._paused = self._paused, None
        return paused if paused is not None and paused.key == key else None

    def _caller(self) -> Caller:
        """Who asks a service: it passes the run's gate, and waits as long as for a store."""
        return Caller(
            self._setup.gate, self._notices.append, self._setup.patience, lambda: self._stopped
        )

    def _begin(self) -> None:
        self._factory.use_threads()  # a setting of the calling thread
        self._queries = 0

    def _pause(self, started: _Started) -> CellOutcome:
        if started.trial.checkpoints is not None:
            started.trial.checkpoints.save(started.trial.snapshot())
        self._paused = started
        queries = started.trial.oracle.method.queries
        return CellOutcome(started.key, "paused", queries, points=tuple(started.trial.points))

    def _end(self, trace: Trace) -> CellOutcome:
        self._store.save(trace)
        queries = int(trace.ledgers["method"]["queries"]) if trace.ledgers else self._queries
        error = last_line(trace.error) if trace.error else ""
        return CellOutcome(trace.key, trace.status, queries, error, remarks=self._remarks)

    def _failure(self, cell: Cell, key: str, started: _Started | None) -> Trace:
        """What a crashed trial leaves; its queries were spent, so its ledgers are kept."""
        trial = None if started is None else started.trial
        return Trace(
            key=key,
            cell=cell.model_dump(mode="json"),
            status="failed",
            points=(),
            ledgers=trial.ledgers if trial else {},
            timing=_timing(trial) if trial else {},
            provenance=self._factory.provenance(),
            error=self._factory.box.publishable(masked(traceback.format_exc())),
        )

    def _start(self, cell: Cell, key: str, table: FeatureTable | None, split: str) -> _Started:
        from orchestrator.trial.checkpoint import Checkpoints
        from orchestrator.trial.trial import Trial

        task = self._factory.task(cell)
        self._factory.check_images(cell, task, split)
        box = self._factory.open(cell, task, key)
        self._remarks = (*self._factory.box.remarks, *box.oracle.remarks)
        data = self._factory.data(cell, task, box, table)
        interval = self._setup.checkpoint_interval
        checkpoints = Checkpoints(
            self._store,
            key,
            interval,
            stopped=lambda: self._stopped,
            cell=cell.model_dump(mode="json"),
        )
        trial = Trial(
            method=self._factory.method(cell, task, box.oracle, data),
            oracle=box.oracle,
            data=data,
            evaluations=cell.evaluation.points,
            marks=cell.evaluation.at,
            checkpoints=checkpoints,
            on_progress=self._note_progress,
        )
        snapshot = checkpoints.latest(
            lambda text: self._notices.append(
                f"{text} of cell {key[:12]}: it goes on from the last good one, if any"
            )
        )
        if snapshot is not None:
            trial.resume(snapshot)
        return _Started(cell, key, task, trial)

    def _check_unchanged(self, started: _Started, split: str) -> None:
        """Refuses what was made while images changed: it is of neither version, nor is its state.

        Raises:
            OtherImages: they have changed.
        """
        from orchestrator.trial.factory import OtherImages

        try:
            self._factory.check_images(started.cell, started.task, split)
        except OtherImages:
            self._store.forget_checkpoints(started.key)
            raise

    def _finish(self, started: _Started, split: str) -> Trace:
        from orchestrator.trial.trained_prompts import save_prompt

        trial, cell = started.trial, started.cell
        if not cell.blind:
            around = self._factory.surroundings(cell, started.task, trial.oracle)
            self._store.save_surroundings(started.key, around.model_dump(mode="json"))
        if trial.data.train is not None and not cell.blind:
            save_prompt(self._store, started.key, trial.method.state())
        return Trace(
            key=started.key,
            cell=started.cell.model_dump(mode="json"),
            status="finished",
            points=tuple(trial.points),
            ledgers=trial.ledgers,
            timing=_timing(trial),
            provenance={
                **self._factory.provenance(),
                **self._factory.data_provenance(started.cell, started.task, split),
                "deployment": trial.deployment,
                "train_images": len(started.task.train),
            },
        )

    def _note_progress(self, queries: int) -> None:
        self._queries = queries
        if self._lease is not None and self._lease.lost:
            raise LeaseLost


def _prompt_lost(store: Store, cell: Cell, key: str) -> bool:
    """Whether a finished cell should have left a prompt, and there is none."""
    return cell.queries > 0 and not cell.blind and store.prompt(key) is None


def _check_shared(store: Store, identity: str | None) -> None:
    """Refuses a folder of the same name that is not the driver's: its results would be lost."""
    if identity is not None and store.identity() != identity:
        raise UserError(
            f"the store {store.storage.location} on {platform.node()} is not the one that the "
            f"driver uses. Give a folder that all nodes share, or s3://BUCKET/PREFIX."
        )


def _timing(trial: Trial) -> dict[str, float]:
    total, queries = sum(trial.seconds.values()), trial.oracle.method.queries
    timing = {**trial.seconds, "total": total}
    if queries:
        timing["seconds_per_query"] = (total - timing.get("evaluation", 0.0)) / queries
    return timing
