"""An actor on a GPU gets its share of the cores."""

from __future__ import annotations

import pytest

from orchestrator.plan.actor_cores import cores_here


@pytest.mark.parametrize(
    ("cores", "gpus", "expected"),
    [(12, 1, 12), (64, 1, 16), (26, 4, 6), (2, 4, 1), (64, 0, 1), (None, 1, 1)],
)
def test_a_machines_cores_are_shared_like_its_gpus(
    cores: int | None, gpus: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    assert cores_here(gpus) == expected
