"""Turns a spec into cells with keys, and says of each what a run would do with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Literal

from benchmarks.datasets.interface import Dataset, DatasetError, ImageUnreadable
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.without_test import WithoutTest
from benchmarks.protocols import Task, evaluation_task, protocol_named, split_digest
from methods.interface import Problem, PromptSpace, SettingsError
from methods.registry import method_class
from orchestrator.cell import Cell, Fingerprints, MethodChoice, cell_key
from orchestrator.encoders import resolve_encoder
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of, resolve_backbone
from orchestrator.oracle.features import feature_digest
from orchestrator.oracle.space import planned_space
from orchestrator.plan_transfers import Transfers, with_prompts
from orchestrator.spec import Spec
from orchestrator.spec_method import MethodSpec
from orchestrator.store import Store

Status = Literal["done", "in progress", "failed", "new", "skipped"]

STATUSES: tuple[Status, ...] = ("done", "in progress", "failed", "new", "skipped")


@dataclass(frozen=True)
class Asked:
    """What one step of a method asks of the oracle.

    Attributes:
        candidates: candidates K of a step; 0 for methods that never ask.
        touches_images: whether the image tower must see every candidate.
        soft_text: whether the text tower must encode every candidate.
        image_size: height and width of the images that the method is given, in pixels.
        encoder: digest of the method's own image encoder; None where it has none.
    """

    candidates: int
    touches_images: bool
    soft_text: bool
    image_size: int
    encoder: str | None = None


@dataclass(frozen=True)
class PlannedCell:
    """A cell and what a run would do with it.

    Attributes:
        cell: the unit of work.
        label: what reports call its method.
        asked: what one step of its method asks.
        key: names its result; empty when the dataset isn't there to be fingerprinted.
        status: `done` has a result, `in progress` a checkpoint, `failed` only a traceback (it runs
            again), `skipped` can't run for `reason`.
        reason: why it is skipped.
        train_images: labelled training images of its split (an estimate when skipped).
        classes: number of classes.
        test_images: images of its dataset's whole test split (those of a full copy when skipped).
        features: names the image features of its dataset's test split.
    """

    cell: Cell
    label: str
    asked: Asked
    key: str
    status: Status
    reason: str = ""
    train_images: int = 0
    classes: int = 0
    test_images: int = 0
    features: str = ""

    @property
    def title(self) -> str:
        """Dataset, method, shots, seed and where the prompt comes from, in one line."""
        cell = self.cell
        if cell.shots == 0:
            return f"{cell.dataset} / {self.label}"
        origin = f" / prompt from {cell.source.dataset}" if cell.source else ""
        return f"{cell.dataset} / {self.label} / {cell.shots} shots / seed {cell.seed}{origin}"


@dataclass(frozen=True)
class Plan:
    """All cells of a spec, each once.

    Attributes:
        spec: what the user wrote.
        backbone: the model behind the oracle.
        cells: in order of dataset, shots, seed and method.
        notes: what the user should know, such as classes with fewer images than shots.
    """

    spec: Spec
    backbone: ResolvedBackbone
    cells: tuple[PlannedCell, ...]
    notes: tuple[str, ...] = ()

    def to_run(self) -> tuple[PlannedCell, ...]:
        """Cells without a result that can run; those with a checkpoint first."""
        todo = [c for c in self.cells if c.status in ("in progress", "failed", "new")]
        return tuple(sorted(todo, key=lambda c: c.status != "in progress"))

    def counts(self) -> Counter[Status]:
        """Number of cells by status."""
        return Counter(cell.status for cell in self.cells)


def make_plan(spec: Spec, store: Store, data_root: Path | str, *, blind: bool = False) -> Plan:
    """Plans a spec against what a store holds.

    Args:
        spec: the comparison.
        store: where results are looked up.
        data_root: the folder or location that holds the datasets.
        blind: plans cells that are measured on validation images alone, as a search's are.

    Raises:
        UserError: settings or shots that can't work, so that nothing starts.
    """
    backbone = resolve_backbone(spec.backbone)
    planner = _Planner(spec, store, backbone, Transfers(spec, data_root), blind=blind)
    cells: dict[str, PlannedCell] = {}
    notes: list[str] = []
    for name in spec.all_datasets:
        dataset = _opened(name, data_root, spec)
        dataset = WithoutTest(dataset) if blind else dataset
        missing = dataset.missing()
        found = planner.skipped(dataset, missing) if missing else planner.cells(dataset, notes)
        try:
            for cell in found:
                cells.setdefault(cell.key or f"{cell.title}/{cell.cell.shots}", cell)
        except DatasetError as error:  # a split file that can't be read
            raise UserError(str(error)) from None
    ready = with_prompts(tuple(cells.values()), store.prompt_keys())
    return Plan(spec, backbone, ready, tuple(dict.fromkeys(notes)))


class _Planner:
    """Builds the cells of one dataset at a time."""

    def __init__(
        self,
        spec: Spec,
        store: Store,
        backbone: ResolvedBackbone,
        transfers: Transfers,
        *,
        blind: bool,
    ) -> None:
        self._spec = spec
        self._transfers = transfers
        self._backbone = backbone
        self._blind = blind
        self._plain = preprocessing_of(backbone, "none")
        self._finished = store.finished_keys()
        self._running = store.running_keys()
        self._failed = store.failed_keys()
        self._checked: set[str] = set()
        self._whole: dict[str, str] = {}
        self._asked: dict[tuple[str, PromptSpace], Asked] = {}

    def cells(self, dataset: Dataset, notes: list[str]) -> Iterator[PlannedCell]:
        """The cells of a dataset that is there."""
        asked = self._ask_methods(dataset, dataset.class_names())
        if dataset.remark():
            notes.append(dataset.remark())
        for shots, seed in product(self._spec.shots, self._spec.seeds):
            task = self._task(dataset, shots, seed)
            if task.short_classes:
                notes.append(_short_note(dataset, shots, task))
            for method in self._spec.methods:
                cell = self._cell(dataset.card.name, method, shots, seed)
                yield self._planned(task, cell, method.label, asked[method.label])

    def skipped(self, dataset: Dataset, reason: str) -> Iterator[PlannedCell]:
        """The cells of a dataset that is missing, sized by its card."""
        asked = self._ask_methods(dataset, ())
        classes = dataset.card.classes
        for shots, seed in product(self._spec.shots, self._spec.seeds):
            for method in self._spec.methods:
                cell = self._cell(dataset.card.name, method, shots, seed)
                yield PlannedCell(
                    cell,
                    method.label,
                    asked[method.label],
                    key="",
                    status="skipped",
                    reason=reason,
                    train_images=classes * cell.shots,
                    classes=classes,
                    test_images=dataset.card.images["test"],
                )

    def _planned(self, task: Task, cell: Cell, label: str, asked: Asked) -> PlannedCell:
        kind = method_class(cell.method.name)
        unsourced = _unsourced(cell)
        prepared = preprocessing_of(self._backbone, cell.augmentation)
        test_digest = split_digest(task, ("test",))
        fingerprints = Fingerprints(
            method_version=kind.version,
            split=split_digest(task, ("train", "val", "test")) if kind.trains else test_digest,
            preprocessing=replace(prepared, size=asked.image_size).digest(),
            encoder=asked.encoder,
        )
        key = "" if unsourced else cell_key(cell, fingerprints)
        self._transfers.note(cell, key)
        return PlannedCell(
            cell,
            label,
            asked,
            key,
            "skipped" if unsourced else self._status(key),
            reason=unsourced,
            train_images=len(task.train) if kind.trains else 0,
            classes=len(task.class_names),
            test_images=len(task.dataset.items("test")),
            features=feature_digest(
                self._backbone.digest, self._whole_test(task.dataset), self._plain, cell.precision
            ),
        )

    def _whole_test(self, dataset: Dataset) -> str:
        """Digest of a dataset's test split, whichever classes of it a protocol shows."""
        name = dataset.card.name
        if name not in self._whole:
            self._whole[name] = split_digest(evaluation_task(dataset), ("test",))
        return self._whole[name]

    def _status(self, key: str) -> Status:
        if key in self._finished:
            return "done"
        if key in self._running:
            return "in progress"
        return "failed" if key in self._failed else "new"

    def _cell(self, dataset: str, method: MethodSpec, shots: int, seed: int) -> Cell:
        spec = self._spec
        trains = method_class(method.name).trains
        cell = Cell(
            protocol=spec.protocol,
            dataset=dataset,
            # What a method that never asks doesn't depend on stays out of its cell, so that it
            # runs once for all shots and seeds.
            shots=shots if trains else 0,
            seed=seed if trains else 0,
            method=MethodChoice(name=method.name, settings=method.settings),
            backbone=self._backbone.digest,
            budget=spec.budget if trains else 0,
            batch_size=(method.batch_size or spec.batch_size) if trains else 0,
            precision=spec.precision,
            augmentation=spec.augmentation if trains else "none",
            evaluation=spec.evaluation if trains else type(spec.evaluation)(),
            blind=self._blind,
        )
        return self._transfers.placed(cell)

    def _task(self, dataset: Dataset, shots: int, seed: int) -> Task:
        protocol = protocol_named(self._spec.protocol)
        if self._transfers.only_tests(dataset):
            shots = 0
        self._transfers.check(dataset)
        task = protocol.task(dataset, shots, seed, self._spec.short_classes)
        if self._blind and not task.val:
            raise UserError(
                f"dataset {dataset.card.name} has no validation images, so nothing can be searched "
                f"on it. Leave it out of the search."
            )
        self._check_files(task)
        return task

    def _check_files(self, task: Task) -> None:
        """Refuses a task with missing images; a test split is looked at once."""
        dataset = task.dataset
        items = [*task.train, *task.val]
        if dataset.card.name not in self._checked:
            self._checked.add(dataset.card.name)
            items += dataset.items("test")
        absent = dataset.absent(items)
        if absent is not None:
            raise UserError(str(ImageUnreadable(dataset.card.name, absent, "no such file")))

    def _ask_methods(self, dataset: Dataset, class_names: tuple[str, ...]) -> dict[str, Asked]:
        """Builds each method and lets it ask once: refuses impossible settings before any work."""
        problem = Problem(
            space=planned_space(self._backbone, class_names),
            classes=len(class_names) or dataset.card.classes,
            templates=dataset.card.templates,
            batches_per_epoch=1,
            budget=self._spec.budget,
            seed=0,
        )
        asked = {}
        for method in self._spec.methods:
            try:
                # What is asked depends on shapes, so datasets of equal shapes share the answer.
                place = (method.label, problem.space)
                if place not in self._asked:
                    self._asked[place] = _asked(method, problem)
                asked[method.label] = self._asked[place]
            except (SettingsError, UserError) as error:
                raise UserError(
                    f"method {method.label!r} on {dataset.card.name}: {error}"
                ) from None
        return asked


