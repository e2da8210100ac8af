"""Turns a spec into cells with keys, and says what a run would do with each."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from itertools import product
from pathlib import Path

from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError, Split
from benchmarks.datasets.roll import roll_of
from benchmarks.datasets.views import DatasetView, SteadyView
from benchmarks.protocols import Task, split_digest
from methods.registry import method_class
from orchestrator.cell import Cell, Fingerprints, cell_key
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import preprocessing_of, resolve_backbone
from orchestrator.oracle.features import feature_digest
from orchestrator.plan.cells import cell_of
from orchestrator.plan.demand import QueryDemand, QueryDemands, ResolvedArm, resolved
from orchestrator.plan.image_notes import image_notes
from orchestrator.plan.listener import NOBODY, Listener
from orchestrator.plan.plan import Plan, PlannedCell, Status, with_lost_prompts
from orchestrator.plan.reading import told_of_reading
from orchestrator.plan.tasks import Tasks, dataset_of, training_notes
from orchestrator.plan.transfers import Transfers
from orchestrator.plan.unreadable import unreadable_images
from orchestrator.precision import ROUNDING
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import StorageDown
from orchestrator.store.store import Store


def make_plan(
    spec: Spec,
    store: Store,
    data_root: Path | str,
    *,
    blind: bool = False,
    listener: Listener = NOBODY,
) -> Plan:
    """Plans a spec: every cell with its key, and whether the store has its result.

    Nothing is run and nothing is downloaded. For example:

        plan = make_plan(load_spec("demo"), Store(open_storage("results")), "data")
        for cell in plan.to_run():
            print(cell.title, cell.key)

    Args:
        spec: the comparison.
        store: where results are looked up.
        data_root: the folder or location that holds the datasets.
        blind: whether cells are measured on validation images alone, as those of a search are.
        listener: hears of what takes long, and of datasets that can't be planned.

    Raises:
        UserError: a dataset can't be read, or settings or shots are impossible on it.
    """
    planner = _Planner(spec, store, Transfers(spec, data_root), blind=blind)
    cells: dict[str, PlannedCell] = {}
    notes: list[str] = []
    unreadable: dict[str, frozenset[str]] = {}
    for name in spec.trained_datasets if blind else spec.all_datasets:
        try:
            opened = dataset_of(spec, name, data_root)
            dataset: DatasetView = SteadyView(
                opened, told_of_reading(name, listener.say), blind=blind
            )
            missing = dataset.missing()
            if missing is not None and listener.without is not None:
                listener.without(name, missing)
                continue
            if spec.unreadable == "skip" and missing is None:
                unreadable[name] = unreadable_images(dataset, store, planner.draws())
                dataset = DatasetView(dataset, unreadable[name])
            found = planner.skipped(dataset, missing) if missing else planner.cells(dataset, notes)
            planned = tuple(found)
        except StorageDown:
            raise
        except (DatasetError, UserError) as error:  # such as a split file that can't be read
            if listener.without is None:
                raise UserError(str(error)) from None
            listener.without(name, str(error))
            continue
        for cell in planned:
            identity = cell.key or cell.cell.model_dump_json()
            known = cells.get(identity)
            cells[identity] = known.with_points(cell.ablation_points) if known else cell
    notes += image_notes(cells.values())
    ready = with_lost_prompts(tuple(cells.values()), store.prompt_keys())
    backbone = resolve_backbone(spec.backbone)
    return Plan(spec, backbone, ready, tuple(dict.fromkeys(notes)), unreadable)


class _Planner:
    """Builds the cells of one dataset at a time."""

    def __init__(self, spec: Spec, store: Store, transfers: Transfers, *, blind: bool) -> None:
        self._spec = spec
        self._transfers = transfers
        self._blind = blind
        self._arms = resolved(spec.arms)
        self._own = {own.name for own in spec.own_datasets}
        self._status: dict[str, Status] = {  # the last that a key has counts
            **dict.fromkeys(store.failed_keys(), "failed"),
            **dict.fromkeys(store.running_keys(), "in progress"),
            **dict.fromkeys(store.finished_keys(), "done"),
        }
        self._tasks = Tasks(spec, transfers, blind=blind)
        self._demands = QueryDemands(self._arms)

    def draws(self) -> Iterator[tuple[int, int]]:
        """Shots and seed of every few-shot split."""
        return product((shots for shots, _ in self._by_shots()), self._spec.seeds)

    def cells(self, dataset: Dataset, notes: list[str]) -> Iterator[PlannedCell]:
        """The cells of a dataset that is there."""
        demands = self._demands.on(dataset, dataset.class_names())
        notes.extend(self._demands.notes)
        if dataset.remark():
            notes.append(dataset.remark())
        notes.extend(roll_of(dataset).notes("val" if self._blind else "test"))
        for shots, arms in self._by_shots():
            for seed in self._spec.seeds:
                task = self._tasks.task(dataset, shots, seed)
                notes.extend(training_notes(task, shots))
                digest = cache(partial(split_digest, task))
                for arm in arms:
                    yield self._planned(task, digest, self._draft(dataset, arm, seed, demands))

    def skipped(self, dataset: Dataset, reason: str) -> Iterator[PlannedCell]:
        """The cells of a dataset that is missing, sized by its card."""
        demands = self._demands.on(dataset, ())
        card = dataset.card
        for _, arms in self._by_shots():
            for seed, arm in product(self._spec.seeds, arms):
                draft = self._draft(dataset, arm, seed, demands)
                yield replace(
                    draft,
                    reason=reason,
                    train_images=card.classes * draft.cell.shots,
                    classes=card.classes,
                    test_images=card.images["test"],
                )

    def _by_shots(self) -> Iterator[tuple[int, list[ResolvedArm]]]:
        for shots in dict.fromkeys(one.arm.conditions.shots for one in self._arms):
            yield shots, [one for one in self._arms if one.arm.conditions.shots == shots]

    def _draft(
        self, dataset: Dataset, one: ResolvedArm, seed: int, demands: Mapping[str, QueryDemand]
    ) -> PlannedCell:
        """A cell before it is known whether it can run."""
        return PlannedCell(
            self._cell(dataset.card.name, one, seed, demands[one.arm.label]),
            one.arm.label,
            one.backbone,
            demands[one.arm.label],
            key="",
            status="skipped",
            ablation_points=one.arm.ablation_points,
        )

    def _planned(
        self, task: Task, digest: Callable[[tuple[Split, ...]], str], draft: PlannedCell
    ) -> PlannedCell:
        cell, kind = draft.cell, method_class(draft.cell.method.name)
        problem = ""
        if cell.source is not None and not cell.source.key:
            problem = f"it tests prompts trained on {cell.source.dataset}, which is missing"
        split = digest(SPLITS if kind.trains else ("test",))
        key = "" if problem else cell_key(cell, self._fingerprints(draft, task.dataset, split))
        self._transfers.remember(cell, key)
        whole, test_images = self._tasks.whole_test(task.dataset)
        plain = preprocessing_of(draft.backbone, "none")
        return replace(
            draft,
            key=key,
            status="skipped" if problem else self._status.get(key, "new"),
            reason=problem,
            train_images=len(task.train) if kind.trains else 0,
            classes=len(task.class_names),
            test_images=test_images,
            features=feature_digest(draft.backbone.digest, whole, plain, cell.precision),
            split=split,
        )

    def _fingerprints(self, draft: PlannedCell, dataset: Dataset, split: str) -> Fingerprints:
        """What a cell's key covers beside the cell, given the digest of its images."""
        cell, demand = draft.cell, draft.demand
        prepared = preprocessing_of(draft.backbone, cell.augmentation)
        return Fingerprints(
            method_version=method_class(cell.method.name).version,
            split=split,
            preprocessing=replace(prepared, size=demand.image_size).digest(),
            encoder=demand.encoder,
            rounding=None if cell.precision == "fp32" else ROUNDING,
            templates=dataset.card.templates if cell.dataset in self._own else None,
            ensemble=_ensemble(cell, dataset),
        )

    def _cell(self, dataset: str, one: ResolvedArm, seed: int, demand: QueryDemand) -> Cell:
        blank = cell_of(self._spec, one, dataset, seed, touches_images=demand.touches_images)
        return self._transfers.linked(blank.model_copy(update={"blind": self._blind}))


def _ensemble(cell: Cell, dataset: Dataset) -> str | None:
    """SHA-256 of the dataset's own ensemble, if it has one and the method averages it."""
    kind, own = method_class(cell.method.name), dataset.card.ensemble
    settings = kind.settings_type.model_validate(cell.method.settings)
    if not own or not kind.averages_templates(settings):
        return None
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()
