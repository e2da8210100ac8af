"""A running trial as one file: tensors as safetensors, everything else as JSON in its header."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save

from methods.interface import State
from orchestrator.trace import Point

_FORMAT = 1


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
        tensors = {name: tensor.contiguous() for name, tensor in self.method.tensors.items()}
        return bytes(save(tensors, metadata={"trial": json.dumps(values)}))

    @classmethod
    def from_bytes(cls, data: bytes) -> Snapshot:
        """The snapshot in a safetensors file.

        Raises:
            UnusableCheckpoint: the file is damaged or of another format.
        """
        try:
            values = json.loads(_header(data)["trial"])
            tensors = load(data)
        except (SafetensorError, KeyError, ValueError) as error:
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


def _header(data: bytes) -> dict[str, str]:
    """The metadata of a safetensors file: 8 bytes of length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata: dict[str, str] = header["__metadata__"]
    return metadata


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
