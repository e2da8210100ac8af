"""What a verb works on: the plan of a spec, the store, and the spec's search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator.cli.broken import tell_of_broken
from orchestrator.cli.options import PATIENCE
from orchestrator.console import errors, say, warn
from orchestrator.errors import UserError

if TYPE_CHECKING:
    from orchestrator.plan.plan import Plan
    from orchestrator.plan.recall.reader import Reader
    from orchestrator.search.plan import PlannedSearch
    from orchestrator.spec.load import SpecSource
    from orchestrator.spec.spec import Spec
    from orchestrator.store.store import Store


@dataclass(frozen=True)
class Work:
    """A spec beside what the store holds of it.

    Attributes:
        plan: its cells.
        store: where their results lie.
        search: its search; None where it has none.
    """

    plan: Plan
    store: Store
    search: PlannedSearch | None


def open_work(
    spec: SpecSource,
    overrides: Sequence[str] | None,
    location: str,
    data: str,
    patience: float = PATIENCE,
) -> Work:
    """Reads a spec and looks up each of its cells in the store; writes nothing.

    Args:
        spec: a YAML file, the name of a ready spec, or its fields.
        overrides: `field=value`, each of which changes the spec.
        location: the store's folder or `s3://` address.
        data: the data root: a folder, or an `s3://` address.
        patience: seconds to wait for a store that doesn't answer.

    Raises:
        UserError: the spec is wrong, or the store can't be opened.
    """
    from orchestrator.plan.listener import Listener
    from orchestrator.plan.planner import make_plan
    from orchestrator.spec.load import load_spec

    loaded = load_spec(spec, overrides or ())
    tell_of_broken()
    store = _open_store(location, patience)
    if loaded.search is None:
        return Work(make_plan(loaded, store, data, listener=Listener(_remark)), store, None)
    from orchestrator.search.plan import plan_with_result, searched

    plan = plan_with_result(loaded, store, data, _remark)
    return Work(plan, store, searched(loaded, store, data))


def open_work_to_read(
    spec: SpecSource,
    overrides: Sequence[str] | None,
    location: str,
    data: str,
    *,
    results: bool = True,
) -> Work:
    """As `open_work`, and with results of what isn't here: datasets, weights or encoders.

    Those are found in the store by what their cells say; the plan's `recalled` says so.

    Args:
        spec: a YAML file, the name of a ready spec, or its fields.
        overrides: `field=value`, each of which changes the spec.
        location: the store's folder or `s3://` address.
        data: the data root: a folder, or an `s3://` address.
        results: whether to refuse a store without results of the spec.

    Raises:
        UserError: the spec is wrong, the store can't be opened, or it has no results.
    """
    from orchestrator.plan.recall.absent import load_to_read
    from orchestrator.plan.recall.not_found import why_nothing
    from orchestrator.plan.recall.reader import Reader
    from orchestrator.plan.recall.stored import StoredCells

    def stored() -> StoredCells | None:
        store = _open_store(location, PATIENCE)
        return StoredCells(store) if is_there(store) else None

    loaded = load_to_read(spec, overrides or (), stored)
    tell_of_broken()
    store = open_store_to_read(location) if results else _open_store(location, PATIENCE)
    reader = Reader(StoredCells(store, warn), data, _remark)
    work = _read(loaded, reader)
    if results and not any(cell.status in ("done", "failed") for cell in work.plan.cells):
        raise UserError(f"{why_nothing(work.plan, reader.stored)}.")
    return work


def open_store_to_read(location: str) -> Store:
    """A store that has results.

    Raises:
        UserError: it can't be opened, or isn't there.
    """
    store = _open_store(location, PATIENCE)
    if not is_there(store):
        raise UserError(
            f"there is no store at {location}: nothing has run with this --store yet, or its path "
            f"is wrong."
        )
    return store


def _read(spec: Spec, reader: Reader) -> Work:
    store = reader.stored.store
    if spec.search is None:
        return Work(reader.plan(spec), store, None)
    from orchestrator.search.recall import read_with_search

    plan, found = read_with_search(spec, spec.search, reader)
    return Work(plan, store, found)


def is_there(store: Store) -> bool:
    """Whether a store's folder exists; of a bucket, its storage says so."""
    location = store.storage.location
    return "://" in location or Path(location).is_dir()


def open_work_to_run(
    spec: SpecSource, overrides: Sequence[str] | None, location: str, data: str, patience: float
) -> Work:
    """As `open_work`, with what is known of the data, for a process that may run for days.

    What planning loads stays elsewhere. A search plans its trials one after another, so there
    nothing is gained.

    Raises:
        UserError: as `open_work` does.
    """
    from orchestrator.plan.apart import apart
    from orchestrator.spec.load import load_spec

    # A wrong spec is refused here, before a process starts.
    if load_spec(spec, overrides or ()).search is not None:
        from orchestrator.plan.identities import with_identities

        work = open_work(spec, overrides, location, data, patience)
        return replace(work, plan=with_identities(work.plan, data, _remark))
    plan = apart(_plan_of, spec, overrides, location, data, patience)
    return Work(plan, _open_store(location, patience), None)


def _plan_of(
    spec: SpecSource, overrides: Sequence[str] | None, location: str, data: str, patience: float
) -> Plan:
    from orchestrator.plan.identities import with_identities

    plan = open_work(spec, overrides, location, data, patience).plan
    return with_identities(plan, data, _remark)


def _remark(text: str) -> None:
    """Says what takes a while, apart from what a verb prints."""
    say(text, console=errors)


def _open_store(location: str, patience: float) -> Store:
    from orchestrator.store.storage import Patience, open_storage
    from orchestrator.store.store import Store

    return Store(open_storage(location, Patience(limit=patience), warn))
