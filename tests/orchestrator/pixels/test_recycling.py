"""Memory is used again when nobody has it any more, and never before."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import numpy as np
import torch

from orchestrator.pixels.recycling import Recycling


def address(array: np.ndarray) -> int:
    return int(array.ctypes.data)


def test_memory_comes_back_when_the_last_tensor_is_gone() -> None:
    memory = Recycling()
    array = memory.array((2, 3))
    first = address(array)
    row = torch.from_numpy(array)[1]
    del array
    gc.collect()
    other = memory.array((2, 3))
    assert address(other) != first, "a tensor still shows it"
    del row
    gc.collect()
    assert address(memory.array((3, 1))) == first


def test_the_smallest_memory_that_fits_is_taken() -> None:
    memory = Recycling()
    small, large = memory.array((4,)), memory.array((400,))
    places = address(small), address(large)
    del small, large
    gc.collect()
    assert address(memory.array((3,))) == places[0]
    assert address(memory.array((5,))) == places[1]


def test_no_more_is_held_than_the_limit() -> None:
    memory = Recycling(limit=16)
    arrays = [memory.array((4,)), memory.array((4,))]
    places = {address(array) for array in arrays}
    arrays.clear()
    gc.collect()
    again, other = memory.array((4,)), np.empty(4)  # which takes what was let go of
    del other
    assert address(again) in places
    assert not memory._free


class _Knot:
    """Garbage that only a collection of cycles finds, with a batch."""

    def __init__(self, batch: torch.Tensor) -> None:
        self.batch, self.me = batch, self


class _Collecting(list[np.ndarray]):
    """Has garbage collected while somebody looks at it, as Python may at any time."""

    def __iter__(self) -> Iterator[np.ndarray]:
        gc.collect()
        return super().__iter__()


def test_garbage_that_is_collected_while_memory_is_given_may_hold_some() -> None:
    memory = Recycling()
    memory._free = _Collecting()
    _Knot(torch.from_numpy(memory.array((4,))))
    thread = threading.Thread(target=memory.array, args=((5,),), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "it waits for itself"
    assert len(memory._free) == 2  # of the knot, and what the thread let go of
