"""A tensor file comes back as it was, or is refused."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.store.tensor_file import UnreadableTensors, from_bytes, to_bytes

TENSORS = {"a": torch.arange(6.0).reshape(2, 3), "b": torch.tensor(3), "c": torch.empty(0, 2)}
FILE = to_bytes(TENSORS, "trial", {"step": 7})


def test_tensors_and_values_come_back() -> None:
    tensors, values = from_bytes(FILE, "trial")
    assert values == {"step": 7}
    assert set(tensors) == set(TENSORS)
    assert all(torch.equal(tensors[name], TENSORS[name]) for name in TENSORS)


@given(place=st.integers(0, len(FILE) - 1), bit=st.integers(0, 7))
def test_no_changed_bit_passes_for_the_file_that_was_written(place: int, bit: int) -> None:
    damaged = bytearray(FILE)
    damaged[place] ^= 1 << bit
    try:
        tensors, values = from_bytes(bytes(damaged), "trial")
    except UnreadableTensors:
        return
    # only what says nothing may have changed, such as a blank in the header
    assert values == {"step": 7}
    assert {name: t.tolist() for name, t in tensors.items()} == {
        name: t.tolist() for name, t in TENSORS.items()
    }


@given(length=st.integers(0, len(FILE) - 1))
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(UnreadableTensors):
        from_bytes(FILE[:length], "trial")
