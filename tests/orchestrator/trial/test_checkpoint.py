"""Checkpoints: read as they were written, or refused in a few words."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from methods.interface import State
from orchestrator.store import tensor_file
from orchestrator.store.trace import Point
from orchestrator.trial.checkpoint import Snapshot, UnusableCheckpoint

SNAPSHOT = Snapshot(
    step=3,
    drawn=2,
    method=State({"parameters": torch.arange(3.0)}, {"best": None}),
    ledgers={"method": {"queries": 12, "images": 96}},
    points=(Point(0, 0, "val_accuracy", 30.0), Point(12, 96, "train_loss", float("inf"))),
    seconds={"total": 1.5},
)
WHOLE = SNAPSHOT.to_bytes()


def test_a_snapshot_comes_back_as_it_was() -> None:
    found = Snapshot.from_bytes(WHOLE)
    assert (found.step, found.queries, found.points) == (3, 12, SNAPSHOT.points)
    assert found.method.values == {"best": None}
    assert found.method.tensors["parameters"].tolist() == [0, 1, 2]


@given(
    st.binary(max_size=100)
    | st.integers(0, len(WHOLE) - 1).map(lambda end: WHOLE[:end])
    | st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=3)).map(
        lambda change: WHOLE[: change[0]] + change[1] + WHOLE[change[0] + len(change[1]) :]
    )
)
def test_any_bytes_are_that_snapshot_or_refused(data: bytes) -> None:
    try:
        found = Snapshot.from_bytes(data)
    except UnusableCheckpoint as error:
        assert str(error).isprintable()
        assert len(str(error)) < 220
    else:
        assert found.points == SNAPSHOT.points


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 2}, "checkpoint format 2 is unknown"),
        ({"format": "x" * 500}, "checkpoint format 'xxx"),
        ({"step": "x"}, "no sound step"),
        ({"method": None}, "no sound method"),
        ({"ledgers": {"method": 3}}, "no sound ledgers.method"),
        ({"points": [[1, 2]]}, "no sound points.0"),
        ({"points": 7}, "no sound points"),
        ({"seconds": [1]}, "no sound seconds"),
    ],
)
def test_sound_files_with_other_values_are_refused(change: dict[str, Any], message: str) -> None:
    _, values = tensor_file.from_bytes(WHOLE, "trial")
    with pytest.raises(UnusableCheckpoint, match=message) as error:
        Snapshot.from_bytes(tensor_file.to_bytes({}, "trial", {**values, **change}))
    assert len(str(error.value)) < 100
