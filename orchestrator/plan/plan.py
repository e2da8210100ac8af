"""A plan: the cells of a spec, and what a run would do with each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, get_args

from benchmarks.datasets.identity.record import DataIdentity
from benchmarks.datasets.registry import dataset_classes
from methods.registry import method_class, outside_code
from orchestrator.cell import Cell
from orchestrator.oracle.backbone import ResolvedBackbone
from orchestrator.plan.demand import QueryDemand
from orchestrator.plan.measured import MeasuredSplit
from orchestrator.spec.ablation_point import AblationPoint
from orchestrator.spec.spec import Spec

Status = Literal["done", "in progress", "failed", "new", "skipped"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell and what a run would do with it.

    Attributes:
        cell: the unit of work.
        label: the method's name in reports.
        backbone: the model that it runs on.
        demand: what one step of its method asks of the oracle.
        key: names its result; empty if the dataset is missing, so that there is no fingerprint.
        status: `done` has a result, `in progress` a checkpoint, `failed` only a traceback (it runs
            again), `new` nothing yet; `skipped` can't run, for `reason`.
        reason: why it is skipped.
        fits: whether it could run if its data were there; False for a method that doesn't fit the
            dataset or backbone, and for a dataset that can't be used.
        train_images: number of labelled training images of its split (an estimate if skipped).
        classes: number of classes.
        test_images: number of images of its dataset's whole test split (of a full copy if skipped).
        tokens: text tokens that one of its queries reads, for all classes; None where nothing is
            charged for them, so that they weren't counted.
        texts_known: whether these tokens are counted, rather than those of texts that may stand for
            them.
        measured: the splits that it is measured on.
        features: digest that names the image features of its dataset's test split; empty where a
            service has them.
        split: digest of the images that it uses, as they were when it was planned.
        ablation_points: its points in the spec's ablation; empty outside of it.
        same_as: label of an earlier cell of the plan that is the same work; empty if there is none.
    """

    cell: Cell
    label: str
    backbone: ResolvedBackbone
    demand: QueryDemand
    key: str
    status: Status
    reason: str = ""
    train_images: int = 0
    classes: int = 0
    test_images: int = 0
    tokens: float | None = None
    texts_known: bool = True
    measured: tuple[MeasuredSplit, ...] = ()
    features: str = ""
    split: str = ""
    fits: bool = True
    ablation_points: tuple[AblationPoint, ...] = ()
    same_as: str = ""

    def with_points(self, points: tuple[AblationPoint, ...]) -> PlannedCell:
        """The cell with more ablation points."""
        return replace(self, ablation_points=tuple(dict.fromkeys((*self.ablation_points, *points))))

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
    """All cells of a spec, each once under every label that it has.

    Attributes:
        spec: the user's spec.
        backbone: the spec's model; an ablation may use others too.
        cells: in order of dataset, shots, seed and method.
        notes: messages for the user, such as classes with fewer images than shots.
        unreadable: references of the images that are left out, by dataset.
        identities: what is known of the images of each dataset; only of a plan that is to be run.
        recalled: what to know of results that were read from the store alone, as what they were
            made on isn't here, and of results that don't count; only of a plan that is read.
        unchecked: datasets with such results, or with cells that have none and can't be planned.
    """

    spec: Spec
    backbone: ResolvedBackbone
    cells: tuple[PlannedCell, ...]
    notes: tuple[str, ...] = ()
    unreadable: Mapping[str, frozenset[str]] = field(default_factory=dict)
    identities: Mapping[str, DataIdentity] = field(default_factory=dict)
    recalled: tuple[str, ...] = ()
    unchecked: frozenset[str] = frozenset()

    @property
    def work(self) -> tuple[PlannedCell, ...]:
        """The cells, without those that are the same work as an earlier one under another label."""
        return tuple(cell for cell in self.cells if not cell.same_as)

    @property
    def remote(self) -> bool:
        """Whether a service answers any of its cells."""
        return any(cell.backbone.remote is not None for cell in self.cells)

    def to_run(self) -> tuple[PlannedCell, ...]:
        """Cells without a result that can run; those with a checkpoint first."""
        todo = [c for c in self.work if c.status in ("in progress", "failed", "new")]
        return tuple(sorted(todo, key=lambda c: c.status != "in progress"))

    def backbones(self) -> tuple[ResolvedBackbone, ...]:
        """All models that cells run on."""
        return tuple(dict.fromkeys(cell.backbone for cell in self.cells if cell.fits))

    def encoders(self) -> dict[str, str]:
        """Digests of the methods' own image encoders, by name."""
        found: dict[str, str] = {}
        for cell in self.cells:
            if cell.demand.encoder is None:
                continue
            kind = method_class(cell.cell.method.name)
            name = kind.encoder_name(kind.settings_type.model_validate(cell.cell.method.settings))
            if name is not None:
                found[name] = cell.demand.encoder
        return found

    def outside_methods(self) -> dict[str, str]:
        """Digests of the code of methods of other packages, by place."""
        kinds = {cell.cell.method.name: None for cell in self.cells if cell.fits}
        codes = {name: outside_code(method_class(name)) for name in kinds}
        return {name: code for name, code in codes.items() if code is not None}

    def outside_datasets(self) -> tuple[str, ...]:
        """Names or places of the datasets of other packages."""
        ours = {*dataset_classes(), *(own.name for own in self.spec.own_datasets)}
        return tuple(name for name in self.spec.all_datasets if name not in ours)

    def counts(self) -> Counter[Status]:
        """Number of cells by status, each counted once."""
        return Counter(cell.status for cell in self.work)

    def known_as(self, key: str) -> tuple[PlannedCell, ...]:
        """A cell under all its labels."""
        return self._by_key.get(key, ())

    @cached_property
    def _by_key(self) -> dict[str, tuple[PlannedCell, ...]]:
        """Looked up for every cell that ends: a search for each would take n^2 steps."""
        found: dict[str, list[PlannedCell]] = {}
        for cell in self.cells:
            found.setdefault(cell.key, []).append(cell)
        return {key: tuple(cells) for key, cells in found.items()}


def with_lost_prompts(
    cells: Sequence[PlannedCell], prompt_keys: Collection[str]
) -> tuple[PlannedCell, ...]:
    """Plans anew the cells that are done but whose prompt, which others still test, is lost."""
    wanted = {
        cell.cell.source.key
        for cell in cells
        if cell.cell.source is not None and cell.status not in ("done", "skipped")
    }
    lost = wanted.difference(prompt_keys)
    return tuple(
        replace(cell, status="new") if cell.key in lost and cell.status == "done" else cell
        for cell in cells
    )
