"""Memory for batches that is used again once nobody has any of it.

The system clears new memory page by page, which takes longer than to write an image there.
"""

from __future__ import annotations

import math
import weakref
from threading import RLock

import numpy as np
from numpy.typing import NDArray

LIMIT = 256 * 2**20
"""Bytes that are held for later, at most."""

Floats = NDArray[np.float32]


class Recycling:
    """Gives arrays. Safe for many threads at once.

    Args:
        limit: bytes that are held for later, at most.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._free: list[Floats] = []
        self._lock = RLock()  # garbage that is collected meanwhile may put back what it held

    def array(self, shape: tuple[int, ...]) -> Floats:
        """An array with whatever is in it, its own until it and all tensors of it are gone.

        A tensor made by `torch.from_numpy` holds the array. A slice of the array doesn't, so that
        whoever writes into slices has to hold the array as well.
        """
        numbers = math.prod(shape)
        memory = self._found(numbers)
        if memory is None:
            memory = np.empty(numbers, dtype=np.float32)
        array = memory[:numbers].reshape(shape)
        weakref.finalize(array, self._put, memory).atexit = False
        return array

    def _found(self, numbers: int) -> Floats | None:
        """The smallest free memory that fits."""
        with self._lock:
            fitting = [place for place, one in enumerate(self._free) if one.size >= numbers]
            if not fitting:
                return None
            return self._free.pop(min(fitting, key=lambda place: self._free[place].size))

    def _put(self, memory: Floats) -> None:
        with self._lock:
            held = sum(one.nbytes for one in self._free)
            if held + memory.nbytes <= self._limit:
                self._free.append(memory)
