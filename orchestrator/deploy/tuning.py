"""Tunes one prompt in this process: a spec of a single cell, run by a worker without Ray."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.registry import dataset_names
from benchmarks.quoting import quoted
from orchestrator.console import errors, say
from orchestrator.deploy.export import prompt_from_store
from orchestrator.deploy.from_store import Data
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone
from orchestrator.oracle.features import FeatureTable
from orchestrator.plan.listener import Listener
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.reading.validation import Refused, validated
from orchestrator.spec.spec import Spec
from orchestrator.store.storage import Patience, open_storage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker

if TYPE_CHECKING:
    from orchestrator.deploy.prompt import Prompt

_OF_SPEC = ("augmentation", "views", "precision", "evaluation", "short_classes", "unreadable")
"""Fields of a spec that may be given beside the settings of the method."""
_OWN_NAME = re.compile(r"[^a-z0-9_-]+")
_DECODERS = 8
_LOOK = 0.25
"""Seconds between two looks at how far a cell is."""


@dataclass(frozen=True)
class Place:
    """Where a prompt is tuned, and what a person sees of it.

    Attributes:
        store: location that keeps results, so that equal calls are answered at once and interrupted
            ones go on; None keeps nothing.
        data: the folder or location that holds the datasets.
        device: where the model computes; None takes a GPU if there is one.
        progress: whether to show how far it is.
    """

    store: str | Path | None = None
    data: str | Path = "data"
    device: str | None = None
    progress: bool = True


def spec_of(
    method: str, dataset: str | Path | Mapping[str, Any], fields: Mapping[str, Any], settings: Any
) -> Spec:
    """The spec of a single cell.

    Args:
        method: its name, perhaps with a variant.
        dataset: a known name, the path of a user's own images, or its entry in a spec.
        fields: of the spec.
        settings: of the method; those named in `_OF_SPEC` are the spec's.

    Raises:
        UserError: something is unknown or impossible.
    """
    given = dict(settings)
    if not isinstance(method, str):
        raise UserError(f"method: expected a name or package.module:Class, got {quoted(method)}.")
    if "name" in given:
        raise UserError(f"{method} has no setting `name`.")
    own = {name: given.pop(name) for name in _OF_SPEC if name in given}
    values = {
        "name": "tune",
        "evaluation": {"points": 1},
        **fields,
        **own,
        "datasets": [_dataset(dataset)],
        "methods": [{"name": method, **given}],
    }
    try:
        return validated(Spec, values)
    except Refused as error:
        told = [problem.removeprefix("methods.0: ") for problem in error.problems]
        separator = "\n  " if len(told) > 1 else " "
        raise UserError(separator.join(("that can't be tuned:", *told))) from None


def tuned(spec: Spec, place: Place) -> Prompt:
    """Runs the single cell of a spec, unless the store has its result, and returns its prompt.

    Raises:
        UserError: it can't run, or has failed.
    """
    if place.store is not None:
        return _tuned_in(spec, str(place.store), place)
    with TemporaryDirectory(prefix="querycurve-") as folder:
        return _tuned_in(spec, folder, place)


def _tuned_in(spec: Spec, location: str, place: Place) -> Prompt:
    try:
        data = open_location(str(place.data)).uri
    except DatasetError as error:
        raise UserError(f"data: {error}") from None
    store = Store(open_storage(location, Patience(), _note))
    plan = make_plan(spec, store, data, listener=Listener(_note if place.progress else _ignore))
    cell = _single(plan)
    if place.progress:
        for note in plan.notes:
            _note(f"note: {note}")
    if cell.status != "done":
        _run(plan, cell, store, data, place)
    remote = cell.backbone.remote
    where: Backbone | None = None if remote is None else remote.backbone
    prompt = prompt_from_store(store, cell.key, Data(data, spec.own_datasets), where, place.device)
    if place.progress and prompt.accuracy is not None:
        spent = f"{prompt.record.queries:,} queries"
        _note(f"{prompt.record.title}: {prompt.accuracy:.2f} % of the test images after {spent}")
    return prompt


def _single(plan: Plan) -> PlannedCell:
    """The one cell of a plan.

    Raises:
        UserError: it can't run.
    """
    (cell,) = plan.work
    if cell.status == "skipped":
        raise UserError(f"{cell.label} on {cell.cell.dataset} can't be tuned: {cell.reason}")
    return cell


def _run(plan: Plan, planned: PlannedCell, store: Store, data: str, place: Place) -> None:
    """Runs a cell to its end.

    Raises:
        UserError: it has failed, or another process runs it.
    """
    worker = Worker(_setup(plan, store, data, place))
    cell, key = planned.cell, planned.key
    with _shown(worker, planned, visible=place.progress):
        table = _test_features(worker, planned, store)
        outcome = worker.run_cell(cell, key, table, planned.split)
    if outcome.status == "elsewhere":
        raise UserError(
            f"{planned.title} is being run by another process on {store.storage.location}: wait "
            f"for it, or give another store."
        )
    if outcome.status != "finished":
        error = UserError(f"{planned.title} failed: {outcome.error}")
        error.add_note(store.failed(key).error)
        raise error


def _setup(plan: Plan, store: Store, data: str, place: Place) -> WorkerSetup:
    import torch

    return WorkerSetup(
        backbone=plan.backbone,
        precision=plan.spec.precision,
        store=store.storage.location,
        store_identity=store.identity(),
        data_root=data,
        short_classes=plan.spec.short_classes,
        own_datasets=plan.spec.own_datasets,
        unreadable=plan.unreadable,
        encoders=plan.encoders(),
        threads=torch.get_num_threads(),  # those that the caller has set
        decoders=min(_DECODERS, os.cpu_count() or 1),
        on_cpu=place.device == "cpu",
    )


def _test_features(worker: Worker, planned: PlannedCell, store: Store) -> FeatureTable | None:
    """Features of the test split, encoded if the store hasn't any; None of a service."""
    if not planned.features:
        return None
    if store.features(planned.features) is None:
        worker.encode_test_split(planned.cell.dataset, planned.features)
    data = store.features(planned.features)
    return None if data is None else FeatureTable.from_bytes(data)


@contextmanager
def _shown(worker: Worker, planned: PlannedCell, *, visible: bool) -> Iterator[None]:
    """Shows how many queries a cell has spent, for as long as it runs."""
    from rich.progress import (
        BarColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    if not visible:
        yield
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:,.0f}/{task.total:,.0f} queries"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    ended = Event()
    title = f"{planned.label} on {planned.cell.dataset}"
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(title, total=max(1, planned.cell.queries))

        def look() -> None:
            while not ended.wait(_LOOK):
                told = worker.progress()
                bar.update(task, completed=told.queries)
                for notice in told.notices:
                    _note(notice)

        watcher = Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()


def _dataset(given: str | Path | Mapping[str, Any]) -> str | dict[str, Any]:
    """An entry of a spec's `datasets`."""
    if isinstance(given, Mapping):
        return dict(given)
    text = str(given)
    if text in dataset_names():
        return text
    if isinstance(given, str) and "/" not in text and not Path(text).exists():
        return text  # a misspelt name, for which the nearest ones are suggested
    path = Path(text).expanduser()
    name = _OWN_NAME.sub("-", path.stem.lower()).strip("-_") or "own"
    return {"name": f"own-{name}" if name in dataset_names() else name, "path": text}


def _note(text: str) -> None:
    say(text, console=errors)


def _ignore(text: str) -> None:
    del text
