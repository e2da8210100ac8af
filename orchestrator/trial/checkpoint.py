"""Checkpoints of a running trial, saved at intervals, each as one file."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from methods.interface import State
from orchestrator.store import tensor_file
from orchestrator.store.store import CHECKPOINTS, Store
from orchestrator.store.trace import Point
from orchestrator.trial.messages import TrialStopped

_FORMAT = 1
_TITLE = "trial"


class _Values(BaseModel):
    """What a checkpoint holds beside tensors."""

    step: int
    drawn: int | None = None
    method: dict[str, Any]
    ledgers: dict[str, dict[str, int | float]]
    points: tuple[tuple[int, int, str, float], ...]
    seconds: dict[str, float]


class UnusableCheckpoint(Exception):
    """A checkpoint is damaged or of another format, so that it can't be resumed."""


@dataclass(frozen=True)
class Snapshot:
    """A trial between two steps.

    Attributes:
        step: number of steps done.
        drawn: number of mini-batches that were drawn for them; steps may ask about one again.
        method: the method's state.
        ledgers: what method and observer have spent, and what a service has charged.
        points: the trace so far.
        seconds: wall seconds so far, by activity.
    """

    step: int
    drawn: int
    method: State
    ledgers: Mapping[str, Mapping[str, int | float]]
    points: tuple[Point, ...]
    seconds: dict[str, float]

    def to_bytes(self, cell: Mapping[str, Any] | None = None) -> bytes:
        """The snapshot as a safetensors file, which says what cell it is of, if that is given."""
        values: dict[str, Any] = {
            "format": _FORMAT,
            "step": self.step,
            "drawn": self.drawn,
            "method": dict(self.method.values),
            "ledgers": {name: dict(spent) for name, spent in self.ledgers.items()},
            "points": [[p.queries, p.images, p.metric, p.value] for p in self.points],
            "seconds": self.seconds,
            **({} if cell is None else {"cell": cell}),
        }
        return tensor_file.to_bytes(self.method.tensors, _TITLE, values)

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """The snapshot in a safetensors file.

        Raises:
            UnusableCheckpoint: the file is damaged, or of another format.
        """
        try:
            tensors, values = tensor_file.from_bytes(data, _TITLE)
        except tensor_file.UnreadableTensors as error:
            raise UnusableCheckpoint(f"damaged checkpoint ({error})") from None
        if values.get("format") != _FORMAT:
            form = repr(values.get("format"))[:40]
            raise UnusableCheckpoint(f"checkpoint format {form} is unknown")
        try:
            known = _Values.model_validate(values)
        except ValidationError as error:
            place = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise UnusableCheckpoint(f"damaged checkpoint (no sound {place})") from None
        return cls(
            step=known.step,
            drawn=known.step if known.drawn is None else known.drawn,
            method=State(tensors, known.method),
            ledgers=known.ledgers,
            points=tuple(Point(*row) for row in known.points),
            seconds=known.seconds,
        )

    @property
    def queries(self) -> int:
        """Queries that the method was charged so far."""
        return int(self.ledgers.get("method", {}).get("queries", 0))


def cell_in(data: bytes) -> dict[str, Any] | None:
    """The cell that a checkpoint is of; None if it doesn't say, or is damaged."""
    try:
        cell = tensor_file.values_in(data, _TITLE).get("cell")
    except tensor_file.UnreadableTensors:
        return None
    return cell if isinstance(cell, dict) else None


@dataclass
class Checkpoints:
    """Saves a trial at intervals, and finds its last good checkpoint.

    Attributes:
        store: keeps the checkpoints.
        key: key of the trial's cell.
        interval: wall seconds between two saves.
        stopped: tells whether the trial was asked to stop.
        cell: the cell as plain JSON values, for those who look at the store without its data.
    """

    store: Store
    key: str
    interval: float = 10.0
    stopped: Callable[[], bool] = lambda: False
    cell: Mapping[str, Any] | None = None
    _next: int = 0

    def __post_init__(self) -> None:
        self._last = time.monotonic()

    def latest(self, on_damage: Callable[[str], None] = lambda _: None) -> Snapshot | None:
        """The last good snapshot; None if there is none. The next save uses the other slot.

        Args:
            on_damage: called with a message about each checkpoint that can't be used.
        """
        found: dict[int, Snapshot] = {}
        for slot in range(CHECKPOINTS):
            data = self.store.checkpoint(self.key, slot)
            if data is None:
                continue
            try:
                found[slot] = Snapshot.from_bytes(data)
            except UnusableCheckpoint as error:
                on_damage(str(error))
        if not found:
            return None
        best = max(found, key=lambda slot: (found[slot].step, len(found[slot].points)))
        self._next = (best + 1) % CHECKPOINTS
        return found[best]

    def save(self, snapshot: Snapshot) -> None:
        """Saves a snapshot in place of the oldest."""
        self.store.save_checkpoint(self.key, self._next, snapshot.to_bytes(self.cell))
        self._next = (self._next + 1) % CHECKPOINTS
        self._last = time.monotonic()

    def maybe(self, snapshot: Callable[[], Snapshot]) -> None:
        """Saves a snapshot if the interval has passed, or if the trial was asked to stop.

        Raises:
            TrialStopped: the trial was asked to stop; its snapshot is saved.
        """
        stopped = self.stopped()
        if stopped or time.monotonic() - self._last >= self.interval:
            self.save(snapshot())
        if stopped:
            raise TrialStopped
