"""What a store's traces say of themselves: their cells, and how they were made."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from methods.registry import method_class
from orchestrator.cell import Cell, canonical_json
from orchestrator.plan.damaged import READERS
from orchestrator.plan.plan import Status
from orchestrator.store.storage import BlobMissing
from orchestrator.store.store import CHECKPOINTS, Store, UnreadableTrace
from orchestrator.trial.checkpoint import cell_in


@dataclass(frozen=True)
class Stored:
    """A result, a failure or a running cell in a store.

    Attributes:
        key: the cell's key.
        cell: what was run.
        status: where it stands.
        provenance: how it was made; empty while it runs.
    """

    key: str
    cell: Cell
    status: Status
    provenance: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        """Whether it has a result."""
        return self.status == "done"

    @property
    def backbone(self) -> str:
        """The name of its model; empty if it was not recorded."""
        return str(self.provenance.get("backbone", ""))

    @property
    def of_known_code(self) -> bool:
        """Whether it says which code it was made with; results of former releases don't."""
        return isinstance(self.provenance.get("fingerprints"), Mapping)

    @property
    def written(self) -> float:
        """When it ended, in seconds since 1970; 0 if it was not recorded."""
        try:
            return datetime.fromisoformat(str(self.provenance.get("written", ""))).timestamp()
        except ValueError:
            return 0.0

    @property
    def split(self) -> str | None:
        """Digest of the images of its splits; None if it was not recorded."""
        return self.provenance.get("split") or None

    @property
    def images(self) -> str | None:
        """Digest of every image of its dataset; None if they were not all read."""
        known = self.provenance.get("data")
        return (known.get("digest") or None) if isinstance(known, Mapping) else None


@dataclass
class StoredCells:
    """The headers of a store's traces, each of which is read once, when it is first asked for.

    Attributes:
        store: the store.
        say: told in one line of traces that can't be read.
    """

    store: Store
    say: Callable[[str], None] = lambda _: None
    _known: dict[str, Stored | None] = field(default_factory=dict)

    def all_but(self, keys: Collection[str]) -> list[Stored]:
        """All results and failures, in order of keys, except those of some keys."""
        every = self.store.finished_keys() | self.store.failed_keys()
        return self.of(every.difference(keys))

    def of(self, keys: Collection[str]) -> list[Stored]:
        """The results and failures of some keys that have one, in order of keys."""
        self._read([key for key in sorted(keys) if key not in self._known])
        return [found for key in sorted(keys) if (found := self._known[key]) is not None]

    def running_but(self, keys: Collection[str]) -> tuple[list[Stored], int]:
        """Cells that have a checkpoint, except those of some keys; and how many don't say what."""
        running = self.store.running_keys() - self.store.pruned_keys()
        with ThreadPoolExecutor(READERS) as readers:
            found = list(readers.map(self._running, sorted(running.difference(keys))))
        told = [one for one in found if one is not None]
        return told, len(found) - len(told)

    def written(self, stored: Iterable[Stored]) -> dict[str, float]:
        """When each was made, by key, in seconds since 1970: as it says itself, or its file."""
        every = list(stored)
        times = self.store.written([one.key for one in every])
        return {one.key: one.written or times[one.key] for one in every}

    def _read(self, keys: Collection[str]) -> None:
        with ThreadPoolExecutor(READERS) as readers:
            found = list(readers.map(self._stored, keys))
        refused = [one for one in found if isinstance(one, str)]
        if refused:
            more = f" So are {len(refused) - 1} more." if len(refused) > 1 else ""
            self.say(f"left out: {refused[0]}{more}")
        for key, one in zip(keys, found, strict=True):
            self._known[key] = None if isinstance(one, str) else one

    def _stored(self, key: str) -> Stored | str | None:
        """What a key's trace says; a message if it can't be read, None if it says no known cell."""
        try:
            trace = self.store.header(key)
            cell = Cell.model_validate(dict(trace.cell))
        except UnreadableTrace as error:
            return str(error)
        except (BlobMissing, ValidationError):  # gone in the meantime, or of a later release
            return None
        status: Status = "done" if trace.status == "finished" else "failed"
        return Stored(key, cell, status, trace.provenance)

    def _running(self, key: str) -> Stored | None:
        """What a running cell's checkpoints say that it is; None if they don't."""
        slots = (self.store.checkpoint(key, slot) for slot in range(CHECKPOINTS))
        cell = next(filter(None, (cell_in(data) for data in slots if data is not None)), None)
        try:
            return Stored(key, Cell.model_validate(cell), "in progress", {})
        except ValidationError:
            return None


def by_identity(stored: Iterable[Stored]) -> dict[str, list[Stored]]:
    """Results by what their cells say."""
    found: dict[str, list[Stored]] = {}
    for one in stored:
        found.setdefault(identity(one.cell), []).append(one)
    return found


def identity(cell: Cell) -> str:
    """What a cell says but for its weights, and for the key of the cell that trained its prompt.

    Settings that were not there yet when it ran have their usual values.
    """
    document = cell.model_dump(mode="json", exclude={"backbone", "source"})
    document["method"]["settings"] = dict(_whole_settings(cell))
    source = cell.source.dataset if cell.source else ""
    return canonical_json({**document, "source": source})


def _whole_settings(cell: Cell) -> Iterator[tuple[str, Any]]:
    try:
        fields = method_class(cell.method.name).settings_type.model_fields
    except ValueError:  # a method that this release doesn't have
        fields = {}
    for name, known in fields.items():
        if name not in cell.method.settings and not known.is_required():
            yield name, known.get_default(call_default_factory=True)
    yield from cell.method.settings.items()
