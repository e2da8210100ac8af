"""The packs of a machine: what is put is got back, bit for bit, whoever asks and whatever fails."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.pixels.cache.pixel_cache import PixelCache, opened
from orchestrator.pixels.packs import Nothing, Pixels

ROWS = 5
DIGESTS = ("a" * 64, "b" * 64)


def image(seed: int, height: int = 3, width: int = 4) -> Pixels:
    """An image of random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


steps = st.lists(
    st.tuples(
        st.integers(0, 2),  # which process
        st.sampled_from(DIGESTS),
        st.integers(0, ROWS - 1),
        st.booleans(),  # put, or get
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
    ),
    max_size=30,
)


@given(steps=steps)
def test_what_was_put_first_is_got_back_by_all(
    steps: list[tuple[int, str, int, bool, tuple[int, int]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("cache")
    processes = [PixelCache(folder, 10**9) for _ in range(3)]
    kept: dict[tuple[str, int], Pixels] = {}
    for number, (process, digest, row, puts, shape) in enumerate(steps):
        pack = processes[process].pack(digest, ROWS)
        if puts:
            pixels = image(number, *shape)
            pack.put(row, pixels)
            kept.setdefault((digest, row), pixels)
        got = pack.get(row)
        expected = kept.get((digest, row))
        assert (got is None) == (expected is None)
        if got is not None and expected is not None:
            np.testing.assert_array_equal(got, expected)
            assert not got.flags.writeable


def test_images_outlive_the_process_and_longer_ones_may_follow(tmp_path: Path) -> None:
    first = PixelCache(tmp_path / "cache", 10**9).pack("a" * 64, 2)
    first.put(0, image(0))
    small = first.get(0)
    first.put(1, image(1, 200, 300))
    again = PixelCache(tmp_path / "cache", 10**9).pack("a" * 64, 2)
    for pack in (first, again):
        for row, expected in ((0, image(0)), (1, image(1, 200, 300))):
            got = pack.get(row)
            assert got is not None
            np.testing.assert_array_equal(got, expected)
    assert small is not None
    np.testing.assert_array_equal(small, image(0))


def test_a_limit_of_nothing_keeps_nothing() -> None:
    assert isinstance(opened(0), Nothing)
