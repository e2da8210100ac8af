"""Turns a spec into cells with keys, and says what a run would do with each."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import product
from pathlib import Path

from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError
from benchmarks.datasets.roll import roll_of
from benchmarks.datasets.views import DatasetView, SteadyView
from methods.registry import method_class
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of, resolve_backbone
from orchestrator.oracle.features import feature_digest
from orchestrator.plan.answers import check_answers, top_notes
from orchestrator.plan.budget import check_budget
from orchestrator.plan.demand import QueryDemand, QueryDemands, ResolvedArm, resolved
from orchestrator.plan.drafts import Drafts, with_splits
from orchestrator.plan.few_steps import few_steps_notes
from orchestrator.plan.image_notes import image_notes
from orchestrator.plan.labels import under_labels
from orchestrator.plan.listener import NOBODY, Listener
from orchestrator.plan.measured import (
    STAND_IN,
    TextTokens,
    Tokens,
    estimated_sizes,
    estimated_split,
    measured_splits,
    test_sizes,
    texts_are_known,
    uncounted,
)
from orchestrator.plan.misfit import Misfit
from orchestrator.plan.part_notes import part_notes
from orchestrator.plan.plan import Plan, PlannedCell, with_lost_prompts
from orchestrator.plan.reading import told_of_reading
from orchestrator.plan.readouts import check_readout
from orchestrator.plan.states import states_in
from orchestrator.plan.tasks import DrawnTask, Tasks, dataset_of, training_notes
from orchestrator.plan.transfers import Transfers
from orchestrator.plan.unreadable import unreadable_images
from orchestrator.precision import Precision
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

    Nothing is run and nothing is downloaded. What can't run is skipped, with its reason. For
    example:

        plan = make_plan(load_spec("demo"), Store(open_storage("results")), "data")
        for cell in plan.to_run():
            print(cell.title, cell.key)

    Args:
        spec: the comparison.
        store: where results are looked up.
        data_root: the folder or location that holds the datasets.
        blind: whether cells are measured on validation images alone, as those of a search are;
            then nothing is skipped but missing datasets.
        listener: hears of what takes long, and of what can't be planned.

    Raises:
        Misfit: something doesn't fit, and the plan is blind.
        UserError: an own dataset or a backbone's weights are missing, a service doesn't answer, or
            the budget is below one step of all methods that train.
    """
    planner = _Planner(spec, store, data_root, blind=blind, listener=listener)
    cells = [cell for name in planner.datasets for cell in planner.available(name)]
    if planner.low and listener.without is None and not any(map(_can_train, cells)):
        raise UserError(planner.low[0])
    images = (*image_notes([cell for cell in cells if cell.fits]), *part_notes(cells))
    notes = (*planner.notes, *images, *few_steps_notes(cells), *top_notes(cells))
    backbone = resolve_backbone(spec.backbone)
    ready = with_lost_prompts(under_labels(cells), store.prompt_keys())
    return Plan(spec, backbone, ready, tuple(dict.fromkeys(notes)), planner.unreadable)


