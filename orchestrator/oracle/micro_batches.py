"""How much of a forward is computed at once: half as much each time that memory runs out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

Answer = TypeVar("Answer")

CPU_POSITIONS = 1536
"""The activations of this many positions fit into the caches of a CPU core."""
GPU_POSITIONS = 1 << 16


class MicroBatches:
    """The size of a micro-batch, in positions of a sequence.

    Sequences don't attend to each other, so the size doesn't change the answer.

    Args:
        positions: hidden states that are computed at once.
    """

    def __init__(self, positions: int) -> None:
        self.positions = positions

    @classmethod
    def for_device(cls, device: torch.device) -> MicroBatches:
        """A size that keeps a device busy without filling its memory."""
        return cls(CPU_POSITIONS if device.type == "cpu" else GPU_POSITIONS)

    def run(self, compute: Callable[[int], Answer]) -> Answer:
        """Calls `compute` with the present size, and again with half of it if memory runs out.

        The size that fits is kept for later calls.

        Args:
            compute: takes the number of positions; each call starts from the beginning.

        Raises:
            torch.OutOfMemoryError: not even a single position fits.
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
