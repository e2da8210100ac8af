"""First proposals and parameters after three steps are those of the data file: no silent drift."""

from __future__ import annotations

import json
import math

import pytest

from methods.registry import method_names, variant_names
from tests.methods.pins import FILE, pins

PINNED = json.loads(FILE.read_text())
CLOSE = 1e-3
"""Another CPU or thread count rounds differently, and estimates divide rounding by small radii; a
change of any formula is far larger."""


def test_everything_is_pinned() -> None:
    assert set(PINNED) == {*method_names(), *variant_names()}


@pytest.mark.parametrize("name", PINNED)
def test_proposals_are_as_pinned(name: str) -> None:
    found, expected = pins(name), PINNED[name]
    assert found["version"] == expected["version"]
    for part in ("first", "after_three", "deployed"):
        assert set(found[part]) == set(expected[part])
        for tensor, pinned in expected[part].items():
            size, norm, total, *entries = pinned
            found_size, found_norm, found_total, *found_entries = found[part][tensor]
            typical = norm / math.sqrt(size) if size else 0.0
            assert found_size == size
            assert found_norm == pytest.approx(norm, rel=CLOSE), tensor
            assert found_total == pytest.approx(total, rel=CLOSE, abs=CLOSE * norm), tensor
            assert found_entries == pytest.approx(entries, rel=CLOSE, abs=CLOSE * typical), tensor
