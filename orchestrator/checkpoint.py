"""A running trial as one file, saved now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from methods.interface import State
from orchestrator import tensor_file
from orchestrator.trace import Point

_FORMAT = 1
_TITLE = "trial"


class UnusableCheckpoint(Exception):
    """A checkpoint that is damaged or of another format; the trial starts afresh."""


@dataclass(frozen=True)
class Snapshot:
    """A trial between two steps.

    Attributes:
        step: steps done.
        method: the method's state.
        ledgers: queries and images of method and observer.
        points: the trace so far.
        seconds: wall seconds spent so far, by what on.
    """

    step: int
    method: State
    ledgers: dict[str, dict[str, int]]
    points: tuple[Point, ...]
    seconds: dict[str, float]

    def to_bytes(self) -> bytes:
        """The snapshot as a safetensors file."""
        values: dict[str, Any] = {
            "format": _FORMAT,
            "step": self.step,
            "method": dict(self.method.values),
            "ledgers": self.ledgers,
            "points": [[p.queries, p.images, p.metric, p.value] for p in self.points],
            "seconds": self.seconds,
        }
        return tensor_file.to_bytes(self.method.tensors, _TITLE, values)

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """The snapshot in a safetensors file.

        Raises:
            UnusableCheckpoint: the file is damaged or of another format.
        """
        try:
            tensors, values = tensor_file.from_bytes(data, _TITLE)
        except tensor_file.UnreadableTensors as error:
            raise UnusableCheckpoint(f"damaged checkpoint ({error})") from None
        if values.get("format") != _FORMAT:
            raise UnusableCheckpoint(f"checkpoint format {values.get('format')!r} is unknown")
        return cls(
            step=values["step"],
            method=State(tensors, values["method"]),
            ledgers=values["ledgers"],
            points=tuple(Point(*row) for row in values["points"]),
            seconds=values["seconds"],
        )


@dataclass
class Checkpoints:
    """Saves a trial now and then.

    Attributes:
        save: stores the bytes of a snapshot under the trial's key.
        interval: wall seconds between two saves.
    """

    save: Callable[[bytes], None]
    interval: float = 10.0

    def __post_init__(self) -> None:
        self._last = time.monotonic()

    def maybe(self, snapshot: Callable[[], Snapshot]) -> None:
        """Saves a snapshot if the interval has passed."""
        if time.monotonic() - self._last >= self.interval:
            self.save(snapshot().to_bytes())
            self._last = time.monotonic()
