"""Builds the parts of a cell's trial: its task, its images, its oracle and its method."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self

import torch

from benchmarks.datasets.interface import SPLITS, Dataset, Split
from benchmarks.datasets.registry import dataset_classes, open_dataset, outside_place
from benchmarks.datasets.views import DatasetView
from benchmarks.preprocessing import Preprocessing
from benchmarks.protocols import Task, evaluation_task, protocol_named, split_digest
from methods.interface import Method, Problem, Settings
from methods.outside_facts import outside_facts
from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.interface import Oracle
from orchestrator.oracle.remote.service import Caller
from orchestrator.oracle.tables import Table
from orchestrator.pixels.feed import Feed
from orchestrator.pixels.packs import Nothing, Packs
from orchestrator.pixels.split import ImageSplit
from orchestrator.store.store import Store
from orchestrator.trial.black_box import BlackBox, OpenBox
from orchestrator.trial.code_fingerprints import fingerprints
from orchestrator.trial.data import EvaluationSplit, TrialData, parts_of, tested_rows
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.named_images import NamedImages
from orchestrator.trial.other_weights import other_weights
from orchestrator.trial.surroundings import Surroundings
from orchestrator.trial.train_stream import PlainFeatures, TrainFeatures, TrainStream, ViewFeatures
from orchestrator.trial.trained_prompts import load_prompt

if TYPE_CHECKING:
    from orchestrator.oracle.mae_encoder import MaeEncoder

_PACKAGES = ("querycurve", "torch", "open_clip_torch", "numpy", "ray")


class OtherImages(UserError):
    """The images of a dataset on this host are not those that were planned."""

    @classmethod
    def of(cls, dataset: str) -> Self:
        """The error that names dataset and host."""
        return cls(
            f"dataset {dataset}: the images on {platform.node()} are not those that were planned. "
            f"Give every node the same files; if they were changed since, start the run again."
        )


class TrialFactory:
    """Holds the black box, and builds the parts of one trial after another.

    Args:
        setup: of the worker.
        store: where results go.
        caller: who asks a service.
        packs: keep decoded images.

    Raises:
        UserError: the model can't be loaded or asked, or isn't the one that was planned.
    """

    def __init__(
        self,
        setup: WorkerSetup,
        store: Store,
        caller: Caller | None = None,
        packs: Packs | None = None,
    ) -> None:
        self._setup = setup
        self._store = store
        self.box = _box(setup, store, caller or Caller(), packs or Nothing())
        self._encoders: dict[str, MaeEncoder] = {}
        self._opened: tuple[str, Dataset] | None = None
        self._source_remarks: dict[str, str] = {}

    def use_threads(self) -> None:
        """Lets the calling thread compute with as many CPU threads as were asked for."""
        torch.set_num_threads(self._setup.threads)

    def encode_test_split(self, dataset_name: str, digest: str) -> None:
        """Encodes a dataset's test split, and stores its features under a digest.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            OtherImages: the digest is that of other images than this host has.
            TrialError: the model's features are not finite.
        """
        task = evaluation_task(self._open(dataset_name))

        def check(found: str) -> None:
            if found != digest:
                raise OtherImages.of(dataset_name)

        self.box.encode_test_split(task, digest, check)

    def check_images(self, cell: Cell, task: Task, planned: str) -> None:
        """Looks at the images of a cell anew, and refuses others than those that were planned.

        Args:
            cell: the cell.
            task: its classes and images.
            planned: digest of what it uses; "" takes any.

        Raises:
            OtherImages: these are others.
        """
        splits = SPLITS if method_class(cell.method.name).trains else ("test",)
        if planned:
            _refuse_others(task, splits, planned)

    def provenance(self) -> dict[str, Any]:
        """The hardware and software on which trials run, as they are stored in traces."""
        return {
            "host": platform.node(),
            "python": platform.python_version(),
            "packages": {name: version(name) for name in _PACKAGES},
            "backbone": self._setup.backbone.label,
            "images": preprocessing_of(self._setup.backbone, "none").unusual(),
            **self.box.provenance(),
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def data_provenance(self, cell: Cell, task: Task, planned: str) -> dict[str, Any]:
        """What is known of a trial's images, as it is stored in traces; see `check_images`."""
        name = task.dataset.card.name
        checked = planned if method_class(cell.method.name).trains else ""
        identity = self._setup.identities.get(name)
        own = any(name == own.name for own in self._setup.own_datasets)
        told = own or name not in dataset_classes()
        return {
            "split": checked or split_digest(task, SPLITS),
            "dataset_remark": self.remark(cell, task),
            "own_dataset": own,
            "method": outside_facts(method_class(cell.method.name)),
            "dataset_place": None if own else outside_place(name),
            "data": None if identity is None else identity.as_dict(),
            "fingerprints": {
                **fingerprints(cell),
                "split": planned or None,
                "templates": list(task.dataset.card.templates) if told else None,
            },
        }

    def open(self, cell: Cell, task: Task, key: str) -> OpenBox:
        """The black box of a cell, which answers as the cell says.

        Raises:
            UserError: a class name is too long for the model, or a service doesn't answer.
        """
        box = self.box.open(cell, task, key)
        box.oracle.answers, box.oracle.seed = cell.answers, cell.seed
        return box

    def task(self, cell: Cell) -> Task:
        """The classes and images that a cell trains and tests on; blind cells have no test images.

        Raises:
            DatasetError: the dataset can't be read, or a class has fewer images than shots.
        """
        dataset = self._open(cell.dataset, blind=cell.blind)
        shots = 0 if cell.source else cell.shots
        protocol = protocol_named(cell.protocol)
        return protocol.task(dataset, shots, cell.seed, self._setup.short_classes)

    def surroundings(self, cell: Cell, task: Task, oracle: Oracle) -> Surroundings:
        """What a cell's prompt is used with, wherever that is."""
        plain = preprocessing_of(self._setup.backbone, "none")
        return Surroundings.of(cell, task, oracle.space, plain)

    def remark(self, cell: Cell, task: Task) -> str:
        """Why results on a cell's images, or with a prompt of its source, aren't comparable.

        Empty if they are.
        """
        remarks = [task.dataset.remark()]
        if cell.source is not None:
            remarks.append(self._remark_on(cell.source.dataset))
        return "; ".join(filter(None, remarks))

    def data(self, cell: Cell, task: Task, box: OpenBox, table: FeatureTable | None) -> TrialData:
        """The images of a trial.

        Args:
            cell: the cell.
            task: its classes and images.
            box: makes tables of images without charge.
            table: features of the dataset's whole test split; None for blind cells, and where
                none are encoded ahead.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        plain = preprocessing_of(self._setup.backbone, "none")
        kind, settings = _method(cell)
        size = kind.image_size(box.oracle.space, settings)
        shown = replace(plain, size=size)  # tables hold images in full size
        evaluation = {} if cell.blind else self._tested(task, box, table, shown)
        if cell.source is not None:
            evaluation = {name: replace(one, foreign=True) for name, one in evaluation.items()}
        parts = parts_of(evaluation, cell.evaluation.images)
        if not task.train:
            return TrialData(None, evaluation)

        if task.val:
            val = ImageSplit(task.dataset, task.val, plain, "val", self.box.feed)
            shown_val = val.kept_as(shown, task.val)
            evaluation["val"] = EvaluationSplit(shown_val, _whole(task, "val", val, box))
        augmented = replace(shown, augmentation=cell.augmentation)
        untouched = ImageSplit(task.dataset, task.train, plain, "train", self.box.feed)
        train = untouched.kept_as(augmented, task.train)
        whole = cache(partial(_whole, task, "train", untouched, box))
        named = NamedImages(train, whole, box.tables.make, cell.seed, cell.views)
        features: TrainFeatures | None = None
        if cell.views:
            features = ViewFeatures(train, box.tables.make, cell.views, cell.seed)
        elif cell.augmentation == "none":
            features = PlainFeatures(whole)
        stream = TrainStream(train, features, named, cell.batch_size, cell.seed)
        return TrialData(stream, evaluation, parts)

    def method(self, cell: Cell, task: Task, oracle: Oracle, data: TrialData) -> Method:
        """A cell's method in its initial state, or with the prompt that another cell trained.

        Raises:
            PromptMissing: the other cell's prompt is missing or damaged.
            UserError: the method's own encoder can't be loaded.
        """
        kind, settings = _method(cell)
        name = kind.encoder_name(settings)
        problem = Problem(
            space=oracle.space,
            classes=len(task.class_names),
            templates=task.dataset.card.templates,
            ensemble=task.dataset.card.ensemble,
            batches_per_epoch=data.train.batches_per_epoch if data.train else 1,
            budget=cell.budget,
            seed=cell.seed,
            encoder=None if name is None else self._encoder(name),
            examples=data.train.examples if data.train else 0,
            batch_size=cell.batch_size,
            words=oracle.words,
        )
        method = kind(problem, settings)
        if cell.source is not None:
            method.load(load_prompt(self._store, cell.source))
        return method

    def _tested(
        self, task: Task, box: OpenBox, given: FeatureTable | None, shown: Preprocessing
    ) -> dict[str, EvaluationSplit]:
        """The test splits: of the trial's own classes, and of new classes, if there are any."""
        table = box.tables.test(given, task)
        listed = task.dataset.items("test")  # all tasks share what is kept of it
        test = ImageSplit(task.dataset, task.test, shown, feed=self.box.feed)
        test = test.kept_as(shown, listed)
        splits = {"test": EvaluationSplit(test, tested_rows(table, task))}
        if task.new is not None:
            new = replace(test, items=task.new.test, name="new")
            others = box.beside(task.new.class_names)
            others.answers, others.seed = box.oracle.answers, box.oracle.seed
            splits["new"] = EvaluationSplit(new, tested_rows(table, task.new), others, foreign=True)
        return splits

    def _open(self, name: str, *, blind: bool = False) -> Dataset:
        """A dataset; the last one is kept, with its listing and the bytes that it holds."""
        if self._opened is None or self._opened[0] != name:
            self._opened = name, self._open_anew(name)
        return self._view(self._opened[1], name, blind=blind)

    def _remark_on(self, source: str) -> str:
        """The remark on a dataset that others are kept open beside."""
        if source not in self._source_remarks:
            remark = self._view(self._open_anew(source), source).remark()
            self._source_remarks[source] = remark
        return self._source_remarks[source]

    def _open_anew(self, name: str) -> Dataset:
        return open_dataset(name, self._setup.data_root, self._setup.own_datasets)

    def _view(self, dataset: Dataset, name: str, *, blind: bool = False) -> Dataset:
        return DatasetView(dataset, self._setup.unreadable.get(name, ()), blind=blind)

    def _encoder(self, name: str) -> MaeEncoder:
        """A method's own image encoder, loaded once for all cells.

        Raises:
            OtherWeights: it is not the one that was planned.
            UserError: it can't be loaded.
        """
        from orchestrator.oracle.mae_encoder import load_encoder

        if name not in self._encoders:
            found = resolve_encoder(name)
            if found.digest != self._setup.encoders.get(name, found.digest):
                raise other_weights(f"encoder {name!r}: the weights")
            self._encoders[name] = load_encoder(found, self.box.device)
        return self._encoders[name]


def _box(setup: WorkerSetup, store: Store, caller: Caller, packs: Packs) -> BlackBox:
    """The black box of a worker; what loads a model is imported where one is loaded."""
    if setup.backbone.remote is None:
        from orchestrator.trial.loaded_box import LoadedBox

        return LoadedBox(setup, store, packs)
    from orchestrator.trial.service_box import ServiceBox

    identity = setup.store_identity or store.identity()
    return ServiceBox(setup.backbone.remote, identity, caller, Feed(packs, setup.decoders))


def _whole(task: Task, split: Split, images: ImageSplit, box: OpenBox) -> Table:
    """The table of a split that is not the test split."""
    digest = split_digest(task, (split,))
    check = partial(_refuse_others, task, (split,), digest)
    return box.tables.whole(digest, images, check)


def _refuse_others(task: Task, splits: tuple[Split, ...], planned: str) -> None:
    """Looks at the images of some splits anew, and refuses others than those of a digest."""
    if split_digest(task, splits) != planned:
        raise OtherImages.of(task.dataset.card.name)


def _method(cell: Cell) -> tuple[type[Method], Settings]:
    kind = method_class(cell.method.name)
    return kind, kind.settings_type.model_validate(cell.method.settings)
