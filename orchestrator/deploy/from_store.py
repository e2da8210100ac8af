"""The prompt of a cell in a store: what is known of it, and its state; or why it can't be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from benchmarks.datasets.interface import SPLITS, DatasetError
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.views import DatasetView
from benchmarks.protocols import protocol_named, split_digest
from methods.interface import State
from methods.registry import method_class
from orchestrator.cell import Cell
from orchestrator.deploy.rebuilding import check_method
from orchestrator.deploy.record import BackboneRecord, PromptRecord, Rebuilt
from orchestrator.errors import UserError, last_line
from orchestrator.oracle.backbone import SERVICE, preprocessing_of, resolve_backbone
from orchestrator.oracle.space import planned_space
from orchestrator.reading.validation import Refused, validated
from orchestrator.store.storage import BlobMissing
from orchestrator.store.store import Store, UnreadableTrace
from orchestrator.store.tensor_file import UnreadableTensors
from orchestrator.store.trace import Trace
from orchestrator.trial.surroundings import Surroundings
from orchestrator.trial.trained_prompts import stored_prompt

_MEASURED = frozenset(
    f"{split}_{what}" for split in ("test", "val", "new") for what in ("accuracy", "loss")
)
"""What of a trace is kept with the prompt."""
_AGAIN = "Run its spec again after removing {name} from the store."


@dataclass(frozen=True)
class Data:
    """Where datasets are, for results of releases that didn't keep names of classes.

    Attributes:
        root: the folder or location that holds them.
        own: the user's own datasets.
    """

    root: Path | str = "data"
    own: tuple[OwnDataset, ...] = ()


@dataclass(frozen=True)
class StoredPrompt:
    """A finished cell's prompt.

    Attributes:
        record: what is known of it without its model.
        state: the final state of its method; None if that trains nothing.
    """

    record: PromptRecord
    state: State | None


def stored(store: Store, key: str, data: Data) -> StoredPrompt:
    """The prompt of a cell.

    Raises:
        UserError: it can't be exported; says why, and what to do.
    """
    trace = _finished(store, key)
    try:
        cell = Cell.model_validate(dict(trace.cell))
    except ValidationError:
        raise UserError(
            f"cell {key[:12]} is of another release, which knows how to use it."
        ) from None
    if cell.blind:
        raise UserError(
            f"cell {key[:12]} is a trial of a search, whose prompt is not kept: export a cell of "
            f"the comparison that follows the search."
        )
    made = trace.provenance
    code: Mapping[str, Any] = made.get("fingerprints") or {}
    check_method(cell, code.get("method_version"), code.get("method_code"))
    around = _surroundings(store, cell, trace, data)
    state = _state(store, cell, key)
    ends = {name: trace.last(name) for name in trace.metrics() if name in _MEASURED}
    record = PromptRecord(
        title=_title(cell),
        key=key,
        accuracy=trace.last("test_accuracy"),
        measured={name: value for name, value in ends.items() if value is not None},
        queries=int(trace.ledgers.get("method", {}).get("queries", 0)),
        backbone=_model(cell, trace),
        surroundings=around,
        answers=cell.answers,
        rebuilt=Rebuilt(
            method_version=method_class(cell.method.name).version, encoder=code.get("encoder")
        ),
        cell=cell,
        made_with=dict(made.get("packages") or {}),
    )
    return StoredPrompt(record, state)


def _finished(store: Store, key: str) -> Trace:
    """The result of a cell.

    Raises:
        UserError: it has none.
    """
    try:
        return store.finished(key)
    except UnreadableTrace as error:
        raise UserError(str(error)) from None
    except BlobMissing:
        pass
    failed = _failure(store, key)
    if failed:
        raise UserError(f"cell {key[:12]} failed, so it has no prompt: {failed}")
    if key in store.pruned_keys():
        raise UserError(
            f"cell {key[:12]} was ended early by a search, so it has no final prompt: export a "
            f"cell of the comparison that follows the search."
        )
    if key in store.running_keys():
        raise UserError(
            f"cell {key[:12]} hasn't finished, so it has no final prompt yet: run its spec again, "
            f"which goes on from its checkpoint."
        )
    raise UserError(f"cell {key[:12]} hasn't run: there is no result in {store.storage.location}.")


def _failure(store: Store, key: str) -> str:
    """Why a cell has failed; empty if it hasn't."""
    try:
        return last_line(store.failed(key).error)
    except BlobMissing:
        return ""
    except UnreadableTrace as error:
        return str(error)


def _state(store: Store, cell: Cell, key: str) -> State | None:
    """The final state of a cell's method, which another cell may have trained.

    Raises:
        UserError: it is gone, or damaged.
    """
    if not method_class(cell.method.name).trains:
        return None
    trained = cell.source.key if cell.source else key
    again = _AGAIN.format(name=f"results/{trained[:12]}....parquet")
    try:
        state = stored_prompt(store, trained)
    except UnreadableTensors as error:
        raise UserError(
            f"the prompt of cell {trained[:12]} is damaged ({error}). {again}"
        ) from None
    if state is None:
        raise UserError(
            f"the prompt of cell {trained[:12]} is not in the store, which keeps it in prompts/. "
            f"{again}"
        )
    return state


def _surroundings(store: Store, cell: Cell, trace: Trace, data: Data) -> Surroundings:
    """What a cell's prompt is used with, from the store, or else from the data.

    Raises:
        UserError: neither knows it.
    """
    kept = store.surroundings(trace.key)
    if kept is not None:
        try:
            return validated(Surroundings, kept)
        except Refused:
            pass  # of another release, or damaged
    try:
        return _from_data(cell, trace, data)
    except (UserError, DatasetError) as error:
        raise UserError(
            f"the store doesn't keep the names of the classes of cell {trace.key[:12]}, as its "
            f"release did not, and they can't be read from {cell.dataset} here: {error} Give the "
            f"data by --data, and by --spec the spec if the dataset is your own."
        ) from None


def _from_data(cell: Cell, trace: Trace, data: Data) -> Surroundings:
    """What a cell's prompt is used with, if the same images are here.

    Raises:
        DatasetError: the dataset is missing or can't be read.
        UserError: it has other images, or the model isn't here.
    """
    made = trace.provenance
    dataset = open_dataset(cell.dataset, data.root, data.own)
    missing = dataset.missing()
    if missing is not None:
        raise UserError(missing)
    shots = 0 if cell.source else cell.shots
    task = protocol_named(cell.protocol).task(DatasetView(dataset), shots, cell.seed, "take_all")
    known = made.get("split")
    if known and split_digest(task, SPLITS) != known:
        raise UserError("its images are not those that the cell was run on.")
    backbone = resolve_backbone(_model(cell, trace).backbone)
    space, plain = planned_space(backbone, task.class_names), preprocessing_of(backbone, "none")
    around = Surroundings.of(cell, task, space, plain)
    return around.model_copy(update={"train_images": int(made.get("train_images", 0))})


def _model(cell: Cell, trace: Trace) -> BackboneRecord:
    """The model that a cell ran on, as its trace says."""
    made = trace.provenance
    return BackboneRecord(
        name=str(made.get("backbone") or ""),
        pretrained=made.get("weights"),
        fingerprint=cell.backbone,
        service=cell.backbone.startswith(SERVICE),
    )


def _title(cell: Cell) -> str:
    """Method and dataset, in words."""
    origin = f", tuned on {cell.source.dataset}" if cell.source else ""
    return f"{cell.method.name} on {cell.dataset}{origin}"
