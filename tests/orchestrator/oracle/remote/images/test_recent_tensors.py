"""Tensors within a limit of memory."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.oracle.remote.images.recent_tensors import RecentTensors

ROW = torch.zeros(1, 4).nbytes


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(1, 3), st.booleans())))
def test_it_counts_what_it_keeps_and_stays_within_its_limit(
    steps: list[tuple[str, int, bool]],
) -> None:
    kept = RecentTensors(5 * ROW)
    recent: list[str] = []
    for digest, rows, put in steps:
        if put:
            kept.put(digest, torch.zeros(rows, 4))
        if put or digest in kept:
            recent = [*(one for one in recent if one != digest), digest]
        found = kept.get(digest)
        assert not put or (found is not None and len(found) == rows)
        sizes = [found.nbytes for one in "abcde" if (found := kept._kept.get(one)) is not None]
        assert kept.bytes == sum(sizes) <= 5 * ROW
        held = [one for one in recent if one in kept]
        assert held == recent[len(recent) - len(held) :], "the oldest are forgotten first"


def test_a_set_that_is_larger_than_the_limit_stays_until_the_next() -> None:
    kept = RecentTensors(ROW)
    kept.put("large", torch.zeros(9, 4))
    assert "large" in kept
    kept.put("small", torch.zeros(1, 4))
    assert ("large" in kept, "small" in kept, kept.bytes) == (False, True, ROW)
