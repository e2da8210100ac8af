"""Builds the parts of a cell's trial: its task, its images, its oracle and its method."""

import platform
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from importlib.metadata import version
from typing import Any, Self

import torch

from benchmarks.datasets.interface import SPLITS, Dataset, Split
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.views import DatasetView
from benchmarks.preprocessing import Preprocessing
from benchmarks.protocols import Task, evaluation_task, protocol_named, split_digest
from methods.interface import Method, Problem, Settings
from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import (
    Backbone,
    ResolvedBackbone,
    preprocessing_of,
    resolve_backbone,
)
from orchestrator.oracle.clip import ClipOracle, load_clip
from orchestrator.oracle.compiling import as_written, compiler_for
from orchestrator.oracle.cpu_formats import remark_on
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.oracle.features import FeatureTable, ImageSplit
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.mae_encoder import MaeEncoder, load_encoder
from orchestrator.store.store import Store
from orchestrator.trial.code_fingerprints import fingerprints
from orchestrator.trial.data import EvaluationSplit, TrialData, tested_features
from orchestrator.trial.feature_cache import FeatureCache
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.named_images import NamedImages
from orchestrator.trial.train_stream import PlainFeatures, TrainFeatures, TrainStream, ViewFeatures
from orchestrator.trial.trained_prompts import load_prompt

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


class OtherWeights(UserError):
    """The weights of a model on this host are not those that were planned."""


