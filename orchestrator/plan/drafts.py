"""Cells of a spec's arms before it is known what can run, and their keys."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from benchmarks.datasets.interface import Dataset
from methods.registry import method_class
from orchestrator.cell import Cell, Fingerprints, cell_key
from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.plan.cells import as_it_runs, cell_of, on_splits
from orchestrator.plan.demand import NOTHING, QueryDemand, ResolvedArm
from orchestrator.plan.misfit import Misfit
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.transfers import Transfers
from orchestrator.precision import ROUNDING
from orchestrator.spec.spec import Spec


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

    def draft(
        self, dataset: str, one: ResolvedArm, seed: int, demand: QueryDemand | Misfit
    ) -> PlannedCell:
        """A cell before it is known whether its data are there; of a misfit, as it stays."""
        misfit = demand if isinstance(demand, Misfit) else None
        asked = NOTHING if isinstance(demand, Misfit) else demand
        return PlannedCell(
            self._cell(dataset, one, seed, asked),
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
        prepared = preprocessing_of(draft.backbone, cell.augmentation)
        fingerprints = Fingerprints(
            method_version=method_class(cell.method.name).version,
            split=split,
            preprocessing=replace(prepared, size=demand.image_size).digest(),
            encoder=demand.encoder,
            rounding=None if cell.precision == "fp32" else ROUNDING,
            templates=dataset.card.templates if cell.dataset in self._own else None,
            ensemble=_ensemble(cell, dataset),
        )
        return cell_key(cell, fingerprints)

    def _cell(self, dataset: str, one: ResolvedArm, seed: int, demand: QueryDemand) -> Cell:
        touches = demand.touches_images
        cell = cell_of(self._spec, one, dataset, seed, touches_images=touches)
        return as_it_runs(cell, self._transfers, blind=self._blind)


def with_splits(draft: PlannedCell, sizes: Sequence[int]) -> PlannedCell:
    """The draft, once it is known how many images each of its test splits has."""
    cell = on_splits(draft.cell, sizes)
    return draft if cell is draft.cell else replace(draft, cell=cell)


def _ensemble(cell: Cell, dataset: Dataset) -> str | None:
    """SHA-256 of the dataset's own ensemble, if it has one and the method averages it."""
    kind, own = method_class(cell.method.name), dataset.card.ensemble
    settings = kind.settings_type.model_validate(cell.method.settings)
    if not own or not kind.averages_templates(settings):
        return None
    return hashlib.sha256(json.dumps(own).encode()).hexdigest()
