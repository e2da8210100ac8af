"""Times models and images on this machine, for the plan that is priced by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace

from rich.text import Text

from benchmarks.datasets.interface import Dataset, DatasetError
from orchestrator.console import output, say
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.plan.calibration import (
    TowerCosts,
    calibration_name,
    costs_in,
    measure_towers,
    slow_here,
)
from orchestrator.plan.image_costs import MADE_UP, ImageCosts, measure_images
from orchestrator.plan.plan import Plan
from orchestrator.plan.pricing import Pricing, pricing_from
from orchestrator.plan.tasks import dataset_of
from orchestrator.store.store import Store


def pricing_of(plan: Plan, store: Store, data: str, cores: int | None, *, measure: bool) -> Pricing:
    """Prices by the plan's own finished cells, and for the rest by how fast the models are here.

    Args:
        plan: whose models are priced.
        store: holds what was measured before.
        data: the data root.
        cores: CPU cores of one actor; None for one, and where it is on a GPU, for its share of the
            machine's cores to read images.
        measure: times the models and some images of each dataset now, and keeps that in the store;
            not the models of services.

    Raises:
        UserError: something was measured, and the store can't be written.
    """
    precision, costs, threads = plan.spec.precision, {}, cores or 1
    loaded = [backbone for backbone in plan.backbones() if backbone.remote is None]
    # This machine's name takes torch, which is not loaded to look up what can't be there.
    for backbone in loaded if measure or store.calibrated() else ():
        name = calibration_name(backbone, precision, threads)
        known = costs_in(store.calibration(name))
        if known is not None:
            costs[backbone.digest] = known
        if measure:
            store.storage.check_writable()
            with output.status(Text(f"timing {backbone.label} on this machine")):
                costs[backbone.digest] = _measured(plan, backbone, data, threads, known)
            store.save_calibration(name, asdict(costs[backbone.digest]))
    for backbone in plan.backbones() if measure else ():
        if backbone.remote is not None:
            say(
                f"note: {backbone.label} is asked over HTTP, so its towers can't be timed here; "
                f"time is known once some of its cells have run"
            )
    if costs and measure and (remark := slow_here(precision)):
        say(f"note: {remark}")
    return pricing_from(plan, store, costs, cores)


def _measured(
    plan: Plan, backbone: ResolvedBackbone, data: str, threads: int, known: TowerCosts | None
) -> TowerCosts:
    """The costs of a model, with those of images of datasets that other plans have measured."""
    cells = (cell for cell in plan.cells if cell.fits and cell.backbone == backbone)
    names = dict.fromkeys(cell.cell.dataset for cell in cells)
    images = _image_costs(plan, backbone, names, data)
    before = {} if known is None else known.images
    kept = {name: costs for name, costs in before.items() if name not in names}
    towers = measure_towers(backbone, plan.spec.precision, threads)
    return replace(towers, images={**kept, **images})


def _image_costs(
    plan: Plan, backbone: ResolvedBackbone, names: Iterable[str], data: str
) -> dict[str, ImageCosts]:
    """What reading an image takes, by dataset; under `MADE_UP` for those that aren't here."""
    preprocessing = preprocessing_of(backbone, "none")
    found = {name: _opened(plan, name, data) for name in names}
    costs = {
        name: measure_images(dataset, preprocessing)
        for name, dataset in found.items()
        if dataset is not None
    }
    if len(costs) < len(found) or None in costs.values():
        costs[MADE_UP] = measure_images(None, preprocessing)
    return {name: one for name, one in costs.items() if one is not None}


def _opened(plan: Plan, name: str, data: str) -> Dataset | None:
    """A dataset that is here."""
    try:
        dataset = dataset_of(plan.spec, name, data)
        return dataset if dataset.missing() is None else None
    except (UserError, DatasetError):
        return None
