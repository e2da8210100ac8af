"""How much of a forward is computed at once: bounds the memory, and gives way when it runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

Answer = TypeVar("Answer")

CPU_POSITIONS = 1536
"""Activations of so many positions stay in a core's caches."""
GPU_POSITIONS = 1 << 16


class MicroBatches:
    """The size of a micro-batch, in positions of a sequence.

    Sequences don't see each other, so the size doesn't change the answer.

    Args:
        positions: hidden states computed at once.
    """

    def __init__(self, positions: int) -> None:
        self.positions = positions

    @classmethod
    def for_device(cls, device: torch.device) -> MicroBatches:
        """A size that keeps a device busy without filling its memory."""
        return cls(CPU_POSITIONS if device.type == "cpu" else GPU_POSITIONS)

    def run(self, compute: Callable[[int], Answer]) -> Answer:
        """Computes with the present size, and with half of it whenever memory runs out.

        What was found to fit is kept for later calls.

        Args:
            compute: is given the number of positions; starts afresh when it is called again.

        Raises:
            torch.OutOfMemoryError: a single position doesn't fit.
        """
        while True:
            try:
                return compute(self.positions)
            except torch.OutOfMemoryError:
                if self.positions <= 1:
                    raise
            self.positions //= 2
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
