"""Reads specs whose methods and datasets are of packages that aren't installed any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.datasets.registry import dataset_class
from orchestrator.errors import UserError
from orchestrator.plan.recall.stored import Stored, StoredCells
from orchestrator.spec.absent import Absent, AbsentMethod, Anything
from orchestrator.spec.load import SpecSource, load_spec
from orchestrator.spec.spec import Spec


def load_to_read(
    name: SpecSource, overrides: Sequence[str], stored: Callable[[], StoredCells | None]
) -> Spec:
    """A spec, for verbs that only read: what isn't here is taken as the store knows it.

    The store is looked at only where nothing else is wrong with the spec.

    Args:
        name: a YAML file, the name of a ready spec, or its fields.
        overrides: `field=value`, each of which changes the spec.
        stored: opens the store; None if there is none.

    Raises:
        UserError: the spec is wrong, or the store doesn't know what isn't here.
    """
    try:
        return load_spec(name, overrides)
    except UserError as refused:
        try:
            load_spec(name, overrides, Anything())
        except UserError:
            raise refused from None
        cells = stored()
        if cells is None:
            raise
        return load_spec(name, overrides, _known(cells.all_but(())))


def _known(stored: Sequence[Stored]) -> Absent:
    """What results say of methods and datasets, of which some may not be here."""
    methods: dict[str, AbsentMethod] = {}
    datasets: dict[str, str] = {}
    for one in stored:
        told = one.provenance.get("method")
        if isinstance(told, dict) and told.get("place") not in methods:
            method = AbsentMethod(
                place=str(told.get("place")),
                name=str(told.get("name")),
                trains=bool(told.get("trains", True)),
                defaults=told.get("defaults") or {},
                variants=told.get("variants") or {},
            )
            methods |= {method.place: method, method.name: method}
        names = [one.cell.dataset, *([one.cell.source.dataset] if one.cell.source else [])]
        if place := one.provenance.get("dataset_place"):
            datasets[str(place)] = one.cell.dataset
        datasets |= {each: each for each in names if each not in datasets and not _is_here(each)}
    return Absent(methods, datasets)


def _is_here(dataset: str) -> bool:
    try:
        dataset_class(dataset)
    except ValueError:
        return False
    return True
