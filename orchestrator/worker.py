"""Runs cells with one model in memory: builds the trial, checkpoints it, stores its trace."""

from __future__ import annotations

import platform
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Any, Literal
from uuid import uuid4

import torch

from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.sampling import ShortClasses
from benchmarks.datasets.skipping import SkippingUnreadable
from benchmarks.datasets.without_test import WithoutTest
from benchmarks.preprocessing import Preprocessing
from benchmarks.protocols import Part, Task, evaluation_task, protocol_named, split_digest
from methods.interface import Method, Problem, Settings
from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.checkpoint import Checkpoints, TrialStopped
from orchestrator.encoders import MaeEncoder, load_encoder, resolve_encoder
from orchestrator.errors import UserError
from orchestrator.feature_cache import FeatureCache
from orchestrator.leases import Lease, LeaseLost, Leases
from orchestrator.masking import masked
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.oracle.clip import ClipOracle, load_clip
from orchestrator.oracle.features import FeatureTable, ImageSplit
from orchestrator.oracle.ledger import Ledger
from orchestrator.precision import Precision
from orchestrator.storage import Patience, StorageDown, open_storage
from orchestrator.store import Store, StoredCheckpoints
from orchestrator.trace import Point, Status, Trace
from orchestrator.train_features import PlainFeatures, TrainFeatures, ViewFeatures
from orchestrator.train_stream import TrainStream
from orchestrator.transfers import load_prompt, prompt_lost, save_prompt
from orchestrator.trial import Trial
from orchestrator.trial_data import EvaluationSplit, TrialData, tested_features


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs once, before its first cell.

    Attributes:
        backbone: the model behind the oracle.
        precision: number format of its arithmetic.
        store: location of the store.
        data_root: the folder or location that holds the datasets.
        short_classes: what to do with classes that have fewer images than shots.
        own_datasets: the user's own datasets.
        unreadable: images to leave out, by dataset.
        threads: CPU threads for the model.
        checkpoint_interval: seconds between two checkpoints of a trial.
        patience: seconds to wait for a store that doesn't answer.
        run: the run that it works for; other runs on the same store keep off its cells.
        store_identity: what the driver's store calls itself; None to take any.
    """

    backbone: ResolvedBackbone
    precision: Precision
    store: str
    data_root: str
    short_classes: ShortClasses
    own_datasets: tuple[OwnDataset, ...] = ()
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    threads: int = 1
    checkpoint_interval: float = 10.0
    patience: float = 3600.0
    run: str = field(default_factory=lambda: uuid4().hex)
    store_identity: str | None = None


@dataclass(frozen=True)
class CellOutcome:
    """How a cell ended, or where it waits.

    Attributes:
        key: the cell's key.
        status: `finished` or `failed`; the store has the trace or the traceback. `paused` after a
            measurement, or `stopped` because `stop` was called; the store has a checkpoint.
            `elsewhere` while another run works on it.
        queries: queries spent by the method.
        error: last line of the traceback of a failed cell.
        points: the trace of a paused cell so far.
        found: whether another run has finished it in the meantime.
    """

    key: str
    status: Status | Literal["paused", "stopped", "elsewhere"]
    queries: int
    error: str = ""
    points: tuple[Point, ...] = ()
    found: bool = False


@dataclass(frozen=True)
class Progress:
    """What a worker says while it runs a cell.

    Attributes:
        queries: queries spent by the method.
        notices: what a person should know, such as that the store doesn't answer.
    """

    queries: int
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Started:
    """A cell whose trial is in memory."""

    cell: Cell
    key: str
    task: Task
    trial: Trial


class Worker:
    """Holds a model and runs one cell after another.

    Args:
        setup: what to load and where to store.

    Raises:
        UserError: the model can't be loaded, or this host sees another store than the driver.
    """

    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._clip = load_clip(setup.backbone, setup.precision, self._device)
        self._encoders: dict[str, MaeEncoder] = {}
        self._notices: list[str] = []
        patience = Patience(limit=setup.patience, introduction=setup.patience)
        self._store = Store(open_storage(setup.store, patience, self._notices.append))
        _check_shared(self._store, setup.store_identity)
        self._leases = Leases.of_process(open_storage(setup.store, patience), setup.run)
        self._lease: Lease | None = None
        self._features = FeatureCache(self._store, setup.backbone.digest, setup.precision)
        self._queries = 0
        self._paused: _Started | None = None
        self._stopped = False

    def stop(self) -> None:
        """Lets the running cell end with a checkpoint after its next step, and every later one."""
        self._stopped = True

    @property
    def queries(self) -> int:
        """Queries that the running cell has spent."""
        return self._queries

    def progress(self) -> Progress:
        """How far the running cell is, with what is to be told for the first time."""
        told = tuple(self._notices)
        del self._notices[: len(told)]
        return Progress(self._queries, told)

    def encode_test_split(self, dataset_name: str, digest: str) -> None:
        """Stores the features of a dataset's test split under their digest.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        torch.set_num_threads(self._setup.threads)  # the last digits depend on it
        task = evaluation_task(self._open(dataset_name))
        oracle = ClipOracle(self._clip, task.class_names, Ledger(), Ledger())
        split = ImageSplit(task.dataset, task.test, preprocessing_of(self._setup.backbone, "none"))
        self._features.encode(digest, split, oracle.encode_images)

    def run_cell(self, cell: Cell, key: str, table: FeatureTable) -> CellOutcome:
        """Runs a cell to its end, from its checkpoint if there is one, and stores its trace.

        A cell that another run works on, or has finished, is left alone; one whose result is there
        but not its prompt runs again. An error of the cell is stored with its traceback and
        reported, never raised.

        Args:
            cell: what to run.
            key: names its result.
            table: features of the dataset's whole test split.
        """
        self._begin()
        with self._leases.held(key) as lease:
            if lease is None:
                return CellOutcome(key, "elsewhere", 0)
            if self._store.is_finished(key) and not prompt_lost(self._store, cell, key):
                return CellOutcome(key, "finished", 0, found=True)
            self._lease = lease
            return self._run_leased(cell, key, table)

    def _run_leased(self, cell: Cell, key: str, table: FeatureTable) -> CellOutcome:
        started = None
        try:
            started = self._start(cell, key, table)
            started.trial.run()
        except LeaseLost:
            return CellOutcome(key, "elsewhere", self._queries)
        except StorageDown:
            raise
        except TrialStopped:
            return CellOutcome(key, "stopped", self._queries)
        except Exception:
            return self._end(self._failure(cell, key, started))
        finally:
            self._lease = None
        return self._end(self._finish(started))

    def advance_cell(self, cell: Cell, key: str) -> CellOutcome:
        """Runs a blind cell to its next measurement, where it waits in memory and as a checkpoint.

        A cell that goes on from a checkpoint first reports what that has measured. Errors are
        stored and reported as by `run_cell`.
        """
        self._begin()
        started, self._paused = self._paused, None
        try:
            if started is None or started.key != key:
                started = None
                started = self._start(cell, key, None)
                measured = bool(started.trial.points)
            else:
                measured = False
            if measured or started.trial.run_to_measurement():
                return self._pause(started)
        except StorageDown:
            raise
        except TrialStopped:
            return CellOutcome(key, "stopped", self._queries)
        except Exception:
            return self._end(self._failure(cell, key, started))
        return self._end(self._finish(started))

    def _begin(self) -> None:
        torch.set_num_threads(self._setup.threads)  # a setting of the calling thread
        self._queries = 0

    def _pause(self, started: _Started) -> CellOutcome:
        if started.trial.checkpoints is not None:
            started.trial.checkpoints.save(started.trial.snapshot())
        self._paused = started
        queries = started.trial.oracle.method.queries
        return CellOutcome(started.key, "paused", queries, points=started.trial.points)

    def _end(self, trace: Trace) -> CellOutcome:
        self._store.save(trace)
        last_line = trace.error.strip().splitlines()[-1] if trace.error else ""
        queries = trace.ledgers["method"]["queries"] if trace.ledgers else self._queries
        return CellOutcome(trace.key, trace.status, queries, last_line)

    def _failure(self, cell: Cell, key: str, started: _Started | None) -> Trace:
        """What a crashed trial leaves; its queries were spent, so its ledgers are kept."""
        spent = None if started is None else started.trial.result()
        return Trace(
            key=key,
            cell=cell.model_dump(mode="json"),
            status="failed",
            points=(),
            ledgers={} if spent is None else spent.ledgers,
            timing={} if spent is None else _timing(spent.seconds, self._queries),
            provenance=self._provenance(),
            error=masked(traceback.format_exc()),
        )

    def _start(self, cell: Cell, key: str, table: FeatureTable | None) -> _Started:
        task = self._task(cell)
        oracle = ClipOracle(self._clip, task.class_names, Ledger(limit=cell.budget), Ledger())
        data = self._data(cell, task, oracle, table)
        checkpoints = Checkpoints(
            StoredCheckpoints(self._store, key),
            self._setup.checkpoint_interval,
            stopped=lambda: self._stopped,
        )
        trial = Trial(
            method=self._method(cell, task, oracle, data),
            oracle=oracle,
            data=data,
            evaluations=cell.evaluation.points,
            checkpoints=checkpoints,
            on_progress=self._note_progress,
        )
        snapshot = checkpoints.latest(lambda text: self._note_damage(key, text))
        if snapshot is not None:
            trial.resume(snapshot)
        return _Started(cell, key, task, trial)

    def _finish(self, started: _Started) -> Trace:
        result = started.trial.result()
        if started.trial.data.train is not None and not started.cell.blind:
            save_prompt(self._store, started.key, started.trial.method.state())
        return Trace(
            key=started.key,
            cell=started.cell.model_dump(mode="json"),
            status="finished",
            points=result.points,
            ledgers=result.ledgers,
            timing=_timing(result.seconds, started.trial.oracle.method.queries),
            provenance={
                **self._provenance(),
                "split": split_digest(started.task, SPLIT),
                "dataset_remark": started.task.dataset.remark(),
            },
        )

    def _task(self, cell: Cell) -> Task:
        dataset = self._open(cell.dataset)
        dataset = WithoutTest(dataset) if cell.blind else dataset
        shots = 0 if cell.source else cell.shots
        protocol = protocol_named(cell.protocol)
        return protocol.task(dataset, shots, cell.seed, self._setup.short_classes)

    def _data(
        self, cell: Cell, task: Task, oracle: ClipOracle, table: FeatureTable | None
    ) -> TrialData:
        backbone = self._setup.backbone
        plain = preprocessing_of(backbone, "none")
        kind, settings = _method(cell)
        size = kind.image_size(oracle.space, settings)
        shown = replace(plain, size=size)  # tables hold features of plain images of the full size
        evaluation = {} if table is None else self._tested(task, oracle, table, shown)
        if not task.train:
            return TrialData(None, evaluation)

        def encoded(part: Part, split: ImageSplit) -> FeatureTable:
            images = split_digest(task, (part,))
            return self._features.table(images, split, oracle.encode_images)

        if task.val:
            val = ImageSplit(task.dataset, task.val, plain)
            shown_val = replace(val, preprocessing=shown)
            evaluation["val"] = EvaluationSplit(shown_val, encoded("val", val))
        augmented = replace(shown, augmentation=cell.augmentation)
        train = ImageSplit(task.dataset, task.train, augmented)
        features: TrainFeatures = PlainFeatures(train, partial(encoded, "train"))
        if cell.views:
            features = ViewFeatures(train, oracle.encode_images, cell.views, cell.seed)
        stream = TrainStream(train, features, cell.batch_size, cell.seed)
        return TrialData(stream, evaluation)

    def _tested(
        self, task: Task, oracle: ClipOracle, table: FeatureTable, shown: Preprocessing
    ) -> dict[str, EvaluationSplit]:
        """What is tested on: the trial's own classes, and those it was not trained on."""
        test = ImageSplit(task.dataset, task.test, shown)
        splits = {"test": EvaluationSplit(test, tested_features(table, task))}
        if task.new is not None:
            new = ImageSplit(task.dataset, task.new.test, shown)
            others = ClipOracle(self._clip, task.new.class_names, Ledger(limit=0), oracle.observer)
            splits["new"] = EvaluationSplit(new, tested_features(table, task.new), others)
        return splits

    def _method(self, cell: Cell, task: Task, oracle: ClipOracle, data: TrialData) -> Method:
        kind, settings = _method(cell)
        name = kind.encoder_name(settings)
        problem = Problem(
            space=oracle.space,
            classes=len(task.class_names),
            templates=task.dataset.card.templates,
            batches_per_epoch=data.train.batches_per_epoch if data.train else 1,
            budget=cell.budget,
            seed=cell.seed,
            encoder=None if name is None else self._encoder(name),
        )
        method = kind(problem, settings)
        if cell.source is not None:
            method.load(load_prompt(self._store, cell.source))
        return method

    def _open(self, dataset: str) -> Dataset:
        setup = self._setup
        opened = open_dataset(dataset, setup.data_root, setup.own_datasets)
        left_out = setup.unreadable.get(dataset)
        return SkippingUnreadable(opened, left_out) if left_out else opened

    def _encoder(self, name: str) -> MaeEncoder:
        """A method's own encoder, loaded once for all cells."""
        if name not in self._encoders:
            self._encoders[name] = load_encoder(resolve_encoder(name), self._device)
        return self._encoders[name]

    def _note_damage(self, key: str, text: str) -> None:
        self._notices.append(
            f"{text} of cell {key[:12]}: it goes on from the last good one, if any"
        )

    def _note_progress(self, queries: int) -> None:
        self._queries = queries
        if self._lease is not None and self._lease.lost:
            raise LeaseLost

    def _provenance(self) -> dict[str, Any]:
        gpu = torch.cuda.get_device_name() if self._device.type == "cuda" else ""
        return {
            "host": platform.node(),
            "machine": gpu or f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
            "python": platform.python_version(),
            "packages": {name: version(name) for name in _PACKAGES},
            "backbone": self._setup.backbone.label,
        }


SPLIT: tuple[Part, ...] = ("train", "val", "test")
"""Whose digest a trace keeps, so that a report can show that methods saw the same images."""

_PACKAGES = ("promptbench", "torch", "open_clip_torch", "numpy", "ray")


def _check_shared(store: Store, identity: str | None) -> None:
    """Refuses a folder of the same name that is not the driver's: its results would be lost."""
    if identity is not None and store.identity() != identity:
        raise UserError(
            f"the store {store.storage.location} on {platform.node()} is not the one that the "
            f"driver uses. Give a folder that all nodes share, or s3://BUCKET/PREFIX."
        )


def _method(cell: Cell) -> tuple[type[Method], Settings]:
    kind = method_class(cell.method.name)
    return kind, kind.settings_type.model_validate(cell.method.settings)


def _timing(seconds: dict[str, float], queries: int) -> dict[str, float]:
    total = sum(seconds.values())
    timing = {**seconds, "total": total}
    if queries:
        training = total - seconds.get("evaluation", 0.0)
        timing["seconds_per_query"] = training / queries
    return timing
