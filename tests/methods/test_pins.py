"""First proposals and parameters after three steps are those of the data file: no silent drift."""

from __future__ import annotations

import pytest

from methods.registry import method_names, variant_names
from querycurve.testing.pins import assert_as_pinned, read_pins
from tests.methods.pins import FILE, pins

PINNED = read_pins(FILE)


def test_everything_is_pinned() -> None:
    assert set(PINNED) == {*method_names(), *variant_names()}


@pytest.mark.parametrize("name", PINNED)
def test_proposals_are_as_pinned(name: str) -> None:
    assert_as_pinned(pins(name), PINNED[name])