class _Planner:
    """Builds the cells of one dataset at a time.

    Attributes:
        datasets: names of all that are planned; a source comes before what its prompts test.
        notes: what the user should know, so far.
        unreadable: references of the images that are left out, by dataset.
        low: why nothing could be trained with the budgets of some cells.
    """

    def __init__(
        self,
        spec: Spec,
        store: Store,
        data_root: Path | str,
        *,
        blind: bool,
        listener: Listener,
    ) -> None:
        self._spec, self._store, self._data_root = spec, store, data_root
        self._listener = listener
        self._transfers = Transfers(spec, data_root)
        self._blind = blind
        self._drafts = Drafts(spec, self._transfers, blind=blind)
        self._arms = resolved(spec.arms)
        self._trains = any(map(_trains, self._arms))
        self._status = states_in(store)
        self._tasks = Tasks(spec, self._transfers, blind=blind)
        self._demands = QueryDemands(self._arms)
        self._counters: dict[ResolvedBackbone, TextTokens] = {}
        self._features = cache(partial(_features, spec.precision))
        self.datasets = spec.trained_datasets if blind else spec.all_datasets
        self.notes: list[str] = []
        self.unreadable: dict[str, frozenset[str]] = {}
        self.low: list[str] = []

    def available(self, name: str) -> list[PlannedCell]:
        """All cells of a dataset; none where the listener is told that it can't be planned.

        Raises:
            UserError: as `make_plan`.
        """
        try:
            return self._planned_on(name)
        except StorageDown:
            raise
        except UserError as error:
            if self._listener.without is None:
                raise
            self._listener.without(name, str(error))
            return []

    def _planned_on(self, name: str) -> list[PlannedCell]:
        try:
            opened = dataset_of(self._spec, name, self._data_root)
            told = told_of_reading(name, self._listener.say)
            dataset: DatasetView = SteadyView(opened, told, blind=self._blind)
            missing = dataset.missing()
            if missing is not None and self._listener.without is not None:
                raise UserError(missing)
            if missing is not None:
                return list(self._missing(dataset, missing))
            if self._spec.unreadable == "skip":
                self.unreadable[name] = unreadable_images(dataset, self._store, self._draws())
                dataset = DatasetView(dataset, self.unreadable[name])
            return list(self._present(dataset))
        except DatasetError as error:  # such as a split file that can't be read
            misfit = self._tolerated(Misfit.of_dataset(error, name))
            return [self._drafts.draft(name, one, seed, misfit) for _, seed, one in self._places()]

    def _tolerated(self, misfit: Misfit) -> Misfit:
        """What is to be skipped; refused if nothing is.

        Raises:
            Misfit: the plan is blind: a search can't do without one of its cells.
        """
        if self._blind:
            raise misfit
        return misfit

    def _draws(self) -> Iterator[tuple[int, int]]:
        """Shots and seed of every few-shot split."""
        return product(dict.fromkeys(shots for shots, _, _ in self._places()), self._spec.seeds)

    def _places(self) -> Iterator[tuple[int, int, ResolvedArm]]:
        """Shots, seed and arm of every cell of a dataset, in the plan's order."""
        for shots in dict.fromkeys(one.arm.conditions.shots for one in self._arms):
            arms = [one for one in self._arms if one.arm.conditions.shots == shots]
            for seed, one in product(self._spec.seeds, arms):
                yield shots, seed, one

    def _present(self, dataset: Dataset) -> Iterator[PlannedCell]:
        """The cells of a dataset that is there."""
        name, demands = dataset.card.name, self._asked(dataset, dataset.class_names())
        if dataset.remark():
            self.notes.append(dataset.remark())
        self.notes.extend(roll_of(dataset).notes("val" if self._blind else "test"))
        draw = cache(partial(self._drawn, dataset))
        for shots, seed, one in self._places():
            draft = self._drafts.draft(name, one, seed, demands[one.arm.label])
            drawn = draw(shots, seed) if self._trains else draw(0, 0)
            if isinstance(drawn, Misfit) and not _trains(one):
                drawn = draw(0, 0)
            yield self._planned(drawn, draft) if draft.fits else draft

    def _missing(self, dataset: Dataset, reason: str) -> Iterator[PlannedCell]:
        """The cells of a dataset that is missing, sized by its card."""
        card, demands = dataset.card, self._asked(dataset, ())
        sizes = estimated_sizes(self._spec.protocol, card.images["test"])
        for _, seed, one in self._places():
            draft = self._drafts.draft(card.name, one, seed, demands[one.arm.label])
            draft = with_splits(draft, sizes)
            images = card.classes * draft.cell.shots
            low = self._below_a_step(draft, images or None)
            if low:
                draft = replace(draft, reason=low, fits=False)
            if draft.fits:
                tokens = self._tokens(draft, dataset)((STAND_IN,) * card.classes)
                draft = replace(
                    draft,
                    reason=reason,
                    train_images=images,
                    classes=card.classes,
                    test_images=card.images["test"],
                    tokens=tokens,
                    texts_known=False,
                    measured=(estimated_split(draft.cell, sizes, tokens),),
                )
            yield draft

    def _below_a_step(self, draft: PlannedCell, train_images: int | None = None) -> str:
        """Why nothing could be trained with a cell's budget; empty if something can.

        Raises:
            Misfit: the same, if the plan is blind.
        """
        try:
            if draft.fits:
                check_budget(draft, train_images)
        except Misfit as misfit:
            self.low.append(self._tolerated(misfit).reason)
            return misfit.reason
        return ""

    def _keeps_untrained(self, key: str) -> bool:
        """Whether a result of too small a budget is shown: former releases have run such cells."""
        return self._listener.without is not None and key in self._status

    def _asked(
        self, dataset: Dataset, class_names: tuple[str, ...]
    ) -> dict[str, QueryDemand | Misfit]:
        """What each arm asks on a dataset, by label."""
        found: dict[str, QueryDemand | Misfit] = {}
        for one in self._arms:
            try:
                found[one.arm.label] = self._demands.of(one, dataset, class_names)
                check_readout(one.arm, dataset, self._spec, self._transfers)
                check_answers(one.arm, dataset.card.name)
            except Misfit as misfit:
                found[one.arm.label] = self._tolerated(misfit)
        if class_names:
            self.notes.extend(self._demands.notes)
        return found

    def _drawn(self, dataset: Dataset, shots: int, seed: int) -> DrawnTask | Misfit:
        """The task of some cells."""
        try:
            task = self._tasks.task(dataset, shots, seed)
        except (UserError, DatasetError) as error:
            return self._tolerated(Misfit.of_dataset(error, dataset.card.name))
        self.notes.extend(training_notes(task, shots) if shots else ())
        return DrawnTask(task, self._tasks.texts)

    def _planned(self, drawn: DrawnTask | Misfit, draft: PlannedCell) -> PlannedCell:
        if isinstance(drawn, Misfit):
            return replace(draft, reason=drawn.reason, fits=False)
        draft, task = with_splits(draft, test_sizes(drawn.task)), drawn.task
        cell, kind = draft.cell, method_class(draft.cell.method.name)
        low = self._below_a_step(draft, len(task.train)) if kind.trains else ""
        problem = self._transfers.problem(cell)
        split = drawn.digest(SPLITS if kind.trains else ("test",))
        key = "" if problem else self._drafts.key(draft, task.dataset, split)
        if low and not self._keeps_untrained(key):
            return replace(draft, key=key, split=split, reason=low, fits=False)
        self._transfers.remember(cell, key)
        whole, test_images = self._tasks.whole_test(task.dataset)
        tokens = self._tokens(draft, task.dataset)
        return replace(
            draft,
            key=key,
            status="skipped" if problem else self._status.get(key, "new"),
            reason=problem,
            fits=not problem or self._transfers.source_is_missing,
            train_images=len(task.train) if kind.trains else 0,
            classes=len(task.class_names),
            test_images=test_images,
            features=self._features(draft.backbone, whole),
            split=split,
            tokens=tokens(task.class_names),
            texts_known=self._demands.facts(draft.backbone).counts_tokens
            and texts_are_known(cell, draft.demand),
            measured=tuple(measured_splits(task, cell, tokens)),
        )

    def _tokens(self, draft: PlannedCell, dataset: Dataset) -> Tokens:
        """Counts the text tokens that a cell's queries read, if they have a price."""
        prices = self._spec.prices
        if prices is None or not prices.reads:
            return uncounted
        counter = self._counters.setdefault(
            draft.backbone, TextTokens(self._demands.facts(draft.backbone).counts)
        )
        return partial(counter.of, draft.cell, draft.demand, dataset.card.templates)


def _features(precision: Precision, backbone: ResolvedBackbone, whole: str) -> str:
    """Digest of the features of a test split; a service has its own, which nobody sees."""
    if backbone.remote is not None:
        return ""
    plain = preprocessing_of(backbone, "none")
    return feature_digest(backbone.digest, whole, plain, precision)


def _can_train(cell: PlannedCell) -> bool:
    return cell.fits and method_class(cell.cell.method.name).trains


def _trains(one: ResolvedArm) -> bool:
    return method_class(one.arm.method.name).trains
