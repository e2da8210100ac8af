"""Failures on purpose: as many as asked for, of all kinds alike, and the same for a seed."""

from __future__ import annotations

from collections import Counter

import pytest

from orchestrator.server.faults import FAULTS, Faults


def test_a_share_fails_in_equal_parts() -> None:
    faults = Faults(0.1, seed=1)
    drawn = Counter(faults.draw() for _ in range(4000))
    failed = 4000 - drawn.pop(None)
    assert failed == pytest.approx(400, rel=0.2)
    assert set(drawn) == set(FAULTS)
    assert max(drawn.values()) - min(drawn.values()) <= 1


def test_a_seed_repeats_them() -> None:
    first, second, other = (Faults(0.3, seed=seed) for seed in (7, 7, 8))
    runs = [[faults.draw() for _ in range(50)] for faults in (first, second, other)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(("share", "fails"), [(0.0, False), (1.0, True)])
def test_none_and_all(share: float, fails: bool) -> None:
    faults = Faults(share)
    assert {faults.draw() is not None for _ in range(100)} == {fails}