def _opened(name: str, data_root: Path | str, spec: Spec) -> Dataset:
    """A dataset of the spec; one of the user's own must be there."""
    try:
        dataset = open_dataset(name, data_root, spec.own_datasets)
    except DatasetError as error:
        raise UserError(str(error)) from None
    missing = dataset.missing()
    if missing is not None and any(name == own.name for own in spec.own_datasets):
        raise UserError(f"dataset {name}: {missing}")
    return dataset


def _asked(method: MethodSpec, problem: Problem) -> Asked:
    kind = method_class(method.name)
    settings = kind.settings_type.model_validate(method.settings)
    name = kind.encoder_name(settings)
    encoder = None if name is None else resolve_encoder(name)
    prompts = kind(replace(problem, encoder=encoder), settings).ask()
    return Asked(
        candidates=0 if prompts is None else prompts.count,
        touches_images=prompts is not None and prompts.touches_images,
        soft_text=prompts is not None and prompts.context is not None,
        image_size=kind.image_size(problem.space, settings),
        encoder=None if encoder is None else encoder.digest,
    )


def _unsourced(cell: Cell) -> str:
    """Why a cell can't run that tests another one's prompt; empty if it can."""
    if cell.source is None or cell.source.key:
        return ""
    return f"it tests prompts trained on {cell.source.dataset}, which is missing"


def _short_note(dataset: Dataset, shots: int, task: Task) -> str:
    names = ", ".join(task.short_classes[:5]) + (", ..." if len(task.short_classes) > 5 else "")
    return (
        f"{dataset.card.name}: {len(task.short_classes)} classes have fewer than {shots} images "
        f"and give all they have ({names})"
    )
