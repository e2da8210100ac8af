"""Tables of features: read as they were written, or not at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save

from orchestrator.oracle.features import FeatureTable

FEATURES: NDArray[np.float32] = np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4)
LABELS: NDArray[np.int64] = np.array([0, 1, 1], dtype=np.int64)
WHOLE = FeatureTable(FEATURES.copy(), LABELS.copy()).to_bytes()


def same(found: FeatureTable | None) -> bool:
    if found is None:
        return False
    return (found.features == FEATURES).all() and (found.labels == LABELS).all()


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_changed_bit_passes_for_other_features(place: int, bit: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[place % len(WHOLE)] ^= 1 << bit
    found = FeatureTable.from_bytes(bytes(damaged))
    # A bit of the digest's own name leaves a table without one, as earlier releases wrote it.
    assert found is None or same(found)


@given(st.binary(max_size=100) | st.integers(0, len(WHOLE) - 1).map(lambda end: WHOLE[:end]))
def test_what_is_no_table_is_none(data: bytes) -> None:
    assert FeatureTable.from_bytes(data) is None


def test_tables_without_a_digest_stay_readable() -> None:
    assert same(FeatureTable.from_bytes(save({"features": FEATURES, "labels": LABELS})))


@pytest.mark.parametrize(
    ("features", "labels"),
    [
        (FEATURES, LABELS[:2]),
        (FEATURES.ravel(), LABELS),
        (FEATURES.astype(np.float64), LABELS),
        (FEATURES, LABELS.astype(np.float32)),
        (FEATURES * np.float32(np.nan), LABELS),
    ],
)
def test_arrays_that_are_no_table_are_none(features: object, labels: object) -> None:
    arrays = {"features": np.ascontiguousarray(features), "labels": np.ascontiguousarray(labels)}
    assert FeatureTable.from_bytes(save(arrays)) is None
