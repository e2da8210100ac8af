"""Cells of a spec's arms before it is known what can run, and their keys."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.registry import dataset_classes
from methods.registry import method_class, outside_code
from orchestrator.cell import Cell, Fingerprints, cell_key
from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.plan.cells import as_it_runs, cell_of, on_splits
from orchestrator.plan.demand import NOTHING, QueryDemand, ResolvedArm
from orchestrator.plan.misfit import Misfit
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.transfers import Transfers
from orchestrator.precision import ROUNDING
from orchestrator.spec.ablation_point import AblationPoint
from orchestrator.spec.spec import Spec

_Shared = tuple[str, str, int, tuple[AblationPoint, ...], QueryDemand | Misfit]
"""What cells that differ in their seed alone share: dataset, arm (by its label, shots and points;
no other two arms agree in these) and what is asked."""


class Drafts:
    """Makes cells of arms.

    Args:
        spec: the comparison.
        transfers: links cells to those that train their prompts.
        blind: whether cells are measured on validation images alone.
    """

    def __init__(self, spec: Spec, transfers: Transfers, *, blind: bool) -> None:
        self._spec, self._transfers, self._blind = spec, transfers, blind
        self._own = {own.name for own in spec.own_datasets}
        self._first: dict[_Shared, PlannedCell] = {}
        self._prepared = cache(preprocessing_of)

    def draft(
        self, dataset: str, one: ResolvedArm, seed: int, demand: QueryDemand | Misfit
    ) -> PlannedCell:
        """A cell before it is known whether its data are there; of a misfit, as it stays.

        Cells that differ in their seed alone share all else: a plan may have 100,000 of them.
        """
        arm = one.arm
        shared = dataset, arm.label, arm.conditions.shots, arm.ablation_points, demand
        if shared not in self._first:
            self._first[shared] = self._unlinked(dataset, one, seed, demand)
        first = self._first[shared]
        trains = first.cell.shots > 0
        cell = first.cell.model_copy(update={"seed": seed}) if trains else first.cell
        return replace(first, cell=as_it_runs(cell, self._transfers, blind=self._blind))

    def _unlinked(
        self, dataset: str, one: ResolvedArm, seed: int, demand: QueryDemand | Misfit
    ) -> PlannedCell:
        misfit = demand if isinstance(demand, Misfit) else None
        asked = NOTHING if isinstance(demand, Misfit) else demand
        touches = asked.touches_images
        return PlannedCell(
            cell_of(self._spec, one, dataset, seed, touches_images=touches),
            one.arm.label,
            one.backbone,
            asked,
            key="",
            status="skipped",
            reason=misfit.reason if misfit else "",
            fits=misfit is None,
            ablation_points=one.arm.ablation_points,
        )

    def key(self, draft: PlannedCell, dataset: Dataset, split: str) -> str:
        """The key of a cell, given the digest of its images."""
        cell, demand = draft.cell, draft.demand
        prepared = self._prepared(draft.backbone, cell.augmentation)
        kind, own = method_class(cell.method.name), cell.dataset in self._own
        outside = cell.dataset not in dataset_classes()
        fingerprints = Fingerprints(
            method_version=kind.version,
            method_code=outside_code(kind),
            split=split,
            preprocessing=replace(prepared, size=demand.image_size).digest(),
            encoder=demand.encoder,
            rounding=None if cell.precision == "fp32" else ROUNDING,
            templates=dataset.card.templates if own or outside else None,
            ensemble=_ensemble(cell, dataset),
        )
        return cell_key(cell, fingerprints)


def with_splits(draft: PlannedCell, sizes: Sequence[int]) -> PlannedCell:
    """The draft, once it is known how many images each of its test splits has."""
    cell = on_splits(draft.cell, sizes)
    return draft if cell is draft.cell else replace(draft, cell=cell)


def _ensemble(cell: Cell, dataset: Dataset) -> str | None:
    """SHA-256 of the dataset's own ensemble, if it has one and the method averages it."""
    kind, own = method_class(cell.method.name), dataset.card.ensemble
    if not own:
        return None
    settings = kind.settings_type.model_validate(cell.method.settings)
    if not kind.averages_templates(settings):
        return None
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()
