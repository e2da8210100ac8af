"""How much of a forward is computed at once: half as much each time that memory runs out."""

from collections.abc import Callable
from typing import TypeVar

import torch

Answer = TypeVar("Answer")

CPU_POSITIONS = 1536
"""The activations of this many positions fit into the caches of a CPU core."""
GPU_POSITIONS = 1 << 16

_SAID = (
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUDA error: out of memory",
    "CUDA driver error: out of memory",
)
"""How CUDA's libraries say that memory ran out, which they take past torch's allocator: mostly
where several processes share a GPU."""


class MicroBatches:
    """The size of a micro-batch, in positions of a sequence.

    Sequences don't attend to each other, so the size doesn't change the answer.

    Attributes:
        positions: hidden states computed at once; at first they keep the device busy.
    """

    def __init__(self, device: torch.device) -> None:
        self.positions = CPU_POSITIONS if device.type == "cpu" else GPU_POSITIONS

    def run(self, compute: Callable[[int], Answer]) -> Answer:
        """Calls `compute` with the present size, and again with half of it if memory runs out.

        Each call starts from the beginning. The size that fits is kept for later calls.

        Raises:
            RuntimeError: not even a single position fits, or something else is wrong.
        """
        while True:
            try:
                return compute(self.positions)
            except RuntimeError as error:  # `OutOfMemoryError` is one
                if self.positions <= 1 or not _out_of_memory(error):
                    raise
            self.positions //= 2
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


def _out_of_memory(error: RuntimeError) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(one in str(error) for one in _SAID)