class TrialFactory:
    """Holds the model, and builds the parts of one trial after another.

    Raises:
        UserError: the model can't be loaded, or isn't the one that was planned.
    """

    def __init__(self, setup: WorkerSetup, store: Store) -> None:
        _refuse_other_weights(setup.backbone)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._setup = setup
        self._store = store
        compiler = compiler_for(self.device, wanted=setup.compile)
        clip = load_clip(setup.backbone, setup.precision, self.device)
        self._clip = replace(clip, compiler=compiler)
        self._features = FeatureCache(store, setup.backbone.digest, setup.precision)
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
        oracle = ClipOracle(self._clip, task.class_names, Ledger(), Ledger())
        split = ImageSplit(task.dataset, task.test, preprocessing_of(self._setup.backbone, "none"))

        def check() -> None:
            images = split_digest(task, ("test",))
            if self._features.digest(images, split.preprocessing) != digest:
                raise OtherImages.of(dataset_name)

        check()
        self._features.encode(digest, split, oracle.encode_images, check)

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

    @property
    def remarks(self) -> tuple[str, ...]:
        """Messages for the user about the device."""
        slow = remark_on(self._setup.precision, self.device.type)
        ignored = self._setup.compile and self.device.type != "cuda"
        uncompiled = "--compile is ignored on a CPU: it compiles for GPUs" if ignored else ""
        return tuple(filter(None, (slow, uncompiled)))

    def provenance(self) -> dict[str, Any]:
        """The hardware and software on which trials run, as they are stored in traces."""
        gpu = torch.cuda.get_device_name() if self.device.type == "cuda" else ""
        return {
            "host": platform.node(),
            "machine": gpu or f"{platform.machine()} CPU, {torch.get_num_threads()} threads",
            "python": platform.python_version(),
            "packages": {name: version(name) for name in _PACKAGES},
            "backbone": self._setup.backbone.label,
            "images": preprocessing_of(self._setup.backbone, "none").unusual(),
            "towers": "as written" if self._clip.compiler is as_written else "compiled",
            "weights": self._setup.backbone.pretrained,
            "written": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def data_provenance(self, cell: Cell, task: Task, planned: str) -> dict[str, Any]:
        """What is known of a trial's images, as it is stored in traces; see `check_images`."""
        name = task.dataset.card.name
        checked = planned if method_class(cell.method.name).trains else ""
        identity = self._setup.identities.get(name)
        own = any(name == own.name for own in self._setup.own_datasets)
        return {
            "split": checked or split_digest(task, SPLITS),
            "dataset_remark": self.remark(cell, task),
            "own_dataset": own,
            "data": None if identity is None else identity.as_dict(),
            "fingerprints": {
                **fingerprints(cell),
                "split": planned or None,
                "templates": list(task.dataset.card.templates) if own else None,
            },
        }

    def oracle(self, cell: Cell, task: Task) -> ClipOracle:
        """The black box of a cell, with its budget and nothing spent.

        Raises:
            UserError: a class name is too long for the model.
        """
        return ClipOracle(self._clip, task.class_names, Ledger(limit=cell.budget), Ledger())

    def task(self, cell: Cell) -> Task:
        """The classes and images that a cell trains and tests on; blind cells have no test images.

        Raises:
            DatasetError: the dataset can't be read, or a class has fewer images than shots.
        """
        dataset = self._open(cell.dataset, blind=cell.blind)
        shots = 0 if cell.source else cell.shots
        protocol = protocol_named(cell.protocol)
        return protocol.task(dataset, shots, cell.seed, self._setup.short_classes)

    def remark(self, cell: Cell, task: Task) -> str:
        """Why results on a cell's images, or with a prompt of its source, aren't comparable.

        Empty if they are.
        """
        remarks = [task.dataset.remark()]
        if cell.source is not None:
            remarks.append(self._remark_on(cell.source.dataset))
        return "; ".join(filter(None, remarks))

    def data(
        self, cell: Cell, task: Task, oracle: ClipOracle, table: FeatureTable | None
    ) -> TrialData:
        """The images of a trial.

        Args:
            cell: the cell.
            task: its classes and images.
            oracle: encodes images without charge.
            table: features of the dataset's whole test split; None for blind cells.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        backbone = self._setup.backbone
        plain = preprocessing_of(backbone, "none")
        kind, settings = _method(cell)
        size = kind.image_size(oracle.space, settings)
        shown = replace(plain, size=size)  # tables hold features of images in full size
        evaluation = {} if table is None else self._tested(task, oracle, table, shown)
        if cell.source is not None:
            evaluation = {name: replace(one, foreign=True) for name, one in evaluation.items()}
        if not task.train:
            return TrialData(None, evaluation)

        if task.val:
            val = ImageSplit(task.dataset, task.val, plain, "val")
            shown_val = replace(val, preprocessing=shown)
            evaluation["val"] = EvaluationSplit(shown_val, self._encoded(task, "val", val, oracle))
        augmented = replace(shown, augmentation=cell.augmentation)
        train = ImageSplit(task.dataset, task.train, augmented, "train")
        untouched = ImageSplit(task.dataset, task.train, plain, "train")
        encode = cache(partial(self._encoded, task, "train", untouched, oracle))
        named = NamedImages(train, encode, oracle.encode_images, cell.seed, cell.views)
        features: TrainFeatures | None = None
        if cell.views:
            features = ViewFeatures(train, oracle.encode_images, cell.views, cell.seed)
        elif cell.augmentation == "none":
            features = PlainFeatures(encode)
        stream = TrainStream(train, features, named, cell.batch_size, cell.seed)
        return TrialData(stream, evaluation)

    def method(self, cell: Cell, task: Task, oracle: ClipOracle, data: TrialData) -> Method:
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
        self, task: Task, oracle: ClipOracle, table: FeatureTable, shown: Preprocessing
    ) -> dict[str, EvaluationSplit]:
        """The test splits: of the trial's own classes, and of new classes, if there are any."""
        test = ImageSplit(task.dataset, task.test, shown)
        splits = {"test": EvaluationSplit(test, tested_features(table, task))}
        if task.new is not None:
            new = ImageSplit(task.dataset, task.new.test, shown, "new")
            others = ClipOracle(self._clip, task.new.class_names, Ledger(limit=0), oracle.observer)
            table = tested_features(table, task.new)
            splits["new"] = EvaluationSplit(new, table, others, foreign=True)
        return splits

    def _encoded(
        self, task: Task, split: Split, images: ImageSplit, oracle: ClipOracle
    ) -> FeatureTable:
        """Features of a split that is not the test split, encoded unless the store has them."""
        digest = split_digest(task, (split,))
        check = partial(_refuse_others, task, (split,), digest)
        return self._features.table(digest, images, oracle.encode_images, check)

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
        if name not in self._encoders:
            found = resolve_encoder(name)
            if found.digest != self._setup.encoders.get(name, found.digest):
                raise _other_weights(f"encoder {name!r}: the weights")
            self._encoders[name] = load_encoder(found, self.device)
        return self._encoders[name]


def _refuse_other_weights(planned: ResolvedBackbone) -> None:
    """Looks at a model's own files anew: results under its key must be of no other one.

    Raises:
        OtherWeights: they are others.
        UserError: they are gone, or can't be read.
    """
    if planned.weights is None and planned.folder is None:
        return
    found = resolve_backbone(Backbone(model=planned.model, pretrained=planned.pretrained))
    if found.digest != planned.digest:
        files = f"the files in {planned.folder or planned.weights}"
        raise _other_weights(f"backbone {planned.label!r}: {files}")


def _other_weights(what: str) -> OtherWeights:
    return OtherWeights(
        f"{what} on {platform.node()} are not those that were planned. Give every node the same "
        f"files; if they were changed since, start the run again."
    )


def _refuse_others(task: Task, splits: tuple[Split, ...], planned: str) -> None:
    """Looks at the images of some splits anew, and refuses others than those of a digest."""
    if split_digest(task, splits) != planned:
        raise OtherImages.of(task.dataset.card.name)


def _method(cell: Cell) -> tuple[type[Method], Settings]:
    kind = method_class(cell.method.name)
    return kind, kind.settings_type.model_validate(cell.method.settings)
